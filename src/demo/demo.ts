import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Dialect } from './cloud.js';
import { enterLines, leaveLines } from './env.js';
import { placeCharm } from './layout/charm.js';
import { placeStock } from './layout/stock.js';
import { serviceOf } from './services.js';
import { type DemoPlace, removeDemo, type SetupOptions, setUp } from './setup.js';

const USAGE = `usage: demo setup  [--dir DIR] [--dialect 2.9|3.6|4.0] [--units N] [--scenario FILE] [--speed N] [--reset]
       demo env    [--off] [as for setup]
       demo reset  [--dir DIR]
       demo layout CHARM DIR --unit NAME --address ADDRESS --peers ADDRESS,ADDRESS,... [--stock]
`;

/** A sentence for the person who typed something wrong. */
class UsageError extends Error {}

function number(text: string | undefined, name: string, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= min && value <= max)) throw new UsageError(`--${name} must be a number from ${min} to ${max}, not "${text}"`);
  return value;
}

function dialect(text: string | undefined): Dialect | undefined {
  if (text === undefined || text === '2.9' || text === '3.6' || text === '4.0') return text;
  throw new UsageError(`--dialect must be 2.9, 3.6 or 4.0, not "${text}"`);
}

type Values = Readonly<Record<string, string | boolean | undefined>>;
const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

function folder(values: Values): string {
  return resolve(text(values.dir) ?? join(homedir(), '.local/state/juju-tune-demo'));
}

async function setup(values: Values): Promise<DemoPlace> {
  const speed = number(text(values.speed), 'speed', 0.01, 3600);
  const units = number(text(values.units), 'units', 1, 20_000);
  const spoken = dialect(text(values.dialect));
  const scenario = text(values.scenario);
  const options: SetupOptions = {
    dir: folder(values),
    node: process.execPath,
    bundles: dirname(fileURLToPath(import.meta.url)),
    reset: values.reset === true,
    ...(speed !== undefined && { speed }),
    ...(units !== undefined && { units }),
    ...(spoken !== undefined && { dialect: spoken }),
    ...(scenario !== undefined && { scenario: resolve(scenario) }),
  };
  return await setUp(options);
}

function layout(words: readonly string[], values: Values): void {
  const [charm, dir] = words;
  const service = charm === undefined ? undefined : serviceOf(charm);
  const unit = text(values.unit);
  const address = text(values.address);
  if (service === undefined || dir === undefined || unit === undefined || address === undefined)
    throw new UsageError('layout needs a charm with Apache, DIR, --unit and --address');
  const addresses = (text(values.peers) ?? address).split(',');
  const application = unit.slice(0, unit.lastIndexOf('/'));
  const own = addresses.indexOf(address);
  if (own < 0) throw new UsageError('--peers must name the unit itself too');
  const first = Number(unit.slice(unit.lastIndexOf('/') + 1)) - own;
  const peers = addresses.map((each, n) => ({ unit: `${application}/${first + n}`, address: each }));
  if (values.stock === true) placeStock(dir);
  placeCharm(dir, { service, unit, address, peers });
}

async function main(argv: readonly string[]): Promise<void> {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean' } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      dir: string,
      dialect: string,
      units: string,
      scenario: string,
      speed: string,
      reset: boolean,
      off: boolean,
      unit: string,
      address: string,
      peers: string,
      stock: boolean,
    },
  });
  const [verb, ...words] = positionals;
  if (verb === 'setup') process.stdout.write(`${JSON.stringify(await setup(values))}\n`);
  else if (verb === 'env') process.stdout.write(values.off ? `${leaveLines()}\n` : enterLines(await setup(values)));
  else if (verb === 'reset') removeDemo(folder(values));
  else if (verb === 'layout') layout(words, values);
  else throw new UsageError(verb === undefined ? 'a verb is missing' : `no verb "${verb}"`);
}

/** Where --dir says there can be no cloud, or it may not be written. */
const NO_FOLDER = new Set(['EEXIST', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENAMETOOLONG']);

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { code = '' } = error as { code?: string };
  const usage = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS') || NO_FOLDER.has(code);
  const what = NO_FOLDER.has(code) ? 'there can be no demo cloud here: ' : '';
  process.stderr.write(`juju-tune demo: ${what}${(error as Error).message}\n${usage ? USAGE : ''}`);
  process.exitCode = usage ? 2 : 70;
}
