import { characterAt } from './redact-characters.js';
import { CANDIDATE, isHarmless, kindOf, lowered, MARK } from './redact-names.js';
import { isQuote, matchAt, type Name, type Value, ValueEnds } from './redact-value-end.js';

const DIRECTIVE =
  /^[-+ \t#]*(?:(?:oidc|auth|session|shib|mellon|dbd|ssl)[a-z]*(?:secret|password|passphrase|passwordkey)|requirepass|masterauth)$/;
/** `<nvpair name="password" value="…"/>`, `{"key": "OS_PASSWORD", "value": "…"}` */
const PAIR_VALUE = / *(?:\\*["'])?(?:value|val|content)\\*["']? *[=:]/y;

/** One line with the value of every name hidden that stands for a secret, in whatever quotes, escapes or encodings both are written. */
export function withoutValues(text: string): string {
  const low = lowered(text);
  const scan = new Scan(low);
  const ends = new ValueEnds(low);
  let [out, from, at] = ['', 0, 0];
  for (;;) {
    CANDIDATE.lastIndex = at;
    const found = CANDIDATE.exec(low);
    if (!found) return from === 0 ? text : out + text.slice(from);
    const nameAt = scan.nameStart(found.index, at);
    at = scan.nameEnd(found.index);
    const name = low.slice(nameAt, at);
    const kind = kindOf(name);
    const value = kind && scan.value({ name, nameAt, kind }, at);
    if (!kind || !value) continue;
    const end = low.startsWith(MARK, value.at) ? undefined : ends.of({ name, nameAt, kind }, value);
    const begins = end?.at ?? value.at;
    if (!end || low.startsWith(MARK, begins)) at = begins + MARK.length;
    else if (
      end.end < end.at ||
      isHarmless(text.slice(end.at, end.end), {
        name,
        kind,
        separator: value.separator,
        quoted: value.quote !== '',
        whole: end.whole,
      })
    ) {
      if (end.end > at && value.quote === '') at = end.at;
    } else {
      out += text.slice(from, end.from) + MARK;
      from = end.next;
      at = from;
    }
  }
}

/** A lowered line that is read character by character, each as it may be written: `"`, `\u0022`, `\x22`, `\042`, `%22`, `%2522` or `&quot;`. */
class Scan {
  readonly #low: string;

  constructor(low: string) {
    this.#low = low;
  }

  nameStart(inside: number, least: number): number {
    let at = inside;
    while (at > least && /[a-z0-9_.-]/.test(this.#low[at - 1] ?? '')) at -= 1;
    return at;
  }

  nameEnd(inside: number): number {
    let at = inside;
    while (/[a-z0-9_.-]/.test(this.#low[at] ?? '')) at += 1;
    return at;
  }

  /** Where the value of a name begins that ends at `start`; undefined when none follows. */
  value(name: Name, start: number): Value | undefined {
    const low = this.#low;
    const { kind } = name;
    let [at, separator, quoted, spaces, slashes, from, spaced, form] = [start, '', false, 0, 0, -1, false, false];
    for (let steps = 0; steps < 40 && at < low.length; steps++) {
      const { char, raw, length } = characterAt(this.#low, at);
      if (char === ' ' || char === '\t' || (raw === '+' && form)) {
        at += length;
        spaces += 1;
        slashes = 0;
        continue;
      }
      if (separator === '' && raw.startsWith('%')) form = true;
      if (separator !== '' && from < 0) [from, spaced] = [at, spaces > 0];
      if (char === '\\') {
        const next = low[at + 1];
        if (separator !== '' && raw === '\\' && (next === 'r' || next === 'n')) return undefined;
        slashes += 1;
        at += length;
        continue;
      }
      if (isQuote(char)) {
        if (separator !== '') return { from, at: at + length, separator, quote: raw, escapes: slashes, spaced, form };
        if (spaces > 0 && !quoted) break;
        [quoted, slashes] = [true, 0];
        at += length;
        continue;
      }
      if (separator === '') {
        if (char === '=' || char === ':') {
          // keystone.token::list and C++ names, no values
          if (char === ':' && low[at + 1] === ':') return undefined;
          separator = char;
          at += length;
          [slashes, spaces] = [0, 0];
          const next = characterAt(this.#low, at);
          if (next.char === '=' || (char === '=' && next.char === '>')) at += next.length;
        } else if ((char === ']' && quoted) || (char === '}' && low[name.nameAt - 1] === ':'))
          at += length; // %{HTTP:X-Auth-Token}
        else if (char === '>' && this.#opensMarkup(name.nameAt)) {
          const begin = at + length;
          return begin < low.length
            ? { from: begin, at: begin, separator: '>', quote: '', escapes: 0, spaced: false, form }
            : undefined;
        } else if (char === ',' && quoted) {
          const pair = matchAt(this.#low, PAIR_VALUE, at + length);
          if (pair) return this.value(name, at + length + pair.length - 1);
          separator = char;
          at += length;
          slashes = 0;
        } else if (char === '(' && spaces === 0 && /["']/.test(low[at + 1] ?? '')) {
          separator = '=';
          at += length;
        } else break;
        continue;
      }
      if (separator !== ',') {
        if (/[ubr]/.test(char) && matchAt(this.#low, /\\*["']/, at + 1)) {
          at += length;
          continue;
        }
        if ((char === '[' || char === '(') && matchAt(this.#low, / *[ubr]?\\*["']/, at + 1)) {
          at += length;
          continue;
        }
        // {"token": {"id": "…"}}
        const id =
          char === '{' && separator === ':' && kind === 'token' ? matchAt(this.#low, /\{ *\\*["']id\\*["'] *:/, at) : undefined;
        if (id) return this.value(name, at + id.length - 1);
        if (
          char === '{' &&
          separator === ':' &&
          /^(?:\{|%7b)$/.test(raw) &&
          matchAt(this.#low, / *\\*["'}]|%22| *$/, at + length) !== undefined
        )
          return undefined;
      }
      if (separator === ',') break;
      return { from, at, separator, quote: '', escapes: 0, spaced, form };
    }
    return separator === '' && spaces > 0 && at < low.length ? this.#word(name, at, { quoted, slashes, form }) : undefined;
  }

  /** A value that no sign parts from its name. */
  #word(
    name: Name,
    at: number,
    { quoted, slashes, form }: { readonly quoted: boolean; readonly slashes: number; readonly form: boolean },
  ): Value | undefined {
    const plain = { separator: ' ', quote: '', escapes: 0, spaced: false, form };
    const pair = quoted ? matchAt(this.#low, PAIR_VALUE, at) : undefined;
    if (pair) return this.value(name, at + pair.length - 1);
    if (name.kind === 'token' && this.#low.startsWith('id=', at)) return this.value(name, at + 2);
    // the password for admin is …
    const is = name.kind === 'secret' ? matchAt(this.#low, /(?:(?:for|of) (?:[a-z0-9_.-]+ )+)?is:? /, at) : undefined;
    if (is && matchAt(this.#low, /[^ ]*[0-9!#$%&*+/=?@^_~]/, at + is.length) !== undefined)
      return { ...plain, from: at + is.length, at: at + is.length };
    if (!this.#takesWord(name, at, quoted)) return undefined;
    const { char, raw, length } = characterAt(this.#low, at);
    return isQuote(char) ? { ...plain, from: at, at: at + length, quote: raw, escapes: slashes } : { ...plain, from: at, at };
  }

  /** Options of a command and directives have no sign between name and value. */
  #takesWord({ name, nameAt, kind }: Name, at: number, quoted: boolean): boolean {
    const low = this.#low;
    if (name.startsWith('--')) return low[at] !== '-';
    const before = low.slice(Math.max(0, nameAt - 200), nameAt);
    if (nameAt <= 200 && DIRECTIVE.test(before + name)) return true;
    if (/(?:setenv|header[ \t]+[a-z]+)[ \t]+["']?$/.test(before)) return true;
    if (kind === 'token') {
      const word = matchAt(this.#low, /[a-z0-9_+/=-]+/, at) ?? '';
      return (
        name === 'token' &&
        word.length >= 16 &&
        /[0-9]/.test(word) &&
        matchAt(this.#low, /[a-z0-9_.+/=-]+(?:[ ,;"']|$)/, at) !== undefined
      );
    }
    if (kind !== 'secret') return false;
    return /(?:^|[ \t])(?:login|user)[ \t]+[^ \t]+[ \t]+$/.test(before) || (!quoted && isQuote(low[at] ?? ''));
  }

  /** Is the name that of an element: `<password>`, `<ns:password>`, `&lt;password&gt;`? */
  #opensMarkup(nameAt: number): boolean {
    const before = this.#low.slice(Math.max(0, nameAt - 80), nameAt);
    return (
      /(?:<|&lt;|%3c|\\u003c|\\x3c)(?:[a-z0-9]+:)?$/.test(before) || matchAt(this.#low, /3c|u003c|x3c/, nameAt) !== undefined
    );
  }
}
