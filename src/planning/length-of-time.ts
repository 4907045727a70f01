import { Failure } from '../domain/failure.js';

/** Seconds of `90`, `90s`, `5m`, `1h`. Throws `Failure('usage')`. */
export function parseSeconds(text: string, flag: string): number {
  const match = /^(\d{1,6})(s|m|h)?$/.exec(text);
  if (!match) throw new Failure('usage', `"${flag} ${text}" is no length of time: write 90s, 5m or 1h`);
  return Number(match[1]) * { s: 1, m: 60, h: 3600 }[(match[2] ?? 's') as 's' | 'm' | 'h'];
}
