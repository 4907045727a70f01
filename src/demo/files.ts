import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Readers see the old or the new content, never a part. */
export function writeAtomically(path: string, content: string | Buffer, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The JSON of a file, or undefined when there is none; throws on malformed JSON. */
export function readJson<T>(path: string): T | undefined {
  const text = readText(path);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** Makes a file with its folders; modes do not depend on the umask. */
export function place(root: string, path: string, content: string, mode = 0o644): void {
  const full = join(root, path);
  placeFolder(dirname(full));
  writeFileSync(full, content);
  chmodSync(full, mode);
}

const made = new Set<string>();

export function placeFolder(full: string, mode = 0o755): void {
  if (made.has(full)) return;
  const first = mkdirSync(full, { recursive: true, mode });
  if (first !== undefined) chmodSync(full, mode);
  made.add(full);
}

/** Forgets which folders were made, after some were removed. */
export function forgetFolders(): void {
  made.clear();
}

export function placeLink(root: string, path: string, target: string): void {
  const full = join(root, path);
  placeFolder(dirname(full));
  rmSync(full, { force: true });
  symlinkSync(target, full);
}
