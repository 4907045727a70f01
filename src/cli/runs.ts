import { EXIT } from '../domain/outcome.js';
import type { Run } from '../domain/run.js';
import { foldUnits } from '../domain/unit-set.js';
import { runJson, runsJson } from '../ui/json.js';
import type { Paint } from '../ui/paint.js';
import { runText } from '../ui/plain/run.js';
import { table } from '../ui/plain/table.js';
import { showableLine } from '../ui/text.js';
import type { Verb } from './invocation.js';

export const runs: Verb<object> = async ([word], _, { context, session, output }) => {
  const open = await session();
  if (word !== undefined) {
    const run = await open.run(word);
    if (output.format === 'text') output.lines(runText(run, output.paint));
    else output.json(runJson(run));
    return EXIT.ok;
  }
  const all = await open.runs();
  if (output.format !== 'text') output.json(runsJson(all, context.environment.JUJU_TUNE_DEMO !== undefined));
  else
    output.lines(
      all.length === 0 ? ['no runs of this model on this machine'] : table([...all].map((run) => row(run, output.paint))),
    );
  return EXIT.ok;
};

function row(run: Run, paint: Paint): string[] {
  return [
    paint.bold(run.shortId),
    run.startedAt.slice(0, 19).replace('T', ' '),
    run.problem !== undefined ? 'damaged' : run.status === 'closed' ? (run.outcome ?? '') : run.status,
    foldUnits(run.units.map((unit) => unit.unit)),
    showableLine(run.purpose),
  ];
}
