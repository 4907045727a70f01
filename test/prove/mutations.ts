import type { Random } from './random.js';

/** What may stand where something else is expected. Made anew each time, since some are nested. */
const VALUES: readonly (() => unknown)[] = [
  () => null,
  () => '',
  () => 'x',
  () => 0,
  () => -1,
  () => 1e308,
  () => 2 ** 53,
  () => true,
  () => [],
  () => ({}),
  () => [null, [], {}],
  () => ({ __proto__: null, length: 3 }),
  () => JSON.parse('{"__proto__":{"polluted":1}}'),
  () => JSON.parse('{"constructor":{"prototype":{"polluted":1}}}'),
  () => '__proto__',
  () => 'keystone/99999999999999999999',
  () => '-oProxyCommand=x',
  () => 'é‮\u0000​[31m\r\n\t',
  () => '%00%FF%2',
  () => '9'.repeat(40),
  () => 'a'.repeat(3000),
  () => `${'../'.repeat(20)}etc/shadow`,
  () => nested(40),
];

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A copy of a JSON value in which one to three places are something else, gone, doubled, or have another name. */
export function mutatedValue(value: unknown, random: Random): unknown {
  let copy = copyOf(value);
  for (let times = 1 + random.below(3); times > 0; times--) copy = mutateOnce(copy, random);
  return copy;
}

/** `structuredClone` of what JSON can hold, in a fraction of its time. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)]));
}

function mutateOnce(value: unknown, random: Random): unknown {
  if (random.chance(0.01)) return random.pick(VALUES)();
  let here = value as Record<string, unknown>;
  for (;;) {
    const keys = here !== null && typeof here === 'object' ? Object.keys(here) : [];
    if (keys.length === 0) return value;
    const key = random.pick(keys);
    const child = here[key];
    if (child !== null && typeof child === 'object' && random.chance(0.7)) {
      here = child as Record<string, unknown>;
      continue;
    }
    changeAt(here, key, random);
    return value;
  }
}

function changeAt(here: Record<string, unknown>, key: string, random: Random): void {
  const how = random.below(10);
  if (Array.isArray(here) && how < 2) here.splice(Number(key), 1);
  else if (how === 0) delete here[key];
  else if (how === 1) here[random.pick(['', '__proto_', 'toString', 'length', 'é', '-x', key.toUpperCase()])] = here[key];
  else if (how === 2 && Array.isArray(here)) here.push(here[0]);
  else here[key] = random.pick(VALUES)();
}

/** Lines of which one to three are gone, doubled, moved, cut, or others of their fields or pieces. */
export function mutatedLines(lines: readonly string[], random: Random, pieces: readonly string[] = []): string[] {
  const copy = [...lines];
  for (let times = 1 + random.below(3); times > 0 && copy.length > 0; times--) {
    const at = random.below(copy.length);
    const line = copy[at] ?? '';
    switch (random.below(7)) {
      case 0:
        copy.splice(at, 1);
        break;
      case 1:
        copy.splice(random.below(copy.length + 1), 0, line);
        break;
      case 2:
        copy[at] = line.slice(0, random.below(line.length + 1));
        break;
      case 3:
        copy[at] = pieces.length > 0 ? random.pick(pieces) : `${line}\tmore`;
        break;
      case 4:
        copy[at] = `${' '.repeat(random.below(9))}${line}`;
        break;
      default: {
        const fields = line.split(/(\t|: )/);
        fields[random.below(fields.length)] = (JSON.stringify(random.pick(VALUES)()) ?? '').slice(0, 400);
        copy[at] = fields.join('');
      }
    }
  }
  return copy;
}

/** Text with one to four places cut, doubled, or overwritten, whatever it was. */
export function mutatedText(text: string, random: Random): string {
  let result = text;
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(result.length + 1);
    const length = random.below(20);
    switch (random.below(5)) {
      case 0:
        result = result.slice(0, at);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(at, at + length).repeat(2) + result.slice(at + length);
        break;
      case 2:
        result = result.slice(0, at) + result.slice(at + length);
        break;
      case 3:
        result = result.slice(0, at) + String.fromCharCode(random.below(0x250)) + result.slice(at + 1);
        break;
      default:
        result =
          result.slice(0, at) + random.pick(['"', '{', '}', '[', ']', ',', ':', '\\', '\n', '\t', '\ud800']) + result.slice(at);
    }
  }
  return result;
}
