import { join } from 'node:path';
import type { OptionSpec } from '../cloud.js';
import { readJson, writeAtomically } from '../files.js';
import { JujuError, type Parsed } from './arguments.js';
import { inFormat, type Output } from './output.js';
import type { Place } from './place.js';

type Value = string | number | boolean;
/** Application -> option -> value; null stands for "reset to the charm's default". */
type Changed = Readonly<Record<string, Readonly<Record<string, Value | null>>>>;

function typed(spec: OptionSpec, name: string, text: string): Value {
  if (spec.type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if ((spec.type === 'int' || spec.type === 'float') && text !== '' && Number.isFinite(Number(text))) return Number(text);
  if (spec.type === 'string') return text;
  throw new JujuError(`option "${name}" expected ${spec.type}, got "${text}"`);
}

/** Gets and sets charm options; what is set stays on disk. */
export function config(place: Place, parsed: Parsed, output: Output): number {
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
    writeAtomically(
      path,
      JSON.stringify({ ...changed, [application]: { ...changed[application], ...changes(options, sets, resets) } }),
    );
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
