import { Controller } from '../../src/ui/tui/controller.js';
import { initialState } from '../../src/ui/tui/open.js';
import { press } from '../../src/ui/tui/press.js';
import { Store } from '../../src/ui/tui/store.js';
import { frameLines } from '../../src/ui/tui/widgets/frame.js';
import { FAKE_NOW } from '../fakes/model.js';
import { type FakeOptions, FakeSession } from '../fakes/session.js';

const NAMES = [
  'enter',
  'esc',
  'tab',
  'down',
  'up',
  'left',
  'right',
  'ctrl-c',
  'ctrl-u',
  'ctrl-j',
  'home',
  'end',
  'backspace',
  'pagedown',
];

export interface World {
  readonly session: FakeSession;
  readonly controller: Controller;
  /** When the bell rang. */
  readonly rung: readonly number[];
  /** So much time passes. */
  pass(seconds: number): void;
  /** What was given to the clipboard. */
  readonly copied: readonly string[];
  /** What was written, by name. */
  readonly written: ReadonlyMap<string, string>;
  /** The screen as text. */
  text(): string;
  /** Presses keys: a named one, or the characters of a word. */
  keys(...keys: readonly string[]): void;
  /** Resolves with the text once it is so. */
  until(wanted: string | RegExp): Promise<string>;
}

/** The terminal UI without a terminal: keys in, text out. */
export function world(
  options: FakeOptions & { readonly columns?: number; readonly rows?: number; readonly confirmSeconds?: number } = {},
): World {
  const session = new FakeSession(options);
  const now = Date.parse(FAKE_NOW) + 60_000;
  const first = initialState(session, { version: '0.1.0', demo: true }, { color: true, unicode: true }, now);
  const store = new Store({ ...first, size: { columns: options.columns ?? 80, rows: options.rows ?? 24 } });
  const copied: string[] = [];
  const rung: number[] = [];
  let later = 0;
  const written = new Map<string, string>();
  const controller = new Controller(session, store, {
    now: () => now + later,
    modelNow: () => now + later,
    measureSeconds: 5,
    confirmSeconds: options.confirmSeconds ?? 0,
    bell: () => void rung.push(store.state.now),
    copy: (text) => void copied.push(text),
    write: async (name, text) => {
      written.set(name, text);
      return `/here/${name}.txt`;
    },
  });
  const text = (): string =>
    frameLines(store.state)
      .map((line) => line.map((span) => span.text).join(''))
      .join('\n');
  return {
    session,
    controller,
    copied,
    rung,
    pass: (seconds) => {
      later += seconds * 1000;
      controller.tick();
    },
    written,
    text,
    keys: (...keys) => {
      for (const one of keys) {
        const presses = NAMES.includes(one)
          ? [{ name: one }]
          : [...one].map((text) => ({ name: text === ' ' ? 'space' : text, text }));
        for (const each of presses) press(controller, each);
      }
    },
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const holds = (): boolean => (typeof wanted === 'string' ? text().includes(wanted) : wanted.test(text()));
        const look = (): void => {
          if (!holds()) return;
          clearTimeout(timer);
          stop();
          resolve(text());
        };
        const timer = setTimeout(() => reject(new Error(`not seen: ${wanted}\n${text()}`)), 5000);
        const stop = store.subscribe(look);
        look();
      }),
  };
}

const open: World[] = [];

/** A world whose session is being asked, as after the start. */
export function started(...args: Parameters<typeof world>): World {
  const made = world(...args);
  open.push(made);
  void made.controller.watch();
  return made;
}

/** A world in which the canary of three units of keystone is changed, and the question whether to go on with the others is open. */
export async function afterCanary(...args: Parameters<typeof world>): Promise<World> {
  const one = started(...args);
  await one.until('keystone 3');
  one.keys('3', 'enter', 'ctrl-u', 'keystone', 'enter');
  await one.until('3 units would change');
  one.keys('A', 'y');
  await one.until('Go on with');
  return one;
}

/** Leaves every world that was started. */
export function leaveAll(): void {
  for (const one of open.splice(0)) one.controller.leave();
}
