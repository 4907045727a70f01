import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { DemoCloud, type Dialect, executable, FULL } from './demo-cloud.js';

/** Juju's own cost of a call, as on a busy controller. */
const LATENCY = 600;
const UNITS = 50;
const HUNG = 'gnocchi/7';
const ALLOWED = 1000;

let cloud: DemoCloud | undefined;
afterEach(() => cloud?.remove());

/** Milliseconds from the start until each unit's result was printed; ended once all but `missing` are there. */
function appearances(
  demo: DemoCloud,
  argv: readonly string[],
  unitOf: (line: string) => string | undefined,
  missing: number,
): Promise<Map<string, number>> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const seen = new Map<string, number>();
    const child = spawn(process.execPath, [executable, ...argv], { env: demo.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const onLine = (line: string): void => {
      const unit = unitOf(line);
      if (unit === undefined || seen.has(unit)) return;
      seen.set(unit, performance.now() - started);
      if (seen.size === UNITS - missing) child.kill('SIGKILL');
    };
    createInterface({ input: child.stdout }).on('line', onLine);
    createInterface({ input: child.stderr }).on('line', onLine);
    child.on('error', reject);
    child.on('close', () => resolve(seen));
  });
}

const fromJsonl = (line: string): string | undefined => {
  if (!line.startsWith('{')) return undefined;
  const { schema, unit } = JSON.parse(line) as { schema?: string; unit?: string };
  return schema === 'juju-tune/check-unit/1' ? unit : undefined;
};
const fromText = (line: string): string | undefined => /^(\S+\/\d+): answered/.exec(line)?.[1];

const JSONL = ['jsonl', ['check', '--format', 'jsonl'], fromJsonl] as const;
const TEXT = ['text', ['check'], fromText] as const;
type Way = readonly [Dialect, string, readonly string[], (line: string) => string | undefined];

const WAYS = (['2.9', '3.6', '4.0'] as const).flatMap((dialect): Way[] => [
  [dialect, ...JSONL],
  [dialect, ...TEXT],
]);

// .ci/run tries some; npm cit has every dialect below the printing (hanging-unit.test.ts).
test.runIf(FULL).each(WAYS)(
  'with Juju %s, 50 units and 600 ms a call, a unit that hangs for 60 s delays nobody by more than 1 s (%s)',
  async (dialect, _, argv, unitOf) => {
    cloud = new DemoCloud({ dialect, units: UNITS, scenario: { latencyMs: LATENCY } });
    const without = await appearances(cloud, argv, unitOf, 0);
    cloud.scenario({ latencyMs: LATENCY, hang: [{ unit: HUNG, seconds: 60 }] });

    const withHung = await appearances(cloud, argv, unitOf, 1);

    expect(withHung.size).toBe(UNITS - 1);
    expect(withHung.has(HUNG)).toBe(false);
    const late = [...withHung].filter(([unit, at]) => at > (without.get(unit) ?? 0) + ALLOWED);
    expect(late).toEqual([]);
  },
  120_000,
);
