import type { Dialect } from '../cloud.js';

/** An `ERROR …` of juju with its exit code: 2 for flags and arguments, 1 for what went wrong while running. */
export class JujuError extends Error {
  readonly code: number;
  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

type FlagKind = 'text' | 'flag' | 'duration' | 'number';
type Flags = Readonly<Record<string, FlagKind>>;

export interface Parsed {
  readonly command: string;
  readonly values: ReadonlyMap<string, string>;
  readonly words: readonly string[];
}

const COMMON: Flags = {
  m: 'text',
  model: 'text',
  B: 'flag',
  'no-browser-login': 'flag',
  debug: 'flag',
  h: 'flag',
  help: 'flag',
  quiet: 'flag',
  q: 'flag',
  verbose: 'flag',
  v: 'flag',
  'show-log': 'flag',
  'logging-config': 'text',
};
const OUTPUT: Flags = { format: 'text', o: 'text', output: 'text' };
const COLOUR: Flags = { color: 'flag', 'no-color': 'flag' };
const TARGETS: Flags = { all: 'flag', machine: 'text', a: 'text', app: 'text', application: 'text', u: 'text', unit: 'text' };

const SAME_NAME: Readonly<Record<string, string>> = {
  m: 'model',
  a: 'app',
  application: 'app',
  u: 'unit',
  o: 'output',
  q: 'quiet',
  v: 'verbose',
  h: 'help',
  integrations: 'relations',
};

/** The flags of a command in a dialect; undefined when the dialect has no such command (juju-contract 3.1, 4.1, 5). */
export function flagsOf(command: string, dialect: Dialect, actionsV2: boolean): Flags | undefined {
  const old = dialect === '2.9';
  const operations = !old || actionsV2;
  switch (command) {
    case 'version':
      return { ...OUTPUT, all: 'flag' };
    case 'whoami':
      return OUTPUT;
    case 'switch':
      return old ? {} : { c: 'flag', controller: 'flag' };
    case 'models':
      return { ...OUTPUT, c: 'text', controller: 'text', all: 'flag', user: 'text', uuid: 'flag', 'exact-time': 'flag' };
    case 'show-model':
      return OUTPUT;
    case 'status':
      return {
        ...OUTPUT,
        ...COLOUR,
        utc: 'flag',
        relations: 'flag',
        storage: 'flag',
        'retry-count': 'number',
        'retry-delay': 'duration',
        ...(dialect !== '4.0' && { watch: 'duration' }),
        ...(!old && { integrations: 'flag' }),
      };
    case 'exec':
      if (old) return { ...OUTPUT, ...TARGETS, timeout: 'duration', operator: 'flag' };
      return {
        ...OUTPUT,
        ...COLOUR,
        ...TARGETS,
        utc: 'flag',
        wait: 'duration',
        background: 'flag',
        parallel: 'flag',
        'execution-group': 'text',
        ...(dialect === '3.6' && { operator: 'flag' }),
      };
    case 'show-operation':
      return operations ? { ...OUTPUT, ...COLOUR, utc: 'flag', wait: 'duration', watch: 'flag' } : undefined;
    case 'show-task':
      return operations ? { ...OUTPUT, ...COLOUR, utc: 'flag', wait: 'duration', watch: 'flag' } : undefined;
    case 'operations':
      return operations
        ? {
            ...OUTPUT,
            ...COLOUR,
            utc: 'flag',
            actions: 'text',
            apps: 'text',
            applications: 'text',
            units: 'text',
            machines: 'text',
            status: 'text',
            limit: 'number',
            offset: 'number',
          }
        : undefined;
    case 'cancel-task':
      return OUTPUT;
    case 'cancel-action':
      return old ? OUTPUT : undefined;
    case 'config':
      return { ...OUTPUT, ...COLOUR, reset: 'text', file: 'text' };
    case 'ssh':
      return {
        proxy: 'flag',
        'no-host-key-checks': 'flag',
        pty: 'flag',
        ...(dialect !== '4.0' && { remote: 'flag' }),
        container: 'text',
      };
    default:
      return undefined;
  }
}

const DURATION = /^[+-]?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$|^0$/;

/** Go's duration text in milliseconds. */
export function milliseconds(text: string): number {
  const unit: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  let total = 0;
  for (const [, number, name] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    total += Number(number) * (unit[name ?? ''] ?? 0);
  return text.startsWith('-') ? -total : total;
}

function checkValue(kind: FlagKind, shown: string, value: string): void {
  if (kind === 'duration' && !DURATION.test(value)) {
    throw new JujuError(
      `invalid value ${JSON.stringify(value)} for option ${shown}: time: invalid duration ${JSON.stringify(value)}`,
      2,
    );
  }
  if (kind === 'number' && !/^-?\d+$/.test(value)) {
    throw new JujuError(
      `invalid value ${JSON.stringify(value)} for option ${shown}: strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`,
      2,
    );
  }
  if (kind === 'flag' && !/^(true|false|t|f|1|0)$/i.test(value)) {
    throw new JujuError(
      `invalid value ${JSON.stringify(value)} for option ${shown}: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
      2,
    );
  }
}

/** Reads a command line as juju does: flags anywhere before `--`, for ssh only before the target. */
export function parseCommand(command: string, argv: readonly string[], own: Flags): Parsed {
  const flags = { ...COMMON, ...own };
  const values = new Map<string, string>();
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (argument === '--') {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      if (command === 'ssh') {
        words.push(...argv.slice(i + 1));
        break;
      }
      continue;
    }
    i += takeFlag(argument, argv[i + 1], flags, values);
  }
  return { command, values, words };
}

/** Takes one flag; 1 when it used the next argument too. */
function takeFlag(argument: string, next: string | undefined, flags: Flags, values: Map<string, string>): number {
  const dashes = argument.startsWith('--') ? '--' : '-';
  const body = argument.slice(dashes.length);
  const equals = body.indexOf('=');
  const short = dashes === '-' && body.length > 1 && equals !== 1;
  const name = short ? body.slice(0, 1) : equals < 0 ? body : body.slice(0, equals);
  const kind = Object.hasOwn(flags, name) ? flags[name] : undefined;
  const shown = `${dashes}${name}`;
  if (kind === undefined || (dashes === '--') !== name.length > 1)
    throw new JujuError(`option provided but not defined: ${shown}`, 2);
  const key = SAME_NAME[name] ?? name;
  const attached = short ? body.slice(1) : equals < 0 ? undefined : body.slice(equals + 1);
  const value = attached ?? (kind === 'flag' ? 'true' : next);
  if (value === undefined) throw new JujuError(`option needs an argument: ${shown}`, 2);
  checkValue(kind, shown, value);
  const earlier = values.get(key);
  values.set(
    key,
    earlier !== undefined && (key === 'unit' || key === 'app' || key === 'machine') ? `${earlier},${value}` : value,
  );
  return attached === undefined && kind !== 'flag' ? 1 : 0;
}

export function isSet(parsed: Parsed, name: string): boolean {
  return /^(true|t|1)$/i.test(parsed.values.get(name) ?? '');
}
