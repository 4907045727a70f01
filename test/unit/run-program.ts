import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A part of the unit's program, and how it stands instead. */
export type PlantedPart = readonly [text: string, instead: string];

/** The script with some parts of its program otherwise, as if it had been written so. Throws when a part is not there. */
export function withPlanted(script: string, parts: readonly PlantedPart[]): string {
  const [, packed = '', hash = ''] = /program=\$\(unpack '([^']+)'\)[\s\S]*?!= '([0-9a-f]{64}) {2}-'/.exec(script) ?? [];
  let program = gunzipSync(Buffer.from(packed, 'base64')).toString('utf8');
  for (const [text, instead] of parts) {
    if (program.split(text).length !== 2) throw new Error(`the program does not have this once: ${text}`);
    program = program.replace(text, () => instead);
  }
  return script
    .replace(packed, gzipSync(program).toString('base64'))
    .replace(hash, createHash('sha256').update(program).digest('hex'));
}

/** Runs a program to its end, with a text on stdin or nothing. */
export function runProgram(
  [program = '', ...argv]: readonly string[],
  env: Readonly<Record<string, string>>,
  { stdin, runAs }: { readonly stdin?: string; readonly runAs?: number } = {},
): Promise<Ran> {
  const input = stdin === undefined ? undefined : openText(stdin);
  return new Promise<Ran>((resolve, reject) => {
    const child = spawn(program, argv, {
      detached: true,
      ...(runAs === undefined ? {} : { uid: runAs, gid: runAs }),
      stdio: [input ?? 'ignore', 'pipe', 'pipe'],
      env,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (data: Buffer) => out.push(data));
    child.stderr?.on('data', (data: Buffer) => err.push(data));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }),
    );
  }).finally(() => {
    if (input !== undefined) closeSync(input);
  });
}

/** A text as an open file: Juju gives its shell a file too, and out of a pipe a shell takes each character by a call of its own. */
function openText(text: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'juju-tune-stdin-'));
  try {
    writeFileSync(join(folder, 'text'), text);
    return openSync(join(folder, 'text'), 'r');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
