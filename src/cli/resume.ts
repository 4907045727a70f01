import { Failure } from '../domain/failure.js';
import type { ExitCode } from '../domain/outcome.js';
import { changedApplications } from '../domain/plan.js';
import { exitCodeOf, type Run } from '../domain/run.js';
import type { ResumeAction, Session } from '../engine/session.js';
import type { Offer, Survey } from '../engine/survey.js';
import { resumeJson } from '../ui/json.js';
import { conflictText } from '../ui/plain/run.js';
import { offerCommands, surveyText } from '../ui/plain/survey.js';
import { awaitingText, type ModelClock, secondsLeft, unknownText } from '../ui/plain/window.js';
import { type CarryOutOptions, carryOut, requireExec } from './apply.js';
import { ask, confirmStep } from './confirm.js';
import { isInteractive } from './context.js';
import type { Invocation, Verb } from './invocation.js';
import { progressLines } from './progress.js';
import { oneRun, settled } from './settle.js';
import { clockFor, windowFor } from './window.js';

interface ResumeOptions extends CarryOutOptions {
  readonly goOn?: boolean;
  readonly confirm?: boolean;
  readonly acceptDrift?: boolean;
  readonly revert?: boolean;
  readonly close?: boolean;
}

const FLAGS = ['goOn', 'confirm', 'revert', 'close'] as const;
const EXTEND_SECONDS = 600;

/** Tells how a run really stands, and does with it what is asked for. */
export const resume: Verb<ResumeOptions> = async (words, options, invocation) => {
  requireExec(invocation);
  const wanted = wantedOffer(options);
  const session = await invocation.session();
  const run = await runToResume(session, oneRun(words));
  if (wanted !== undefined) {
    if (wanted !== 'close') await allowed(run, wanted, options, invocation);
    return done(session, run, wanted, options, invocation);
  }
  const survey = await settled(session, run, { kind: 'look' }, options, invocation);
  const offer = await offered(survey, invocation);
  if (offer === undefined) return exitCodeOf(survey.run);
  // What changes more units is asked about as it is everywhere: going on here, taking back with its plan.
  if (offer === 'go-on') await allowed(survey.run, offer, options, invocation);
  return done(session, survey.run, offer, options, invocation);
};

function wantedOffer(options: ResumeOptions): Offer | undefined {
  const given = FLAGS.filter((flag) => options[flag] === true);
  if (given.length > 1) throw new Failure('usage', 'one thing at a time: --go-on, --confirm, --revert or --close');
  return given[0] === 'goOn' ? 'go-on' : given[0];
}

/** The run that is named; else the last one that is not over, else the last one of which something is unknown, else the last one. */
async function runToResume(session: Session, word: string): Promise<Run> {
  if (word !== '') return session.run(word);
  const runs = await session.runs();
  return runs.findLast((run) => run.status !== 'closed') ?? runs.findLast((run) => run.outcome === 'unknown') ?? session.run('');
}

function everything(run: Run): string {
  return changedApplications(run.plan).join(',');
}

async function allowed(run: Run, offer: Offer, options: ResumeOptions, { context }: Invocation): Promise<void> {
  // A rollback is shown and asked about by itself.
  if (offer === 'revert') return;
  const question = offer === 'go-on' ? `go on with ${run.shortId}?` : `keep ${run.shortId}?`;
  const applications = everything(run).split(',');
  if (await confirmStep(question, applications, options.yes, context)) return;
  throw new Failure('refused', 'not confirmed; nothing was changed');
}

async function done(session: Session, run: Run, offer: Offer, options: ResumeOptions, invocation: Invocation): Promise<ExitCode> {
  if (offer === 'revert') {
    const progress = progressLines(invocation.output, invocation.common.verbose === true);
    return carryOut(await session.planRollback(run.id, progress, invocation.signal), options, invocation);
  }
  const survey = await settled(session, run, actionFor(offer, run, options, invocation), options, invocation);
  tell(survey, invocation, []);
  return exitCodeOf(survey.run);
}

function actionFor(offer: Exclude<Offer, 'revert'>, run: Run, options: ResumeOptions, invocation: Invocation): ResumeAction {
  switch (offer) {
    case 'go-on':
      return { kind: 'go-on', window: windowFor(run.plan, options, invocation) };
    case 'confirm':
      return { kind: 'confirm', acceptDrift: options.acceptDrift === true };
    case 'extend':
      return { kind: 'extend', seconds: longer(run, clockFor(invocation, run.plan)) };
    case 'close':
      return { kind: 'close' };
  }
}

/** The window with ten minutes more than are left of it, in seconds of the model's clock. */
function longer(run: Run, clock: ModelClock): number {
  return Math.ceil(((secondsLeft(run, clock) ?? 0) + EXTEND_SECONDS) * clock.rate);
}

/** Shows the table; on a terminal asks what is to be done, elsewhere says what is typed for it. */
async function offered(survey: Survey, invocation: Invocation): Promise<Offer | undefined> {
  const { context, output } = invocation;
  const { run, offers } = survey;
  const commands = offerCommands(run, offers, clockFor(invocation, run.plan));
  const asks = isInteractive(context) && output.format === 'text' && offers.length > 0;
  tell(survey, invocation, asks ? [] : commands);
  if (!asks) return undefined;
  for (;;) {
    const answer = (await ask(`${offers.join(', ')}, or nothing? `, context)).toLowerCase();
    if (answer === '' || answer === 'nothing') break;
    const offer = offers.find((one) => one.startsWith(answer));
    if (offer) return offer;
    context.err(`type ${offers.join(', ')} or the first letter of one; nothing at all leaves it`);
  }
  output.lines(commands);
  return undefined;
}

function tell(survey: Survey, invocation: Invocation, commands: readonly string[]): void {
  const { output } = invocation;
  const { run } = survey;
  if (output.format !== 'text') {
    output.json(resumeJson(survey));
    return;
  }
  const clock = clockFor(invocation, run.plan);
  output.lines([
    ...surveyText(survey, output.paint),
    ...awaitingText(run, output.paint, clock),
    ...unknownText(run, output.paint).slice(0, 1),
    ...conflictText(run),
    ...commands,
  ]);
}
