import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { render } from 'ink';
import { pendingUnits } from '../../domain/run.js';
import { foldUnits } from '../../domain/unit-set.js';
import type { Session } from '../../engine/session.js';
import { type Paint, paintFor, RUN_SIGNS, type Terminal, terminalOf } from '../paint.js';
import { conflictText, leftText } from '../plain/run.js';
import { awaitingText, decidingCommands } from '../plain/window.js';
import { showableLine } from '../text.js';
import { App } from './app.js';
import { Controller } from './controller.js';
import { LateSession } from './late-session.js';
import type { ModelChoice, Screen, State } from './state.js';
import { Store } from './store.js';

export interface TuiOptions {
  readonly version: string;
  /** Marks the header before Juju has answered; afterwards the model says it. */
  readonly demo?: boolean;
  /** What to show first; absent: the applications. */
  readonly initial?: Screen;
  /** Absent: from the environment of this process. */
  readonly terminal?: Terminal;
  /** The clock of the model, milliseconds since 1970; the demo's runs faster. Ages of checks and runs are told by it. */
  readonly modelNow?: () => number;
  /** Seconds of that clock in one of the person's; absent: 1. */
  readonly modelRate?: number;
  /** The models to choose from when none is the current one; absent where the model is given. */
  readonly models?: () => Promise<readonly ModelChoice[]>;
  /** How long a person has to confirm a change, in his own seconds; absent: 10 min. */
  readonly confirmSeconds?: number;
  /** How long a change is measured for; absent: 60 s. */
  readonly measureSeconds?: number;
  /** Takes a line that stays in the terminal; absent: written to stdout. */
  readonly out?: (line: string) => void;
}

/**
 * Shows the terminal UI until the person leaves; a session that is still to be opened is opened behind the first frame, with the model
 * that was chosen from `models` when one was. Resolves with
 * the exit code of the last run that was carried out from it, 0 without one; what those runs came to is printed once the terminal is as
 * it was. Throws the `Failure` on which Juju was left without ever having answered.
 */
export async function openTui(given: Session | ((target?: string) => Promise<Session>), options: TuiOptions): Promise<number> {
  const session = typeof given === 'function' ? new LateSession(given) : given;
  const { stdin, stdout, stderr, env } = process;
  const terminal = options.terminal ?? terminalOf(env, stdout.isTTY);
  const modelNow = options.modelNow ?? Date.now;
  const store = new Store(initialState(session, options, terminal, modelNow()));
  const { models } = options;
  const choice =
    session instanceof LateSession && models ? { list: models, choose: (target: string) => session.choose(target) } : undefined;
  const controller = new Controller(session, store, {
    now: Date.now,
    modelNow,
    measureSeconds: options.measureSeconds ?? 60,
    confirmSeconds: options.confirmSeconds ?? 600,
    bell: () => void stdout.write('\x07'),
    ...(choice ? { choice } : {}),
    copy: (text) => void stdout.write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`),
    write: writeNew,
  });
  // Ink takes the keyboard only after its first frame; what is typed until then would be echoed into it.
  if (stdin.isTTY) stdin.setRawMode(true);
  // The alternate screen begins where the cursor stands; after echoed keys every line would be shifted.
  stdout.write('\r\x1b[K');
  const ink = render(<App controller={controller} />, {
    stdin,
    stdout,
    stderr,
    alternateScreen: true,
    incrementalRendering: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  const gone = ink.waitUntilExit();
  const ending = endingSignal();
  let endedBy: NodeJS.Signals | undefined;
  const parted = ending.signal.then((signal) => {
    endedBy = signal;
    return lastRecord(controller, signal);
  });
  await Promise.race([controller.watch(), gone, parted]);
  controller.leave();
  ink.unmount();
  await gone;
  ending.forget();
  const out = options.out ?? ((line: string) => void stdout.write(`${line}\n`));
  for (const line of summary(controller, paintFor(terminal))) out(line);
  if (endedBy !== undefined) endBy(endedBy);
  const { inventory } = controller.store.state;
  if (inventory.failure && !inventory.value) throw inventory.failure;
  return controller.keeper.exitCode;
}

const ENDS = ['SIGTERM', 'SIGHUP'] as const;
/** Longer than this nobody waits for a program that was told to go. */
const PARTING_MILLISECONDS = 3000;

/** The system, or a terminal that goes away, ends us: there is a moment to record it. */
function endingSignal(): { readonly signal: Promise<NodeJS.Signals>; readonly forget: () => void } {
  let heard: (signal: NodeJS.Signals) => void = () => undefined;
  const signal = new Promise<NodeJS.Signals>((resolve) => {
    heard = resolve;
  });
  for (const one of ENDS) process.on(one, heard);
  const forget = (): void => {
    for (const one of ENDS) process.off(one, heard);
  };
  return { signal, forget };
}

/** Ends here and now: for anybody who still listens (Ink's cursor does) the signal would wait for a turn of the loop that may not come. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

async function lastRecord(controller: Controller, signal: NodeJS.Signals): Promise<void> {
  const late = new Promise<void>((resolve) => void setTimeout(resolve, PARTING_MILLISECONDS).unref());
  await Promise.race([controller.keeper.letGoFor(signal), late]);
}

/** Never over a file that is there, and for nobody else to read: it may name hosts and addresses. */
async function writeNew(name: string, text: string): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[:-]/g, '');
  const path = resolve(`juju-tune-${name.replaceAll(' ', '-')}-${time}.txt`);
  await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  return path;
}

export function initialState(session: Session, options: TuiOptions, terminal: Terminal, modelNow: number): State {
  return {
    version: options.version,
    demo: options.demo ?? false,
    catalogue: session.catalogue,
    terminal,
    size: { columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 },
    now: Date.now(),
    modelNow,
    modelRate: options.modelRate ?? 1,
    inventory: {},
    check: {},
    runs: {},
    models: {},
    canChoose: options.models !== undefined,
    planning: {},
    waiting: undefined,
    live: undefined,
    calls: [],
    open: new Set(),
    marked: new Set(),
    stack: [options.initial ?? { kind: 'inventory', cursor: 0, filter: '' }],
    filtering: undefined,
    prompt: undefined,
    sort: 'checked first',
    problemsOnly: false,
    dialog: undefined,
    message: undefined,
  };
}

function modelClock({ store }: Controller): { readonly rate: number; now(): number } {
  return { rate: store.state.modelRate, now: () => store.state.modelNow };
}

/** What stays in the terminal's scrollback: each run of this sitting, how it ended, and how to take it back. */
function summary(controller: Controller, paint: Paint): string[] {
  const finished = controller.keeper.finished.flatMap((run) => {
    const sign = run.outcome === undefined ? undefined : RUN_SIGNS[run.outcome];
    const open = pendingUnits(run).length > 0 ? 'awaits confirmation' : 'not closed';
    const outcome = sign ? paint.tone(sign.tone, `${paint.symbols[sign.symbol]} ${sign.word}`) : open;
    const demo = run.plan.demo ? 'DEMO  ' : '';
    const changed = run.units.some((unit) => unit.outcome === 'changed' || unit.outcome === 'unknown');
    const what = run.plan.kind === 'rollback' ? `take back ${run.plan.action.id}` : run.plan.action.id;
    return [
      `${demo}${paint.bold(run.shortId)}  ${showableLine(what)}  ${foldUnits(run.plan.targets)}  ${outcome}`,
      ...awaitingText(run, paint, modelClock(controller)),
      ...decidingCommands(run, modelClock(controller)),
      ...[...conflictText(run), ...leftText(run)].map((line) => `  ${line}`),
      ...(changed && run.plan.kind === 'apply' ? [`  take it back: juju-tune rollback ${run.shortId}`] : []),
    ];
  });
  const { farewell } = controller.keeper;
  return farewell === undefined ? finished : [...finished, farewell];
}
