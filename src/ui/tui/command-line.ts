import { Failure } from '../../domain/failure.js';
import type { Run } from '../../domain/run.js';
import { findAction } from '../../planning/catalogue.js';
import { nearest } from '../../planning/select.js';
import { sortWords } from '../../planning/sort-words.js';
import { disabledReason, waitingReason } from './available.js';
import type { Controller } from './controller.js';
import { sentence } from './failures.js';
import { openForm } from './form.js';
import { canBeTuned, isChecked } from './health.js';
import { bindingsFor, type Command } from './keys.js';
import { askToGoOn, askToKeep } from './questions.js';
import { isRunning, knownRuns, type State, shown, withScreen } from './state.js';
import { inputOf } from './widgets/input.js';
import { awaitsConfirmation } from './window.js';

const VERBS = ['check', 'plan', 'rollback', 'confirm', 'resume', 'filter', 'quit'] as const;
const GO_ON = '--go-on';

/**
 * Carries out one line in the grammar of the command line. Nothing is changed by it: a plan is shown, and asked about by its own key.
 * A line that cannot be carried out is said and stays to be mended.
 */
export function runLine(controller: Controller, line: string): void {
  controller.store.update((state) => ({ ...state, prompt: undefined }));
  const [verb, ...words] = line.trim().split(/\s+/);
  try {
    switch (verb) {
      case '':
      case undefined:
        return;
      case 'check':
        requireIdle(controller.store.state);
        void controller.check(withoutFlags(words, []).words);
        return;
      case 'plan':
        requireIdle(controller.store.state);
        planLine(controller, words);
        return;
      case 'rollback':
        requireIdle(controller.store.state);
        rollbackLine(controller, words[0] ?? '');
        return;
      case 'confirm':
        confirmLine(controller, words[0] ?? '');
        return;
      case 'resume':
        requireIdle(controller.store.state);
        resumeLine(controller, words);
        return;
      case 'filter':
        filterLine(controller, words.join(' '));
        return;
      case 'q':
      case 'quit':
        if (isRunning(controller.store.state)) throw new Failure('refused', 'a run is on: S stops it, q asks');
        controller.leave();
        return;
      default: {
        const near = nearest(verb, VERBS);
        throw new Failure('usage', `":${verb}" is not known${near ? `: did you mean "${near}"` : ''}`, {
          hint: VERBS.join(', '),
        });
      }
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    controller.store.update((state) => ({ ...state, prompt: inputOf(line) }));
    controller.say(sentence(error), 'warn');
  }
}

function requireIdle(state: State): void {
  const waiting = waitingReason(state);
  if (waiting !== undefined) throw new Failure('refused', waiting);
  if (isRunning(state)) throw new Failure('refused', 'a run is on');
}

function planLine(controller: Controller, words: readonly string[]): void {
  const { catalogue } = controller.store.state;
  const line = withoutFlags(words, ['--except', '--batch', '--bake', '--max-failures', '--on-failure', '-p', '--param']);
  const given = (...names: readonly string[]): string[] =>
    line.flags.filter(([name]) => names.includes(name)).map(([, value]) => value);
  const { targets, action, params } = sortWords(line.words, given('-p', '--param'), catalogue);
  const tuning =
    action === undefined
      ? undefined
      : findAction(
          catalogue.filter((one) => one.kind === 'tuning'),
          action,
        );
  if (tuning?.kind !== 'tuning') throw new Failure('usage', 'no tuning is named', { hint: 'plan TARGET TUNING key=value' });
  const empty = openForm(tuning, targets, params);
  const fields = empty.fields.map((field) => {
    const words = given(`--${field.role}`);
    return words.length === 0 ? field : { ...field, input: inputOf(words.join(' ')) };
  });
  const form = { ...empty, fields };
  controller.push(form);
  void controller.plan(form);
}

/** Words and flags apart. Throws `Failure('usage')` for a flag that means nothing here. */
function withoutFlags(words: readonly string[], known: readonly string[]) {
  const flags: (readonly [string, string])[] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) rest.push(word);
    else if (known.includes(word) && words[at + 1] !== undefined) flags.push([word, words[++at] ?? '']);
    else {
      const may = known.length === 0 ? 'no flag is taken here' : `flags here, each with a value: ${known.join(', ')}`;
      throw new Failure('usage', `"${word}" is not understood: ${may}`);
    }
  }
  return { words: rest, flags };
}

function rollbackLine(controller: Controller, word: string): void {
  void controller.planRollback(namedRun(controller, word));
}

/** As C does in the run: with the question, and only while something awaits confirmation. */
function confirmLine(controller: Controller, word: string): void {
  const { state } = controller.store;
  const waiting = knownRuns(state).findLast((run) => awaitsConfirmation(state, run));
  const run = word === '' ? waiting : namedRun(controller, word);
  if (!run) throw new Failure('refused', 'no run of this model awaits confirmation', { hint: '4 shows the runs' });
  openFor(controller, run, 'confirm');
  askToKeep(controller, run);
}

/** As u does, or with `--go-on` as F does, with the question. */
function resumeLine(controller: Controller, words: readonly string[]): void {
  const { state } = controller.store;
  const named = withoutFlags(
    words.filter((word) => word !== GO_ON),
    [],
  ).words;
  const open = knownRuns(state).findLast((run) => run.status !== 'closed');
  const run = named.length === 0 && open ? open : namedRun(controller, named[0] ?? '');
  if (!words.includes(GO_ON)) {
    void controller.resume(run, { kind: 'look' });
    return;
  }
  openFor(controller, run, 'go-on');
  askToGoOn(controller, run);
}

/** Opens the run where this command can be given. Throws `Failure('refused')` with the reason why it cannot. */
function openFor(controller: Controller, run: Run, command: Command): void {
  const screen = { kind: 'run', run: run.id, cursor: 0, filter: '' } as const;
  const reason = disabledReason(command, screen, controller.store.state);
  if (reason !== undefined) throw new Failure('refused', reason);
  controller.push(screen);
}

/** The run of this name or the beginning of its name alone; the last one when none is given. Throws `Failure('usage')`. */
function namedRun(controller: Controller, word: string): Run {
  const runs = knownRuns(controller.store.state);
  const exact = runs.filter((one) => one.shortId === word);
  const found = word === '' || exact.length > 0 ? exact : runs.filter((one) => one.shortId.startsWith(word));
  if (found.length > 1) {
    throw new Failure('usage', `"${word}" may be ${found.length} runs: ${found.map((one) => one.shortId).join(', ')}`);
  }
  const run = word === '' ? runs.at(-1) : found[0];
  if (!run)
    throw new Failure('usage', word === '' ? 'there is no run yet' : `no run is called "${word}"`, { hint: '4 shows the runs' });
  return run;
}

function filterLine(controller: Controller, filter: string): void {
  const screen = shown(controller.store.state);
  if (!bindingsFor(screen.kind).some((binding) => binding.command === 'filter'))
    throw new Failure('usage', 'this screen has nothing to filter');
  controller.store.update((state) => withScreen(state, { ...screen, filter, cursor: 0 }));
}

/** The line with its last word completed as far as that is sure, and what it may become when there is more than one way. */
export function complete(state: State, line: string): { readonly line: string; readonly choices: readonly string[] } {
  const at = line.lastIndexOf(' ') + 1;
  const word = line.slice(at);
  const found = [...new Set(candidates(state, line.slice(0, at), word))].filter((one) => one.startsWith(word));
  const [only] = found;
  if (only === undefined) return { line, choices: [] };
  if (found.length === 1) return { line: `${line.slice(0, at)}${only}${only.endsWith('=') ? '' : ' '}`, choices: [] };
  return { line: line.slice(0, at) + found.reduce(commonStart), choices: found };
}

function candidates(state: State, before: string, word: string): readonly string[] {
  const [verb, ...words] = before.trim().split(/\s+/);
  const { catalogue } = state;
  const fits = verb === 'plan' ? canBeTuned : isChecked;
  const applications = (state.inventory.value?.applications ?? []).filter((one) => fits(one, catalogue));
  const targets = word.includes('/')
    ? applications.flatMap((one) => one.units.map((unit) => unit.name))
    : applications.map((one) => one.name);
  if (!verb) return VERBS;
  const runs = knownRuns(state).map((run) => run.shortId);
  if (verb === 'rollback' || verb === 'confirm') return runs;
  if (verb === 'resume') return [...runs, GO_ON];
  if (verb === 'check') return targets;
  if (verb !== 'plan') return [];
  const tunings = catalogue.filter((one) => one.kind === 'tuning');
  const chosen = tunings.find((one) => words.includes(one.id));
  return chosen ? [...chosen.params.map((param) => `${param.name}=`), ...targets] : [...targets, ...tunings.map((one) => one.id)];
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/** Tab in the command line. */
export function completePrompt(controller: Controller, line: string): void {
  const done = complete(controller.store.state, line);
  controller.store.update((state) => ({ ...state, prompt: inputOf(done.line) }));
  if (done.choices.length > 0) controller.say(done.choices.join('  '));
}
