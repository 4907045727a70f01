import { isRandom } from './redact-shapes.js';

/** Stands for a word that no pattern knows and that looks as if nobody had thought of it: who reads it is told, and can look on the unit. */
export const SUSPICIOUS = '[suspicious]';

/** Shorter words that change between letters and digits as often are names of machines and versions. */
const LEAST_LENGTH = 20;
const LEAST_MIXED_LENGTH = 16;
/** Bits a character of its own text; twenty random ones of letters and digits have about four. */
const LEAST_ENTROPY = 3.4;
/** Changes between letters and digits, for each character; random ones have 0.4. */
const LEAST_CHANGES = 0.25;

/** Ids that look random and are none that opens anything: a word of theirs is passed over. */
const KNOWN = String.raw`SHA(?:1|256|512):[A-Za-z0-9+/=]+|audit_ids?["'\s:=u[]{1,8}[A-Za-z0-9_-]{22}(?:["'\s,u]{1,6}[A-Za-z0-9_-]{22})?`;
const LONG_WORD = new RegExp(`[A-Za-z0-9]{${LEAST_MIXED_LENGTH}}`);
const WORDS = new RegExp(`(?:${KNOWN})|[A-Za-z0-9]{${LEAST_MIXED_LENGTH},}`, 'g');

/** The redacted text, with suspicious words hidden too (safe-change.md 5, L4). What is hex, as ids and hashes are, is none. */
export function withoutSuspicious(text: string): string {
  if (!LONG_WORD.test(text)) return text;
  return text.replace(WORDS, (word) => (isSuspicious(word) ? SUSPICIOUS : word));
}

/** How many words were hidden in it. */
export function countSuspicious(text: string): number {
  return text.split(SUSPICIOUS).length - 1;
}

function isSuspicious(word: string): boolean {
  if (!/^[A-Za-z0-9]+$/.test(word) || /^(?:0x)?(?:[0-9a-f]+|[0-9A-F]+)$/.test(word)) return false;
  const digits = word.match(/[0-9]/g)?.length ?? 0;
  if (digits < 2 || digits === word.length || entropyOf(word) < LEAST_ENTROPY) return false;
  const changes = word.match(/[0-9][A-Za-z]|[A-Za-z](?=[0-9])/g)?.length ?? 0;
  return isRandom(word) || (word.length >= LEAST_LENGTH && changes >= LEAST_CHANGES * word.length);
}

/** Bits a character (Shannon), by how often each stands in the word. */
function entropyOf(word: string): number {
  const counts = new Map<string, number>();
  for (const character of word) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / word.length) * Math.log2(count / word.length), 0);
}
