import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { holds, type LineResult } from './line.js';

/** One line as it was recorded. */
export interface Proof extends LineResult {
  readonly title: string;
  readonly holds: boolean;
  readonly full: boolean;
  readonly seconds: number;
  readonly seed: number;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** `-changed` behind it when the working tree was not that commit. */
  readonly commit: string;
  /** What makes it again. */
  readonly command: string;
  readonly machine: string;
}

export interface Proofs {
  readonly schema: 'juju-tune/proofs/1';
  readonly lines: Readonly<Record<string, Proof>>;
}

export function readProofs(file: string): Proofs {
  if (!existsSync(file)) return { schema: 'juju-tune/proofs/1', lines: {} };
  const found = JSON.parse(readFileSync(file, 'utf8')) as Proofs;
  if (found.schema !== 'juju-tune/proofs/1') throw new Error(`"${file}" is no record of proofs`);
  return found;
}

/** Puts one line into the file beside the others, whole or not at all. */
export function recordProof(file: string, name: string, proof: Proof): void {
  const lines = Object.entries({ ...readProofs(file).lines, [name]: proof }).sort(([a], [b]) => (a < b ? -1 : 1));
  const part = `${file}.part`;
  writeFileSync(part, `${JSON.stringify({ schema: 'juju-tune/proofs/1', lines: Object.fromEntries(lines) }, undefined, 2)}\n`);
  renameSync(part, file);
}

export function proofOf(
  title: string,
  name: string,
  full: boolean,
  ran: { result: LineResult; seconds: number; seed: number; commit: string },
): Proof {
  const { result, seconds, seed, commit } = ran;
  return {
    title,
    holds: holds(result),
    full,
    ...result,
    failures: (result.failures ?? []).slice(0, 20),
    seconds,
    seed,
    date: new Date().toISOString(),
    commit,
    command: `npm run prove --${full ? ' --full' : ''} --seed ${seed} ${name}`,
    machine: `${cpus().length} cores, ${process.platform} ${process.arch}, Node ${process.version}`,
  };
}

/** The commit that is checked out. Record files are no part of what is proven. */
export function commitOf(root: string): string {
  const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', '.', ':!proofs.json', ':!test/prove/proofs.json', ':!README.md');
    return `${git('rev-parse', 'HEAD')}${changed === '' ? '' : '-changed'}`;
  } catch {
    return 'unknown';
  }
}
