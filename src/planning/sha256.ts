import { hash } from 'node:crypto';
import type { Sha256 } from '../domain/plan.js';

/** Of the text as UTF-8, or of the bytes, in lower-case hex: what `sha256sum` prints for a file with this content. */
export function sha256(content: string | Uint8Array): Sha256 {
  return hash('sha256', content);
}
