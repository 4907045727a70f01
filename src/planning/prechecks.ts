import type { Change } from '../domain/change.js';
import type { Facts } from '../domain/finding.js';
import type { LeftOut, Step } from '../domain/plan.js';
import type { ProbedUnit } from './plan.js';

/** Memory of one API process where none runs yet to be measured (catalogue, T-WSGI-WORKERS: 90 to 150 MB). */
const ASSUMED_PROCESS_BYTES = 150 * 1024 ** 2;
const MEBIBYTE = 1024 ** 2;
/** max_pool_size 5 and max_overflow 50 of oslo.db. */
const CONNECTIONS_PER_THREAD = 55;

export interface Prechecks {
  readonly refused: readonly LeftOut[];
  readonly warnings: readonly string[];
}

/**
 * What more daemon processes would cost, summed over the targets of one host: units in LXD containers without limits all see
 * the whole host's memory and CPUs (catalogue, What one host shares).
 */
export function prechecks(probed: readonly ProbedUnit[], steps: readonly Step[], changes: readonly Change[]): Prechecks {
  if (!changes.some((change) => change.kind === 'wsgi-daemon')) return { refused: [], warnings: [] };
  const costs = probed.map((unit) => costOf(unit, steps));
  const hosts = [...new Set(probed.map((unit) => unit.unit.host))];
  const refused: LeftOut[] = [];
  const warnings: string[] = [];
  for (const host of hosts) {
    const here = costs.filter((cost) => cost.probed.unit.host === host);
    const bytes = sum(here.map((cost) => cost.addedBytes));
    const available = Math.min(...here.map((cost) => availableOf(cost.probed.facts)));
    if (bytes > available / 2) {
      const reason = `host ${host} would need ${toMiB(bytes)} MiB more for ${sum(here.map((cost) => cost.added))} processes, and has ${toMiB(available)} MiB: at most half of it may be taken`;
      refused.push(...here.filter((cost) => cost.added > 0).map((cost) => ({ unit: cost.probed.unit.name, reason })));
    }
    const processes = sum(here.map((cost) => cost.total));
    const cpus = Math.max(...here.map((cost) => numberOf(cost.probed.facts['host.cpus'])));
    if (cpus > 0 && processes > 2 * cpus) {
      warnings.push(
        `host ${host}: ${processes} API processes on ${cpus} CPUs; issuing tokens is CPU bound, so above ${2 * cpus} latency grows, not throughput`,
      );
    }
  }
  const added = sum(costs.map((cost) => cost.addedThreads));
  if (added > 0) {
    warnings.push(
      `database: up to ${added * CONNECTIONS_PER_THREAD} more connections (${added} threads x ${CONNECTIONS_PER_THREAD}); max_connections is unknown from here, compare before you apply`,
    );
  }
  return { refused, warnings };
}

interface Cost {
  readonly probed: ProbedUnit;
  readonly added: number;
  readonly addedThreads: number;
  readonly addedBytes: number;
  readonly total: number;
}

function costOf(probed: ProbedUnit, steps: readonly Step[]): Cost {
  const step = steps.find((candidate) => candidate.unit === probed.unit.name);
  const groups = Object.keys(probed.facts).flatMap((name) => /^wsgi\.(.+)\.processes$/.exec(name)?.[1] ?? []);
  let [added, addedThreads, addedBytes, total] = [0, 0, 0, 0];
  for (const group of groups) {
    const now = numberOf(probed.facts[`wsgi.${group}.processes`]);
    const threads = Math.max(1, numberOf(probed.facts[`wsgi.${group}.threads`]));
    const check = step?.checks.find((candidate) => candidate.kind === 'daemon-group' && candidate.group === group);
    const wanted = check?.kind === 'daemon-group' ? check.processes : now;
    const more = Math.max(0, wanted - now);
    const bytes = numberOf(probed.facts[`wsgi.${group}.memory`]) || ASSUMED_PROCESS_BYTES;
    added += more;
    addedThreads += more * threads;
    addedBytes += more * bytes;
    total += wanted;
  }
  return { probed, added, addedThreads, addedBytes, total };
}

function availableOf(facts: Facts): number {
  const available = numberOf(facts['host.memory-available']);
  const limit = numberOf(facts['host.memory-limit']);
  return limit > 0 ? Math.min(available, limit) : available;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function toMiB(bytes: number): string {
  return Math.round(bytes / MEBIBYTE).toLocaleString('en');
}
