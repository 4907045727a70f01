import { appendFileSync, closeSync, existsSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);
const micro = (ms: number, salt: number): string => `${`${ms}`.padStart(3, '0')}${`${salt % 1000}`.padStart(3, '0')}`;

/** Stamps of one second, in the three formats that Apache's logs have. */
export interface Stamps {
  /** `Mon Nov 23 13:28:40.391573 2026`; stock error log. */
  error(ms: number, salt: number): string;
  /** `2026-11-23 13:33:40.380493`; the charms' `%{cu}t`. */
  charm(ms: number, salt: number): string;
  /** `23/Nov/2026:13:35:13 +0000`; access logs. */
  readonly access: string;
}

export function stampsOf(seconds: number): Stamps {
  const d = new Date(seconds * 1000);
  const clock = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
  const month = MONTHS[d.getUTCMonth()] ?? '';
  const year = d.getUTCFullYear();
  const day = two(d.getUTCDate());
  const long = `${DAYS[d.getUTCDay()]} ${month} ${day} ${clock}`;
  const iso = `${year}-${two(d.getUTCMonth() + 1)}-${day} ${clock}`;
  return {
    error: (ms, salt) => `${long}.${micro(ms, salt)} ${year}`,
    charm: (ms, salt) => `${iso}.${micro(ms, salt)}`,
    access: `${day}/${month}/${year}:${clock} +0000`,
  };
}

/** Milliseconds since 1970 of a stock error log line; 0 for any other. */
function errorLineTime(line: string): number {
  const found = /^\[\w{3} (\w{3}) (\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})\d* (\d{4})\]/.exec(line);
  if (found === null) return 0;
  const [, month = '', day, hours, minutes, seconds, ms, year] = found;
  return Date.UTC(Number(year), MONTHS.indexOf(month), Number(day), Number(hours), Number(minutes), Number(seconds), Number(ms));
}

/** A log stays below this and its predecessor `.1` too. */
const MOST_BYTES = 1_900_000;

/** Appends lines; a log that grew too large becomes `.1`, as logrotate would have it. */
export class LogFile {
  readonly #path: string;
  readonly #lines: string[] = [];

  constructor(root: string, name: string) {
    this.#path = join(root, 'var/log', name);
  }

  add(line: string): void {
    this.#lines.push(line);
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    if (existsSync(this.#path) && statSync(this.#path).size + text.length > MOST_BYTES) renameSync(this.#path, `${this.#path}.1`);
    appendFileSync(this.#path, text);
    this.#lines.length = 0;
  }

  /**
   * Appends after what the stand-ins wrote since the log had `known` bytes, in the order of time, so that a reload stands among the
   * requests of its second. Gives the size after.
   */
  merge(known: number): number {
    const size = existsSync(this.#path) ? statSync(this.#path).size : 0;
    const from = size < known ? 0 : known;
    if (size > from && this.#lines.length > 0) {
      const own = readFrom(this.#path, from, size - from)
        .split('\n')
        .filter((line) => line !== '');
      truncateSync(this.#path, from);
      const timed = [...own, ...this.#lines].map((line, n) => ({ line, at: errorLineTime(line), n }));
      timed.sort((a, b) => a.at - b.at || a.n - b.n);
      this.#lines.splice(0, this.#lines.length, ...timed.map(({ line }) => line));
    }
    this.flush();
    return existsSync(this.#path) ? statSync(this.#path).size : 0;
  }
}

function readFrom(path: string, from: number, length: number): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    readSync(file, buffer, 0, length, from);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}
