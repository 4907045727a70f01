import { afterEach, expect, test } from 'vitest';
import { Screen } from '../pty/screen.js';
import { DemoCloud, type Dialect, executable, FULL } from './demo-cloud.js';

/** Juju's own cost of a call, as on a busy controller. */
const LATENCY = 600;
const APPLICATIONS = ['cinder', 'gnocchi'];
const EACH = 25;
const UNITS = APPLICATIONS.flatMap((name) => Array.from({ length: EACH }, (_, number) => `${name}/${number}`));
const HUNG = 'cinder/7';
const ALLOWED = 1000;
const PATIENCE = 60_000;

let cloud: DemoCloud | undefined;
afterEach(() => cloud?.remove());

/** Milliseconds from the key that starts a check until each of these units shows a result, and the screen as it then is. */
async function appearances(demo: DemoCloud, units: readonly string[]): Promise<{ at: Map<string, number>; text: string }> {
  const screen = new Screen(process.execPath, [executable], { columns: 160, rows: 70, environment: demo.env });
  try {
    for (const name of APPLICATIONS) {
      await screen.waitFor(`${name} ${EACH}`, PATIENCE);
      screen.write('\r');
      await screen.waitFor(`${name}/${EACH - 1}`, PATIENCE);
      // Past its units to the next application.
      screen.write('j'.repeat(EACH + 1));
    }
    const started = performance.now();
    screen.write('c');
    const seen = units.map(async (unit) => {
      await screen.waitFor((text) => new RegExp(`${unit} +(✓ ok|▲ high|! medium|● low)`).test(text), PATIENCE);
      return [unit, performance.now() - started] as const;
    });
    return { at: new Map(await Promise.all(seen)), text: screen.text() };
  } finally {
    screen.kill();
  }
}

const DIALECTS: readonly Dialect[] = ['2.9', '3.6', '4.0'];

// .ci/run tries some; npm cit has every dialect below the screen (hanging-unit.test.ts).
test.runIf(FULL).each(DIALECTS)(
  `with Juju %s and ${UNITS.length} units, one that hangs delays the result of no other on the screen by more than 1 s`,
  async (dialect) => {
    cloud = new DemoCloud({ dialect, units: UNITS.length, scenario: { latencyMs: LATENCY } });
    const without = await appearances(cloud, UNITS);
    cloud.scenario({ latencyMs: LATENCY, hang: [{ unit: HUNG, seconds: 60 }] });

    const withHung = await appearances(
      cloud,
      UNITS.filter((unit) => unit !== HUNG),
    );

    const late = [...withHung.at].filter(([unit, at]) => at > (without.at.get(unit) ?? 0) + ALLOWED);
    expect(late).toEqual([]);
    expect(withHung.text).toMatch(/cinder\/7 +◐ checking .*no answer yet/);
    expect(withHung.text).toContain(`${UNITS.length - 1} of ${UNITS.length} answered`);
  },
  240_000,
);
