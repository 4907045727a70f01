import { Failure } from '../domain/failure.js';
import { EXIT } from '../domain/outcome.js';
import { changedApplications } from '../domain/plan.js';
import { deadlineOf, pendingUnits, type Run } from '../domain/run.js';
import type { ResumeAction, Session } from '../engine/session.js';
import type { Survey } from '../engine/survey.js';
import { parseSeconds } from '../planning/length-of-time.js';
import { awaitingText, moreThan, secondsLeft } from '../ui/plain/window.js';
import { count, duration, period } from '../ui/text.js';
import { requireExec, told } from './apply.js';
import { confirmStep } from './confirm.js';
import type { Invocation, Verb } from './invocation.js';
import { watchRun } from './watch.js';
import { clockFor } from './window.js';

interface SettleOptions {
  readonly yes?: string;
  readonly reason?: string;
  readonly acceptDrift?: boolean;
}

const EXTEND = '10m';
const LENGTH_OF_TIME = /^\d+[smh]?$/;

/** Keeps a change that awaits confirmation. */
export const confirm: Verb<SettleOptions> = async (words, options, invocation) => {
  requireExec(invocation);
  const session = await invocation.session();
  const run = await awaitingRun(session, oneRun(words));
  await confirmed(run, `keep ${run.shortId} on ${count(pendingUnits(run).length, 'unit')}?`, options, invocation);
  const action = { kind: 'confirm', acceptDrift: options.acceptDrift === true } as const;
  return told((await settled(session, run, action, options, invocation)).run, invocation);
};

/** Gives a person more time to confirm, counted from now. */
export const extend: Verb<SettleOptions> = async (words, options, invocation) => {
  requireExec(invocation);
  const length = words.find((word) => LENGTH_OF_TIME.test(word)) ?? EXTEND;
  const wanted = parseSeconds(length, 'extend');
  if (wanted === 0)
    throw new Failure('usage', 'no time at all is no extension', { hint: 'juju-tune rollback takes it back now' });
  const session = await invocation.session();
  const run = await awaitingRun(session, oneRun(words.filter((word) => word !== length)));
  if (deadlineOf(run.units) === '') {
    throw new Failure('refused', `nothing takes ${run.shortId} back by itself: there is no time that could be prolonged`, {
      hint: `juju-tune confirm ${run.shortId}`,
    });
  }
  const clock = clockFor(invocation, run.plan);
  requireMore(run, wanted, secondsLeft(run, clock) ?? 0);
  await confirmed(run, `give ${run.shortId} ${period(wanted)} from now?`, options, invocation);
  const seconds = Math.ceil(wanted * clock.rate);
  const { run: after } = await settled(session, run, { kind: 'extend', seconds }, options, invocation);
  const code = told(after, invocation);
  // More time was asked for, and is there.
  return code === EXIT.awaiting && after.units.every((unit) => unit.outcome !== 'pending' || unit.code === '') ? EXIT.ok : code;
};

/** Throws `Failure('refused')` for a time that would be over before what is left is. */
function requireMore({ shortId }: Run, wanted: number, left: number): void {
  if (wanted > left) return;
  throw new Failure('refused', `${shortId} has ${duration(left)} left: ${period(wanted)} from now would be less`, {
    hint: `juju-tune extend ${shortId} ${moreThan(left)}`,
  });
}

export function oneRun(words: readonly string[]): string {
  if (words.length <= 1) return words[0] ?? '';
  throw new Failure('usage', `one run at a time, not ${words.map((word) => `"${word}"`).join(' and ')}`, {
    hint: 'juju-tune runs',
  });
}

/** The run that is named, or the last one of this model that awaits confirmation. Throws `Failure('refused')` when nothing does. */
async function awaitingRun(session: Session, word: string): Promise<Run> {
  const run =
    word === ''
      ? (await session.runs()).findLast((one) => one.status !== 'closed' && pendingUnits(one).length > 0)
      : await session.run(word);
  if (!run) throw new Failure('refused', 'no run of this model awaits confirmation', { hint: 'juju-tune runs' });
  if (run.status === 'closed' && run.outcome !== 'unknown') {
    throw new Failure('refused', `run ${run.shortId} does not await confirmation: it is ${run.outcome}`, {
      hint: `juju-tune runs ${run.shortId}`,
    });
  }
  return run;
}

async function confirmed(run: Run, question: string, options: SettleOptions, invocation: Invocation): Promise<void> {
  const { context, output } = invocation;
  for (const line of awaitingText(run, output.paint, clockFor(invocation, run.plan))) output.progress(line);
  const applications = changedApplications(run.plan);
  if (await confirmStep(question, applications, options.yes, context)) return;
  throw new Failure('refused', 'not confirmed; nothing was changed');
}

export function settled(
  session: Session,
  run: Run,
  action: ResumeAction,
  { reason = '' }: { readonly reason?: string },
  invocation: Invocation,
): Promise<Survey> {
  return watchRun(
    invocation,
    run,
    ({ stop, detach, emit }) => session.resume(run, { action, reason, stop, detach }, emit),
    action.kind !== 'look',
  );
}
