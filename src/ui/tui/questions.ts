import { changedUnits, type Plan } from '../../domain/plan.js';
import { pendingUnits, type Run } from '../../domain/run.js';
import { foldUnits } from '../../domain/unit-set.js';
import type { Decision } from '../../engine/window.js';
import { count } from '../text.js';
import type { Controller } from './controller.js';
import { unitsLeft } from './go-on.js';
import { type FindingRow, hiddenIn } from './rows.js';
import { type Dialog, wantedFor } from './widgets/dialog.js';
import { NO_INPUT } from './widgets/input.js';
import { countdown, isAsking } from './window.js';

function ask(controller: Controller, dialog: Omit<Dialog, 'focus'>): void {
  controller.store.update((now) => ({ ...now, dialog: { ...dialog, focus: 0 } }));
}

function close(controller: Controller): void {
  controller.store.update((now) => ({ ...now, dialog: undefined }));
}

/** A choice that ends the question and does something. */
function choice(controller: Controller, label: string, key: string | undefined, does: () => void) {
  const take = (): void => {
    close(controller);
    does();
  };
  return { label, ...(key === undefined ? {} : { key }), take };
}

/** The question before anything is touched: what, where, how to undo it; Cancel has the focus. */
export function askToApply(controller: Controller, plan: Plan): void {
  const wanted = wantedFor(plan.confirmation);
  const what = plan.kind === 'rollback' ? `Take back ${plan.action.id}` : `Apply ${plan.action.id}`;
  const undo =
    plan.kind === 'rollback'
      ? 'What was edited since is not overwritten.'
      : 'Taking it back: R in the run, or juju-tune rollback.';
  ask(controller, {
    title: `${what} on ${count(changedUnits(plan).length, 'unit')} of ${plan.model.controller}:${plan.model.name}?`,
    tone: 'warn',
    text: [foldUnits(changedUnits(plan)), ...guardText(plan), ...plan.impact.slice(0, 2), undo],
    ...(wanted === undefined ? {} : { typed: { wanted, input: NO_INPUT } }),
    choices: [
      choice(controller, 'cancel', undefined, () => undefined),
      choice(controller, plan.kind === 'rollback' ? 'take back' : 'apply', 'y', () => void controller.apply(plan)),
    ],
  });
}

function guardText({ unguarded = [] }: Plan): string[] {
  const names = foldUnits(unguarded.map((left) => left.unit));
  return names === '' ? [] : [`No guard: nothing on ${names} would take it back by itself.`];
}

/** The question before the units that are left are changed, with the same ladder as before the first ones. */
export function askToGoOn(controller: Controller, run: Run): void {
  const left = unitsLeft(run);
  const { confirmation } = run.plan;
  const wanted = wantedFor(confirmation.kind === 'count' ? { kind: 'count', count: left.length } : confirmation);
  const window = controller.keeper.windowFor(run.plan);
  ask(controller, {
    title: `Go on with ${run.shortId} on ${count(left.length, 'more unit')}?`,
    tone: 'warn',
    text: [
      `${foldUnits(left)}: ${run.plan.action.title}`,
      ...guardText(run.plan),
      'The units that were sent something are asked first. Nothing more is changed if one stays unknown or more failed than the plan bears.',
    ],
    ...(wanted === undefined ? {} : { typed: { wanted, input: NO_INPUT } }),
    choices: [
      choice(controller, 'not now', undefined, () => undefined),
      choice(controller, 'go on', 'y', () => void controller.resume(run, { kind: 'go-on', window })),
    ],
  });
}

/** Before words are shown that may be secrets. */
export function askToReveal(controller: Controller, row: FindingRow): void {
  ask(controller, {
    title: `Show ${count(hiddenIn(row), 'hidden word')} of this row?`,
    tone: 'warn',
    text: [
      'Random to look at, and known to no pattern: a secret, perhaps. No journal or copy gets it; who sees this screen does.',
    ],
    typed: { wanted: 'show', input: NO_INPUT },
    choices: [
      choice(controller, 'cancel', undefined, () => undefined),
      choice(controller, 'show', 'y', () => controller.push({ kind: 'finding', row, reveals: true, cursor: 0, filter: '' })),
    ],
  });
}

/** What somebody who leaves in the middle of a run should know. */
export function askToLeave(controller: Controller): void {
  const { state } = controller.store;
  const run = state.live?.run;
  if (run && isAsking(state)) {
    ask(controller, {
      title: `${run.shortId} ${countdown(state, run)?.text ?? 'awaits confirmation'}. Leave?`,
      tone: 'warn',
      text: [`The units take it back then, unless it is confirmed: juju-tune confirm ${run.shortId}.`],
      choices: [
        choice(controller, 'stay', undefined, () => undefined),
        choice(controller, 'leave it to the timers', 'y', () => {
          controller.keeper.decide({ kind: 'leave' });
          controller.leaveAfterRun();
        }),
      ],
    });
    return;
  }
  ask(controller, {
    title: 'A run is on. Leave?',
    tone: 'warn',
    text: ['Units in flight are finished and read back before this ends; no further unit is started.'],
    choices: [
      choice(controller, 'stay', undefined, () => undefined),
      choice(controller, 'stop and leave', 'y', () => {
        controller.keeper.stop();
        controller.leaveAfterRun();
      }),
    ],
  });
}

/** C, and then y: with the numbers that speak for it and the edits that speak against it. */
export function askToKeep(controller: Controller, run: Run): void {
  const pending = pendingUnits(run);
  const drifted = pending.filter((unit) => unit.code === 'DRIFTED');
  const acceptDrift = drifted.length > 0;
  const keep = (): void => {
    const decision: Decision = { kind: 'confirm', acceptDrift };
    if (isAsking(controller.store.state)) controller.keeper.decide(decision);
    else void controller.resume(run, decision);
  };
  ask(controller, {
    title: `Keep this change on ${count(pending.length, 'unit')}?`,
    tone: acceptDrift ? 'bad' : 'good',
    text: [
      foldUnits(pending.map((unit) => unit.unit)),
      ...run.measures.map((one) => `${one.title}: ${one.verdict}. ${one.detail}`),
      ...drifted.map((unit) => `${unit.unit} is not as it was applied: ${unit.detail}`),
    ],
    choices: [
      choice(controller, 'not yet', undefined, () => undefined),
      choice(controller, acceptDrift ? 'keep it with those edits' : 'keep it', 'y', keep),
    ],
  });
}

export function askToTakeBack(controller: Controller): void {
  const run = controller.store.state.live?.run;
  if (!run) return;
  ask(controller, {
    title: `Take ${run.shortId} back on ${count(pendingUnits(run).length, 'unit')} now?`,
    tone: 'warn',
    text: ['Units that are down go first, then one of an application at a time. What was edited since is not overwritten.'],
    choices: [
      choice(controller, 'not yet', undefined, () => undefined),
      choice(controller, 'take it back', 'y', () => controller.keeper.decide({ kind: 'take-back' })),
    ],
  });
}

/** Ctrl-C while the change awaits confirmation; a second one leaves it. */
export function askWhatBecomes(controller: Controller, run: Run): void {
  ask(controller, {
    title: `${run.shortId} ${countdown(controller.store.state, run)?.text ?? 'awaits confirmation'}. What becomes of it?`,
    tone: 'warn',
    text: ['ctrl-c again leaves it to the timers of the units, which take it back unless it is confirmed.'],
    choices: [
      choice(controller, 'not now', undefined, () => undefined),
      choice(controller, 'leave it', 'l', () => controller.keeper.decide({ kind: 'leave' })),
      choice(controller, 'take it back', 'r', () => controller.keeper.decide({ kind: 'take-back' })),
      choice(controller, 'keep it', 'y', () => controller.keeper.decide({ kind: 'confirm', acceptDrift: false })),
    ],
  });
}
