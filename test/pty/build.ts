import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

export interface Built {
  readonly file: string;
  remove(): void;
}

/** A runnable file of one entry of this folder. Packages stay where they are, so it must lie below node_modules. */
export async function buildEntry(entry: string): Promise<Built> {
  const root = resolve(import.meta.dirname, '..', '..');
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'juju-tune-'));
  const file = join(folder, 'entry.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, entry)],
    outfile: file,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22',
    jsx: 'automatic',
    loader: { '.sh': 'text', '.awk': 'text', '.pl': 'text' },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
