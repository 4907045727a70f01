import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { hexOf, type UnitSpec } from '../cloud.js';
import { readText, writeAtomically } from '../files.js';

/** An answer is used again this long; then the template is asked anew. */
const FRESH_MS = 20_000;

const answers = new Map<string, Promise<string>>();

/**
 * What a unit of scale mode says: the answer of its template, with its own name and machine in it and the frame's hash made to fit.
 * The template is asked once for all units, by `ask`.
 */
export async function cannedAnswer(
  dir: string,
  unit: UnitSpec,
  template: string,
  script: string,
  ask: () => Promise<string>,
): Promise<string> {
  const key = createHash('sha256').update(`${template}\n${script}`).digest('hex');
  let answer = answers.get(key);
  if (answer === undefined) {
    answer = keptAnswer(dir, key, ask);
    answers.set(key, answer);
  }
  return renamed(await answer, unit);
}

async function keptAnswer(dir: string, key: string, ask: () => Promise<string>): Promise<string> {
  const path = join(dir, 'canned', key);
  mkdirSync(join(dir, 'canned'), { recursive: true });
  for (;;) {
    const kept = isFresh(path) ? readText(path) : undefined;
    if (kept !== undefined) return kept;
    if (isFirst(`${path}.asked`)) break;
    await wait(20);
  }
  try {
    const text = await ask();
    writeAtomically(path, text);
    return text;
  } finally {
    rmSync(`${path}.asked`, { force: true });
  }
}

function isFresh(path: string): boolean {
  const at = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - at < FRESH_MS;
}

/** Of many processes that need the same answer one asks; when it was killed over it, another does. */
function isFirst(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined && !isFresh(path)) rmSync(path, { force: true });
    return false;
  }
}

function renamed(text: string, unit: UnitSpec): string {
  const packed = text.startsWith('gz ');
  const plain = packed ? gunzipSync(Buffer.from(text.slice(3), 'base64')).toString('utf8') : text;
  if (!plain.startsWith('juju-tune-receipt')) return text;
  const own = plain
    .replace(/^fact\tunit\t.*$/m, `fact\tunit\t${unit.name}`)
    .replace(/^fact\tmachine-id\t.*$/m, `fact\tmachine-id\t${hexOf(unit.name, 32)}`);
  const end = own.lastIndexOf('\nend\t') + 1;
  if (end === 0) return text;
  const body = own.slice(0, end);
  const framed = `${body}end\t${createHash('sha256').update(body).digest('hex')}\n`;
  return packed ? `gz ${gzipSync(framed, { level: 1 }).toString('base64')}\n` : framed;
}
