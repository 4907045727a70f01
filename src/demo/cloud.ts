import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Dialect = '2.9' | '3.6' | '4.0';

/**
 * What carries out a command on a unit. `folder`: bash in a folder, relative to the cloud's. `command`: a program of
 * somebody else's that gets the script on stdin and the hook environment; one that a signal ends says so that the agent ended first. The agent
 * is away while the file `presence` is not there. `canned`: an answer without running anything.
 */
export type Runner =
  | { readonly kind: 'folder'; readonly root: string }
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly host?: string; readonly presence?: string }
  | { readonly kind: 'canned'; readonly template: string };

export interface MachineSpec {
  /** `0` or `0/lxd/1`. */
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly az?: string;
  readonly hardware?: string;
}

export interface ApplicationSpec {
  readonly name: string;
  readonly charm: string;
  readonly channel: string;
  readonly revision: number;
  readonly version?: string;
  readonly subordinateTo?: readonly string[];
  /** Endpoint -> related applications. */
  readonly relations?: Readonly<Record<string, readonly string[]>>;
  readonly message?: string;
  /** Charm options: default and, where a user set one, value. */
  readonly options?: Readonly<Record<string, OptionSpec>>;
}

export interface OptionSpec {
  readonly type: 'string' | 'int' | 'float' | 'boolean';
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly value?: string | number | boolean;
}

export interface UnitSpec {
  readonly name: string;
  /** A subordinate unit has its principal instead. */
  readonly machine?: string;
  readonly principal?: string;
  readonly leader?: boolean;
  readonly address: string;
  readonly ports?: readonly string[];
  readonly message?: string;
  readonly workload?: string;
  readonly agent?: 'idle' | 'lost';
  readonly runner?: Runner;
}

/** `cloud.json`: all that `juju` says of the demo and of other stand-in clouds. */
export interface Cloud {
  readonly schema: 'juju-tune/demo-cloud/1';
  readonly dialect: Dialect;
  readonly seed: number;
  readonly controller: { readonly name: string; readonly uuid: string };
  readonly model: {
    readonly name: string;
    readonly owner: string;
    readonly uuid: string;
    readonly cloud: string;
    readonly region: string;
    readonly type?: 'iaas' | 'caas';
  };
  /** Milliseconds since 1970, virtual. */
  readonly since: number;
  readonly machines: readonly MachineSpec[];
  readonly applications: readonly ApplicationSpec[];
  readonly units: readonly UnitSpec[];
  /** Whether hooks come and go by themselves; absent: yes. */
  readonly hooks?: boolean;
}

export const CLIENT_VERSION: Readonly<Record<Dialect, string>> = { '2.9': '2.9.51', '3.6': '3.6.12', '4.0': '4.0.13' };

export function readCloud(dir: string): Cloud {
  return JSON.parse(readFileSync(join(dir, 'cloud.json'), 'utf8')) as Cloud;
}

export function applicationOf(unit: string): string {
  return unit.slice(0, unit.lastIndexOf('/'));
}

export function folderName(unit: string): string {
  return unit.replaceAll('/', '-');
}

/** Deterministic 32-bit hash (FNV-1a with a final mix). */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Deterministic stream of numbers in [0, 1). */
export function randomStream(text: string): () => number {
  let state = hash(text) || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

export function hexOf(text: string, length: number): string {
  let out = '';
  for (let i = 0; out.length < length; i++) out += hash(`${text}#${i}`).toString(16).padStart(8, '0');
  return out.slice(0, length);
}

export function uuidOf(text: string): string {
  const hex = hexOf(text, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
