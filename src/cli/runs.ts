import { EXIT } from '../domain/outcome.js';
import type { Run } from '../domain/run.js';
import { foldUnits } from '../domain/unit-set.js';
import { runJson, runsJson } from '../ui/json.js';
import { runText } from '../ui/plain/run.js';
import { table } from '../ui/plain/table.js';
import { awaitingText, decidingCommands, expiredText, secondsLeft } from '../ui/plain/window.js';
import { duration, showableLine } from '../ui/text.js';
import type { Invocation, Verb } from './invocation.js';
import { clockFor } from './window.js';

export const runs: Verb<object> = async ([word], _, invocation) => {
  const { context, session, output } = invocation;
  const open = await session();
  if (word !== undefined) {
    const run = await open.run(word);
    if (output.format === 'text') output.lines([...runText(run, output.paint), ...standing(run, invocation)]);
    else output.json(runJson(run));
    return EXIT.ok;
  }
  const all = await open.runs();
  if (output.format !== 'text') output.json(runsJson(all, context.environment.JUJU_TUNE_DEMO !== undefined));
  else
    output.lines(
      all.length === 0 ? ['no runs of this model on this machine'] : table([...all].map((run) => row(run, invocation))),
    );
  return EXIT.ok;
};

/** How a run that is not over stands, as far as this machine knows. */
export function standing(run: Run, invocation: Invocation): string[] {
  if (run.status === 'closed' || run.status === 'open') return [];
  const { paint } = invocation.output;
  const clock = clockFor(invocation, run.plan);
  const left = secondsLeft(run, clock);
  const unwatched = `nobody carries it out any more: juju-tune resume ${run.shortId} tells how it stands`;
  if (left === 0) return [expiredText(run) ?? unwatched];
  const awaiting = [...awaitingText(run, paint, clock), ...decidingCommands(run, clock)];
  return run.status === 'awaiting-confirmation' ? awaiting : [unwatched, ...awaiting];
}

function stateOf(run: Run, invocation: Invocation): string {
  if (run.problem !== undefined) return 'damaged';
  if (run.status === 'closed') return run.outcome ?? '';
  if (run.status !== 'awaiting-confirmation') return run.status;
  const left = secondsLeft(run, clockFor(invocation, run.plan));
  return left === undefined ? 'awaits confirmation' : `awaits confirmation, ${duration(left)} left`;
}

function row(run: Run, invocation: Invocation): string[] {
  const { paint } = invocation.output;
  return [
    paint.bold(run.shortId),
    run.startedAt.slice(0, 19).replace('T', ' '),
    stateOf(run, invocation),
    foldUnits(run.units.map((unit) => unit.unit)),
    showableLine(run.purpose),
  ];
}
