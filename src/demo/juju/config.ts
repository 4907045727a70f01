import { join } from 'node:path';
import { applicationOf, type OptionSpec } from '../cloud.js';
import { readJson, writeAtomically } from '../files.js';
import { rerender } from '../rerender.js';
import { ensureUnit } from '../unit-folder.js';
import { JujuError, type Parsed } from './arguments.js';
import { noteConfigChanged } from './hooks.js';
import { inFormat, type Output } from './output.js';
import type { Place } from './place.js';

/** min(2 x CPUs, 4) workers on the 32 CPUs of every host. */
const UNSET_MULTIPLIER = 4 / 32;

type Value = string | number | boolean;
/** Application -> option -> value; null stands for "reset to the charm's default". */
type Changed = Readonly<Record<string, Readonly<Record<string, Value | null>>>>;

function typed(spec: OptionSpec, name: string, text: string): Value {
  if (spec.type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if ((spec.type === 'int' || spec.type === 'float') && text !== '' && Number.isFinite(Number(text))) return Number(text);
  if (spec.type === 'string') return text;
  throw new JujuError(`option "${name}" expected ${spec.type}, got "${text}"`);
}

/** Gets and sets charm options; what is set stays on disk, and every unit runs config-changed. */
export async function config(place: Place, parsed: Parsed, output: Output): Promise<number> {
  const [application, ...words] = parsed.words;
  const spec = place.cloud.applications.find(({ name }) => name === application);
  if (application === undefined) throw new JujuError('no application name specified', 2);
  if (spec === undefined) throw new JujuError(`application "${application}" not found`);
  const options = spec.options ?? {};
  const path = join(place.dir, 'config.json');
  const changed = readJson<Changed>(path) ?? {};
  const sets = words.filter((word) => word.includes('='));
  const resets = (parsed.values.get('reset') ?? '').split(',').filter((word) => word !== '');
  if (sets.length > 0 || resets.length > 0) {
    const now = { ...changed[application], ...changes(options, sets, resets) };
    writeAtomically(path, JSON.stringify({ ...changed, [application]: now }));
    await configChanged(place, application, settings(options, now)['worker-multiplier']?.value);
    return 0;
  }
  const current = settings(options, changed[application] ?? {});
  const [key] = words;
  if (key !== undefined) {
    const found = current[key];
    if (found === undefined)
      throw new JujuError(`key "${key}" not found in "${application}" application config or charm settings.`);
    output.write(`${found.value ?? ''}\n`);
    return 0;
  }
  const trust = {
    description: 'Does this application have access to trusted credentials',
    type: 'bool',
    value: false,
    default: false,
    source: 'default',
  };
  output.write(
    inFormat(
      { application, charm: spec.charm, 'application-config': { trust }, settings: current },
      parsed.values.get('format') ?? 'yaml',
    ),
  );
  return 0;
}

/** Every unit at once, as Juju does it: files are rendered again and Apache restarted where they changed. */
async function configChanged(place: Place, application: string, multiplier: Value | undefined): Promise<void> {
  noteConfigChanged(place, application);
  const units = place.cloud.units.filter(({ name }) => applicationOf(name) === application);
  await Promise.all(
    units.map(async (unit) => {
      if (unit.runner?.kind !== 'folder' || unit.agent === 'lost') return;
      const root = join(place.dir, unit.runner.root);
      ensureUnit(root, place.cloud, unit);
      await rerender(root, place.cloud, unit, { multiplier: typeof multiplier === 'number' ? multiplier : UNSET_MULTIPLIER });
    }),
  );
  // What was real work here took much longer on the clock of the demo.
  noteConfigChanged(place, application);
}

function changes(
  options: Readonly<Record<string, OptionSpec>>,
  sets: readonly string[],
  resets: readonly string[],
): Record<string, Value | null> {
  const result: Record<string, Value | null> = {};
  for (const name of resets) result[name] = null;
  for (const word of sets) {
    const name = word.slice(0, word.indexOf('='));
    const option = options[name];
    if (name in result) throw new JujuError(`cannot set and reset key "${name}" simultaneously`, 2);
    if (option === undefined) throw new JujuError(`unknown option "${name}"`);
    result[name] = typed(option, name, word.slice(name.length + 1));
  }
  const unknown = resets.find((name) => !(name in options));
  if (unknown !== undefined) throw new JujuError(`unknown option "${unknown}"`);
  return result;
}

interface Setting {
  readonly value?: Value;
  readonly source: string;
}

function settings(
  options: Readonly<Record<string, OptionSpec>>,
  changed: Readonly<Record<string, Value | null>>,
): Record<string, Setting> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const own = name in changed ? (changed[name] ?? undefined) : option.value;
      const value = own ?? option.default;
      const source = own !== undefined ? 'user' : option.default !== undefined ? 'default' : 'unset';
      const { description, type } = option;
      return [
        name,
        {
          ...(option.default !== undefined && { default: option.default }),
          description,
          source,
          type,
          ...(value !== undefined && { value }),
        },
      ];
    }),
  );
}
