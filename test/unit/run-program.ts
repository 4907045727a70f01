import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
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

export function runProgram(
  [program = '', ...argv]: readonly string[],
  env: Readonly<Record<string, string>>,
  { stdin = '', runAs }: { readonly stdin?: string; readonly runAs?: number } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      detached: true,
      ...(runAs === undefined ? {} : { uid: runAs, gid: runAs }),
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => err.push(data));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}
