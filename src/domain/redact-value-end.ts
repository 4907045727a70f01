import { type Character, characterAt } from './redact-characters.js';
import type { Kind } from './redact-names.js';

/** A name in a line, which stands for a secret. */
export interface Name {
  readonly name: string;
  readonly nameAt: number;
  readonly kind: Kind;
}

export interface Value {
  /** Where it begins, its quotes included, and without them. */
  readonly from: number;
  readonly at: number;
  /** What stands between it and its name: `=`, `:`, `,` of a pair, `>` of an element, a space. */
  readonly separator: string;
  /** The quote as it is written, `%22` too, and the backslashes before it. */
  readonly quote: string;
  readonly escapes: number;
  /** Spaces stand between the separator and the value. */
  readonly spaced: boolean;
  /** The name is written as in an address. */
  readonly form: boolean;
}

export interface End {
  /** A scheme before it is not part of the value. */
  readonly from: number;
  readonly at: number;
  readonly end: number;
  /** Where the text goes on, after the closing quote. */
  readonly next: number;
  /** Its scheme has several words. */
  readonly whole: boolean;
}

/** Where values end in a line in lower case. */
export class ValueEnds {
  readonly #low: string;

  constructor(low: string) {
    this.#low = low;
  }

  of(name: Name, value: Value): End {
    const { at } = value;
    const until = (end: number): End => ({ from: value.from, at, end, next: end, whole: false });
    if (value.quote !== '') return this.#closing(value);
    if (value.separator === '>') return until(this.#find(/<|&lt;|%3c|\\u003c|\\x3c/g, at));
    if (name.kind === 'auth') return this.#afterScheme(name, value);
    if (name.kind === 'cookie')
      return until(value.separator === ' ' ? this.#plainEnd(name, value, at) : this.#segmentEnd(name, at));
    const before = this.#low.slice(0, name.nameAt);
    // A line of a settings file, a header, or what oslo.config writes of its options: the value is what is left of the line.
    if (value.separator === '=' && value.spaced && !value.form) {
      const source = / (?:log_opt_values|[a-z_.]+:[0-9]+$)/.exec(this.#low.slice(at));
      if (source) return until(this.#beforeSpaces(at, at + source.index));
      if (/^[-+ \t#;]*$/.test(before) || /[\] \t][a-z0-9_.]*$/.test(before.slice(-200))) return until(this.#segmentEnd(name, at));
    }
    if (value.separator === ':' && name.kind === 'secret' && /^[-+ \t#;]*$/.test(before))
      return until(this.#segmentEnd(name, at));
    return until(this.#plainEnd(name, value, at));
  }

  #find(pattern: RegExp, at: number): number {
    pattern.lastIndex = at;
    return pattern.exec(this.#low)?.index ?? this.#low.length;
  }

  #beforeSpaces(least: number, end: number): number {
    let at = end;
    while (at > least && this.#low[at - 1] === ' ') at -= 1;
    return at;
  }

  /** After `Basic `, `Bearer ` and the like. Some schemes have several words. */
  #afterScheme(name: Name, value: Value): End {
    const several = matchAt(
      this.#low,
      /(?:digest|aws[a-z0-9-]*|oauth|hawk|hmac[a-z0-9-]*|signature|negotiate|ntlm)(?: |%20|\+)+/,
      value.at,
    );
    const one = matchAt(this.#low, /[a-z]+(?: |%20|\+)+/, value.at);
    const scheme = several ?? (one && value.at + one.length < this.#low.length ? one : undefined);
    if (scheme === undefined && value.separator === ' ')
      return { from: value.from, at: value.at, end: -1, next: -1, whole: false };
    const at = value.at + (scheme?.length ?? 0);
    const end = several === undefined ? this.#plainEnd(name, value, at) : this.#segmentEnd(name, at);
    return { from: scheme === undefined ? value.from : at, at, end, next: end, whole: several !== undefined };
  }

  /** Where a quote that was opened after so many backslashes is closed; the end of the text if nowhere. */
  #closing({ from, at, quote, escapes }: Value): End {
    const low = this.#low;
    for (let found = low.indexOf(quote, at); found >= 0; found = low.indexOf(quote, found + quote.length)) {
      const slashes = this.#slashesBefore(found, at);
      if (slashes % (2 * (escapes + 1)) === escapes || slashes < escapes)
        return { from, at, end: found, next: found + quote.length, whole: false };
    }
    return { from, at, end: low.length, next: low.length, whole: false };
  }

  #slashesBefore(before: number, least: number): number {
    let [at, count] = [before, 0];
    for (;;) {
      const slash = ['\\', '%5c', '%255c'].find((text) => at - text.length >= least && endsAt(this.#low, at, text));
      if (slash === undefined) return count;
      at -= slash.length;
      count += 1;
    }
  }

  /** The end of a value that may have spaces in it: of its line, also where lines are told by `\r` and `\n`, or of the quotes around. */
  #segmentEnd(name: Name, start: number): number {
    const text = this.#low;
    let at = start;
    while (at < text.length) {
      const { char, raw, length } = characterAt(this.#low, at);
      if (char === '\n' || char === '\r' || (char === '\\' && /[rn]/.test(text[at + 1] ?? ''))) return at;
      if (isQuote(char)) {
        // username="a", inside the value
        const close = at > start && this.#followsEquals(at) ? text.indexOf(raw, at + length) : -1;
        if (close >= 0) {
          at = close + length;
          continue;
        }
        if (this.#closesOutside(name, at, length)) {
          while (at > start && text[at - 1] === '\\') at -= 1;
          return at;
        }
      }
      at += length;
    }
    return at;
  }

  #followsEquals(quote: number): boolean {
    let at = quote;
    while (at > 0 && this.#low[at - 1] === '\\') at -= 1;
    return this.#low[at - 1] === '=' || endsAt(this.#low, at, '%3d');
  }

  /** Does a quote inside an unquoted value belong to what is around it? */
  #closesOutside({ nameAt }: Name, at: number, length: number): boolean {
    if (at + length >= this.#low.length) return /["'`]|%2[27]|&quot;|\\u0022|\\x22/.test(this.#low.slice(0, nameAt + 1));
    const next = characterAt(this.#low, at + length);
    if (next.char === '\\') return /^[rn"'\\]/.test(characterAt(this.#low, at + length + next.length).char);
    return ' ,}])>;:&\n\r'.includes(next.char);
  }

  /** The end of an unquoted word: at white space, at the next setting of a form or list, before what closes something around it. */
  #plainEnd(name: Name, value: Value, start: number): number {
    const text = this.#low;
    for (let at = start, length = 1; at < text.length; at += length) {
      const { char, raw, length: long } = characterAt(this.#low, at);
      length = long;
      // What is written for an address is part of the value, unless the name is written so too.
      if (long > 1 && !value.form && raw.startsWith('%')) continue;
      if (
        char === ' ' ||
        char === '\t' ||
        char === '\n' ||
        char === '\r' ||
        this.#endsWord(name, value, at, characterAt(this.#low, at))
      )
        return at;
    }
    return text.length;
  }

  #endsWord(name: Name, value: Value, at: number, { char, raw, length }: Character): boolean {
    const after = at + length;
    const goesOn = (pattern: RegExp): boolean => matchAt(this.#low, pattern, after) !== undefined;
    if (raw === '&' || raw === '&amp;') {
      if (value.form || goesOn(/[a-z0-9_.%-]*(?:=|%3d)/)) return true;
    } else if (char === '&' && goesOn(/[a-z0-9_.-]+(?:=|%3d|%253d)/)) return true;
    if (char === '<') return this.#low[after] === '/';
    if (isQuote(char)) return this.#closesOutside(name, at, length);
    if (char === '\\' && raw === '\\') return /[rn"'\\]/.test(this.#low[at + 1] ?? '');
    if (char === ',' || char === ';') return after >= this.#low.length || goesOn(/[ \t"'\\}]/) || goesOn(/[a-z0-9_.-]+[=:]/);
    if (/[})\]>]/.test(char)) return after >= this.#low.length || goesOn(/[\] \t"',;:)}>\\.]/);
    return false;
  }
}

export const isQuote = (character: string): boolean => character === '"' || character === "'" || character === '`';

/** What a pattern matches right at a place. */
export function matchAt(text: string, pattern: RegExp, at: number): string | undefined {
  const sticky = pattern.sticky ? pattern : new RegExp(pattern.source, 'y');
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0];
}

function endsAt(text: string, at: number, what: string): boolean {
  return at >= what.length && text.startsWith(what, at - what.length);
}
