import { Failure } from '../../src/domain/failure.js';
import { exitCodeOfFailure } from '../../src/domain/outcome.js';
import { exitCodeOf, pendingUnits, type Run } from '../../src/domain/run.js';
import type { ResumeAction, Session } from '../../src/engine/session.js';
import type { AskPerson, ConfirmWindow, Decision } from '../../src/engine/window.js';
import type { Act, Answer, WindowSketch } from './schedule.js';
import type { Process } from './virtual-time.js';

/** What a command ended with. */
export interface Told {
  readonly exitCode: number;
  readonly run: Run | undefined;
}

/** Carries out one command as the command line does. Throws only what is no `Failure`. */
export async function carryOut(act: Act, session: Session, process: Process): Promise<Told> {
  const [stop, detach] = [new AbortController(), new AbortController()];
  if (act.end && act.end.kind !== 'killed') {
    const { kind, after } = act.end;
    process.after(after, () => {
      stop.abort();
      if (kind === 'detached') detach.abort('it was told to');
    });
  }
  const signals = { stop: stop.signal, detach: detach.signal };
  try {
    const run = await done(act, session, process, signals);
    const code = run ? exitCodeOf(run) : 1;
    return { run, exitCode: code === 0 && run && run.plan.leftOut.length > 0 ? 1 : code };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { run: undefined, exitCode: exitCodeOfFailure(error.code) };
  }
}

interface Signals {
  readonly stop: AbortSignal;
  readonly detach: AbortSignal;
}

/** The run that was worked on; undefined when there was none, or nothing to do. */
async function done(act: Act, session: Session, process: Process, signals: Signals): Promise<Run | undefined> {
  const ignore = (): void => undefined;
  const options = { reason: '', measureSeconds: 0, ...signals };
  if (act.verb === 'apply') {
    const { batch, ...rollout } = act.rollout;
    const params = { processes: String(act.processes) };
    const request = {
      targets: ['keystone'],
      action: 'wsgi-processes',
      params,
      rollout,
      ...(batch === undefined ? {} : { batch }),
    };
    const plan = await session.plan(request, ignore, signals.stop);
    if (plan.steps.length === 0) return undefined;
    return session.apply(plan, { ...options, window: windowOf(act.window, process) }, ignore);
  }
  if (act.verb === 'rollback') {
    const plan = await session.planRollback('', ignore, signals.stop);
    if (plan.steps.length === 0) return undefined;
    return session.apply(plan, { ...options, window: { seconds: 0, guard: true, confirm: 'itself' } }, ignore);
  }
  const run = await chosen(act, session);
  if (!run) return undefined;
  const survey = await session.resume(run, { reason: '', action: actionOf(act, process), ...signals }, ignore);
  return survey.run;
}

/** As `juju-tune confirm|extend|resume` without the name of a run choose theirs. */
async function chosen(act: Act, session: Session): Promise<Run | undefined> {
  const runs = await session.runs();
  if (act.verb === 'confirm' || act.verb === 'extend')
    return runs.findLast((run) => run.status !== 'closed' && pendingUnits(run).length > 0);
  return runs.findLast((run) => run.status !== 'closed') ?? runs.findLast((run) => run.outcome === 'unknown') ?? runs.at(-1);
}

function actionOf(act: Act, process: Process): ResumeAction {
  switch (act.verb) {
    case 'confirm':
      return { kind: 'confirm', acceptDrift: act.acceptDrift };
    case 'extend':
      return { kind: 'extend', seconds: act.seconds };
    case 'go on':
      return { kind: 'go-on', window: windowOf(act.window, process) };
    default:
      return { kind: act.verb === 'close' ? 'close' : 'look' };
  }
}

function windowOf({ seconds, guard, confirm }: WindowSketch, process: Process): ConfirmWindow {
  return { seconds, guard, confirm: typeof confirm === 'string' ? confirm : personWho(confirm, process) };
}

/** Answers one question after the other, and is silent when out of answers. */
function personWho(answers: readonly Answer[], process: Process): AskPerson {
  const left = [...answers];
  return (_, signal) => {
    process.isAsking = true;
    const asked = new Promise<Decision>((resolve, reject) => {
      const answer = left.shift();
      signal.addEventListener('abort', () => reject(new Failure('interrupted', 'the question is over')), { once: true });
      if (signal.aborted) reject(new Failure('interrupted', 'the question is over'));
      if (answer === undefined || answer.kind === 'silent') return;
      const { kind } = answer;
      process.after(answer.after, () => resolve(decisionOf(kind)));
    });
    return asked.finally(() => {
      process.isAsking = false;
    });
  };
}

function decisionOf(kind: Exclude<Answer['kind'], 'silent'>): Decision {
  switch (kind) {
    case 'confirm':
      return { kind, acceptDrift: false };
    case 'accept drift':
      return { kind: 'confirm', acceptDrift: true };
    case 'extend':
      return { kind, seconds: 900 };
    case 'take back':
      return { kind: 'take-back' };
    case 'leave':
      return { kind };
  }
}
