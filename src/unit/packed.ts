import { gzipSync } from 'node:zlib';

/** The text, compressed, as a word of the shell. */
export function packed(text: string): string {
  return gzipSync(text, { level: 9 }).toString('base64');
}
