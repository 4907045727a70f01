/** What a path is. `mode` is octal without a leading zero beyond four digits (`0644`); owner is `uid:gid` in numbers. */
export type FileState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly mode: string; readonly owner: string; readonly sha256: string }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'dir'; readonly mode: string; readonly owner: string };

export interface PathState {
  /** Absolute path on the unit. */
  readonly path: string;
  readonly state: FileState;
}

/** `20`, `+8`, `x2`, `+66%`: a number, or a change of the number that is there. */
export type Amount =
  | { readonly kind: 'to'; readonly value: number }
  | { readonly kind: 'add'; readonly value: number }
  | { readonly kind: 'times'; readonly value: number }
  | { readonly kind: 'percent'; readonly value: number };

export type Mpm = 'event' | 'worker' | 'prefork';

/** What a tuning can ask of a unit. A new kind is a new case in planning/change.ts, and the compiler says where. */
export type Change =
  | { readonly kind: 'apache-conf'; readonly name: string; readonly content: string }
  | { readonly kind: 'apache-conf-off'; readonly name: string }
  | { readonly kind: 'apache-mpm'; readonly to: Mpm }
  | { readonly kind: 'wsgi-daemon'; readonly group?: string; readonly processes?: Amount; readonly threads?: Amount };

/** A charm option set or reset for the whole application: what the charm then does is not ours to stage or to take back by itself. */
export interface OptionChange {
  readonly option: string;
  /** `per-cpu`: the number divided by the CPUs of a unit, rounded up to two decimals. */
  readonly to:
    | { readonly kind: 'value'; readonly value: string }
    | { readonly kind: 'per-cpu'; readonly value: number }
    | { readonly kind: 'reset' };
  /** What else this option moves, by charm. */
  readonly moves: Readonly<Record<string, string>>;
}

/** One line form, as unit programs print and read it: `A`, `F:0644:0:0:<sha256>`, `L:<target>`, `D:0755:0:0`. */
export function encodeState(state: FileState): string {
  switch (state.kind) {
    case 'absent':
      return 'A';
    case 'file':
      return `F:${state.mode}:${state.owner}:${state.sha256}`;
    case 'link':
      return `L:${state.target}`;
    case 'dir':
      return `D:${state.mode}:${state.owner}`;
  }
}

/** Reads what `encodeState` writes; undefined for anything else. */
export function decodeState(text: string): FileState | undefined {
  if (text === 'A') return { kind: 'absent' };
  const file = /^F:([0-7]{4}):(\d+:\d+):([0-9a-f]{64})$/.exec(text);
  if (file?.[1] && file[2] && file[3]) return { kind: 'file', mode: file[1], owner: file[2], sha256: file[3] };
  const dir = /^D:([0-7]{4}):(\d+:\d+)$/.exec(text);
  if (dir?.[1] && dir[2]) return { kind: 'dir', mode: dir[1], owner: dir[2] };
  if (text.startsWith('L:')) return { kind: 'link', target: text.slice(2) };
  return undefined;
}

export function sameState(a: FileState, b: FileState): boolean {
  return encodeState(a) === encodeState(b);
}
