import { disabledReason, waitingReason } from './available.js';
import { completePrompt, runLine } from './command-line.js';
import { type CommandContext, commands } from './commands.js';
import type { Controller } from './controller.js';
import { choicesOf, withoutFailure } from './form.js';
import { findBinding, keyName } from './keys.js';
import type { Press } from './presses.js';
import { isRunning, type Screen, type ScreenOf, type State, shown, withScreen } from './state.js';
import { type Dialog, mayConfirm } from './widgets/dialog.js';
import { edit, type Input, inputOf, insert } from './widgets/input.js';

/** One key: to the dialog, the filter or the form that has the focus, else to the command that the table names. */
export function press(controller: Controller, key: Press): void {
  const { store } = controller;
  store.update((state) => ({ ...state, message: undefined }));
  const { state } = store;
  // In the command line it leaves that line, unless a run is to be stopped.
  if (key.name === 'ctrl-c' && state.prompt && !isRunning(state)) store.update((now) => ({ ...now, prompt: undefined }));
  else if (key.name === 'ctrl-c') controller.interrupt();
  else if (state.dialog) pressInDialog(controller, state.dialog, key);
  else if (state.filtering) pressInFilter(controller, key);
  else if (state.prompt) pressInPrompt(controller, state.prompt, key);
  else pressOnScreen(controller, shown(state), key);
  store.flush();
}

/** Text that was pasted goes into what has the focus and is never taken for keys. */
export function paste(controller: Controller, text: string): void {
  const { store } = controller;
  const screen = shown(store.state);
  if (store.state.filtering) {
    setFilter(controller, text);
  } else if (store.state.prompt && !store.state.dialog) {
    const input = insert(store.state.prompt, text.trim().replace(/\s+/g, ' '));
    store.update((state) => ({ ...state, prompt: input }));
  } else if (screen.kind === 'form' && !store.state.dialog) {
    const field = screen.fields[screen.cursor];
    const many = screen.tuning.params.find((param) => param.name === field?.name)?.type === 'directives';
    editField(controller, screen, {
      name: 'paste',
      text: many ? text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').trimEnd() : text.trim().replace(/\s+/g, ' '),
    });
  }
  store.flush();
}

function pressOnScreen(controller: Controller, screen: Screen, key: Press): void {
  const binding = findBinding(screen.kind, key);
  if (!binding) {
    if (screen.kind === 'form') editField(controller, screen, key);
    else controller.say(`${keyName(key.name)} does nothing on this screen: ? shows the keys that do`);
    return;
  }
  const context: CommandContext = { controller, screen, state: controller.store.state };
  const reason = disabledReason(binding.command, screen, context.state);
  if (reason !== undefined && binding.command === 'back') return;
  if (reason !== undefined) controller.say(`${key.name}: ${reason}`, 'warn');
  else commands[binding.command](context);
}

function pressInDialog(controller: Controller, dialog: Dialog, key: Press): void {
  const put = (change: Partial<Dialog>): void =>
    controller.store.update((state) => ({ ...state, dialog: { ...dialog, ...change } }));
  const step = { tab: 1, right: 1, down: 1, 'shift-tab': -1, left: -1, up: -1 }[key.name];
  if (step !== undefined) put({ focus: (dialog.focus + step + dialog.choices.length) % dialog.choices.length });
  else if (key.name === 'esc') dialog.choices[0]?.take();
  else if (key.name === 'enter') takeFocused(controller, dialog);
  else if (dialog.typed) typeInDialog(dialog, dialog.typed, key, put);
  else dialog.choices.find((choice) => choice.key === key.name)?.take();
}

function typeInDialog(
  dialog: Dialog,
  before: NonNullable<Dialog['typed']>,
  key: Press,
  put: (change: Partial<Dialog>) => void,
): void {
  const input = edit(before.input, key);
  if (!input) return;
  const typed = { ...before, input };
  const isRight = mayConfirm({ ...dialog, typed });
  put({ typed, focus: isRight ? dialog.choices.length - 1 : 0 });
}

function takeFocused(controller: Controller, dialog: Dialog): void {
  const wanted = dialog.typed?.wanted ?? '';
  const given = dialog.typed?.input.text ?? '';
  if (dialog.focus === dialog.choices.length - 1 && !mayConfirm(dialog)) {
    controller.say(`type "${wanted}" first`, 'warn');
    return;
  }
  dialog.choices[dialog.focus]?.take();
  // The focus is on cancel as long as the word is not right.
  if (given !== '' && !mayConfirm(dialog))
    controller.say(`cancelled: "${given}" is not "${wanted}"; nothing was changed`, 'warn');
}

function pressInFilter(controller: Controller, key: Press): void {
  const { store } = controller;
  const put = (filtering: Input | undefined, text: string): void =>
    store.update((state) => filtered({ ...state, filtering }, text));
  const input = store.state.filtering && edit(store.state.filtering, key);
  if (key.name === 'enter') store.update((state) => ({ ...state, filtering: undefined }));
  else if (key.name === 'esc') put(undefined, '');
  else if (input) put(input, input.text);
}

function pressInPrompt(controller: Controller, prompt: Input, key: Press): void {
  const { store } = controller;
  const put = (next: Input | undefined): void => store.update((state) => ({ ...state, prompt: next }));
  if (key.name === 'enter') runLine(controller, prompt.text);
  else if (key.name === 'tab') completePrompt(controller, prompt.text);
  else if (key.name === 'esc' || (key.name === 'backspace' && prompt.text === '')) put(undefined);
  else put(edit(prompt, key) ?? prompt);
}

function setFilter(controller: Controller, text: string): void {
  const input = inputOf(text.replace(/\s+/g, ' ').trim());
  controller.store.update((state) => filtered({ ...state, filtering: input }, input.text));
}

function filtered(state: State, filter: string): State {
  return withScreen(state, { ...shown(state), filter, cursor: 0 });
}

function editField(controller: Controller, screen: ScreenOf<'form'>, key: Press): void {
  const field = screen.fields[screen.cursor];
  if (!field) return;
  // The plan that comes is of what the form says now.
  const { state } = controller.store;
  if (state.planning.since !== undefined) {
    controller.say(`${key.name}: ${waitingReason(state)}`, 'warn');
    return;
  }
  const values = choicesOf(screen, field);
  const step = { left: -1, right: 1, space: 1 }[key.name];
  const input =
    values && step !== undefined
      ? inputOf(values[(values.indexOf(field.input.text) + step + values.length) % values.length] ?? '')
      : key.name === 'paste'
        ? insert(field.input, key.text ?? '')
        : edit(field.input, key);
  if (!input) return;
  const fields = screen.fields.map((one, index) => (index === screen.cursor ? { ...one, input } : one));
  controller.store.update((state) => withScreen(state, withoutFailure({ ...screen, fields })));
}
