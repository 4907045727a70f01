import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
let last = { time: -1, random: 0n };

/** A ULID: 26 letters and digits that sort by the time given, and within this process by order of asking. */
export function ulid(now: number): string {
  const time = Math.max(now, last.time);
  const random = time === last.time ? last.random + 1n : BigInt(`0x${randomBytes(10).toString('hex')}`) >> 1n;
  last = { time, random };
  return spell(BigInt(time), 10) + spell(random, 16);
}

function spell(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = ALPHABET[Number(rest & 31n)] + text;
  return text;
}

export function isUlid(text: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
}
