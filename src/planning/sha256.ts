import { createHash } from 'node:crypto';
import type { Sha256 } from '../domain/plan.js';

/** Of the text as UTF-8, in lower-case hex: what `sha256sum` prints for a file with this text. */
export function sha256(text: string): Sha256 {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
