import type { Entry } from '../domain/event.js';
import { Failure } from '../domain/failure.js';
import { pendingUnits, type Run } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import { execute } from './execute.js';
import type { SessionParts } from './model-session.js';
import { executionOf, lookAgainAt, requireSameModel } from './opening.js';
import type { Journal } from './ports.js';
import { createRecorder } from './recorder.js';
import type { Sending } from './send.js';
import type { ResumeAction, ResumeOptions } from './session.js';
import { gateOptions, readBack } from './set-options.js';
import { canGoOn, conclude, offersFor, type Survey, survey } from './survey.js';
import { confirmAll, extendAll } from './window.js';

/**
 * Takes a run up again: what its units say is recorded first, then what was asked for is done, all in the run's own journal. Throws
 * `Failure('refused')` for a run that another process or another operator carries out, and for what cannot be done with it.
 */
export async function resume(
  parts: SessionParts,
  wanted: Run,
  options: ResumeOptions,
  emit: (entry: Entry) => void,
): Promise<Survey> {
  requireOwn(parts, wanted);
  requireSameModel(wanted.plan, parts.model);
  const journal = await parts.runs.reopen(wanted);
  try {
    return await resumed(parts, journal, wanted, options, emit);
  } finally {
    await journal.close();
  }
}

async function resumed(
  parts: SessionParts,
  journal: Journal,
  wanted: Run,
  options: ResumeOptions,
  emit: (entry: Entry) => void,
): Promise<Survey> {
  // Somebody may have gone on with it before the locks were ours.
  const before = await parts.runs.find(wanted.id);
  const recorder = createRecorder(journal, emit, before);
  const clockOffsets = new Map<UnitName, number>();
  const { units, clock, operator } = parts;
  const sending: Sending = { units, clock, recorder, clockOffsets, detach: options.detach };
  const rows = await survey(sending, parts.juju, clockOffsets, async () => {
    await recorder.record({ type: 'resumed', by: operator });
    if (options.reason !== '') await recorder.record({ type: 'decision', text: options.reason, by: operator });
  });
  await surveyOptions(parts, sending, before.status === 'closed');
  if (options.detach.aborted) {
    const run = await recorder.record({ type: 'interrupted', reason: 'stopped watching' });
    return { run, rows, offers: offersFor(run) };
  }
  const run = await act(parts, sending, options, before.status === 'closed');
  return { run, rows, offers: offersFor(run) };
}

/** Charm options that were sent: what the controller says of them beats the journal, and what its units made of them is looked at. */
async function surveyOptions(parts: SessionParts, { recorder, detach }: Sending, wasClosed: boolean): Promise<void> {
  const { options, plan } = recorder.run();
  if (!plan.charm || !options?.intended) return;
  if (options.outcome === 'unknown') {
    await recorder.record({ type: 'options-settled', ...(await readBack(parts.charmConfig, plan.charm, '', detach)) });
  }
  const run = recorder.run();
  if (wasClosed || detach.aborted || run.options?.outcome !== 'changed' || run.gates.length > 0) return;
  const inventory = await parts.juju.status(detach);
  await gateOptions({ ...executionOf(parts, inventory, plan, recorder), detach }, plan.charm);
}

async function act(parts: SessionParts, sending: Sending, options: ResumeOptions, wasClosed: boolean): Promise<Run> {
  const { recorder } = sending;
  const { action } = options;
  if (action.kind === 'confirm' && pendingUnits(recorder.run()).length > 0) {
    await confirmAll(sending, parts.operator, action.acceptDrift);
  }
  if (action.kind === 'extend' && pendingUnits(recorder.run()).length > 0) {
    await extendAll(sending, parts.operator, action.seconds);
  }
  if (action.kind === 'go-on') return goOn(parts, sending, options, action);
  if (action.kind === 'close') return close(sending, parts.operator);
  return conclude(sending, wasClosed);
}

/** The batches that are left, and then what the run would have done after its last one. */
async function goOn(
  parts: SessionParts,
  sending: Sending,
  options: ResumeOptions,
  action: Extract<ResumeAction, { kind: 'go-on' }>,
): Promise<Run> {
  const { recorder } = sending;
  const run = recorder.run();
  if (!canGoOn(run)) {
    await conclude(sending);
    throw new Failure('refused', `run ${run.shortId} cannot go on: not every unit that was changed is as it was asked for`, {
      hint: `juju-tune runs ${run.shortId}`,
    });
  }
  const left = { ...run.plan, unchanged: [], steps: run.plan.steps.filter((step) => isLeft(run, step.unit)) };
  const { inventory, clockOffsets } = await lookAgainAt(parts, left, AbortSignal.any([options.stop, options.detach]));
  const known = new Map([...sending.clockOffsets, ...clockOffsets]);
  return execute({
    ...executionOf(parts, inventory, run.plan, recorder),
    clockOffsets: known,
    // The numbers before the change were those of units that are changed by now.
    baselineSeconds: 0,
    measureSeconds: 0,
    window: action.window,
    ...(options.pause === undefined ? {} : { pause: options.pause }),
    stop: options.stop,
    detach: options.detach,
  });
}

function isLeft(run: Run, name: UnitName): boolean {
  return run.units.some((unit) => unit.unit === name && unit.outcome === 'not-started');
}

/** Nothing more is done with the run; what is not known, or waits, is not given up. */
async function close(sending: Sending, by: string): Promise<Run> {
  const { recorder } = sending;
  const run = recorder.run();
  if (!offersFor(run).includes('close')) {
    const told = await conclude(sending);
    if (told.status === 'closed') return told;
    const open = run.units.filter((unit) => unit.outcome === 'pending' || unit.outcome === 'unknown').map((unit) => unit.unit);
    throw new Failure('refused', `run ${run.shortId} cannot be closed: nobody knows how ${open.join(', ')} will end`, {
      hint: `juju-tune resume ${run.shortId}`,
    });
  }
  await recorder.record({ type: 'decision', text: 'closed as it stands', by });
  return conclude(sending, true);
}

/**
 * A run that another one took back is over, and says by which. Nothing is done where somebody else works on it, or its journal cannot be
 * written: what was taken back is told by the run that did it.
 */
export async function closeTakenBack(parts: SessionParts, back: Run): Promise<void> {
  const wanted = (await parts.runs.list()).find((run) => run.id === back.plan.of);
  if (!wanted || wanted.status === 'closed' || wanted.operator !== parts.operator) return;
  await saidTakenBack(parts, wanted, back).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
  });
}

async function saidTakenBack(parts: SessionParts, wanted: Run, back: Run): Promise<void> {
  const journal = await parts.runs.reopen(wanted);
  try {
    const recorder = createRecorder(journal, () => undefined, wanted);
    await recorder.record({ type: 'resumed', by: parts.operator });
    for (const { unit, outcome, state, milliseconds } of back.units) {
      if (outcome !== 'changed') continue;
      const told = { outcome: 'reverted', state, code: '', detail: `taken back by run ${back.shortId}`, log: [] } as const;
      await recorder.record({ type: 'unit-settled', unit, ...told, milliseconds });
    }
    if (wanted.options?.intended && back.options?.outcome === 'changed') {
      await recorder.record({ type: 'options-settled', outcome: 'reverted', detail: `set back by run ${back.shortId}` });
    }
    const { units, clock } = parts;
    const detach = new AbortController().signal;
    await conclude({ units, clock, recorder, clockOffsets: new Map(), detach }, back.outcome === 'done');
  } finally {
    await journal.close();
  }
}

/** Its locks and its journal are where its operator works. */
function requireOwn(parts: SessionParts, run: Run): void {
  if (run.operator === parts.operator) return;
  throw new Failure('refused', `run ${run.shortId} is of ${run.operator}, and you are ${parts.operator}`, {
    hint: `ask ${run.operator} for: juju-tune resume ${run.shortId}`,
  });
}
