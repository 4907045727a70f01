// npm run bench: what juju-tune costs, each as a ratio to a floor measured in the same run. Exit 1 when a limit is broken.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pty from '@lydell/node-pty';

const here = dirname(fileURLToPath(import.meta.url));
const main = resolve(here, '../../dist/main.mjs');
const node = process.execPath;
const ROUNDS = 15;
const UNITS = 200;

const folder = mkdtempSync(join(tmpdir(), 'juju-tune-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function milliseconds(run) {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Interleaved, so that a busy machine slows all of them alike; the median of each. */
async function interleaved(cases) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(cases)) times[name].push(await run());
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

const runNode =
  (...args) =>
  () =>
    milliseconds(() => execFileSync(node, args, { stdio: 'ignore' }));

/** From start to the first frame that shows the header. */
function firstFrame() {
  return new Promise((done, fail) => {
    const start = process.hrtime.bigint();
    const env = { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', ...demoEnvironment() };
    delete env.CI;
    const terminal = pty.spawn(node, [main], { cols: 120, rows: 40, env, name: 'xterm-256color' });
    const limit = setTimeout(() => fail(new Error('no frame in 30 s')), 30_000);
    let seen = '';
    terminal.onData((data) => {
      seen += data;
      if (!seen.includes('juju-tune')) return;
      clearTimeout(limit);
      const took = Number(process.hrtime.bigint() - start) / 1e6;
      terminal.kill('SIGKILL');
      seen = '';
      done(took);
    });
  });
}

const clouds = new Map();

function demoEnvironment(...flags) {
  const key = flags.join(' ');
  if (!clouds.has(key)) {
    const dir = join(folder, `cloud-${clouds.size}`);
    const setup = execFileSync(node, [resolve(here, '../../dist/demo.mjs'), 'setup', '--dir', dir, ...flags], {
      encoding: 'utf8',
    });
    clouds.set(key, JSON.parse(setup).env);
  }
  return clouds.get(key);
}

/** Own CPU (RUSAGE_SELF) of a whole `check` over the units, its start included, per unit. */
function checkCost(dialect) {
  const file = join(folder, 'rusage.json');
  const args = ['--require', join(here, 'rusage.cjs'), main, 'check', '--format', 'json'];
  const env = { ...process.env, ...demoEnvironment('--units', String(UNITS), '--dialect', dialect), RUSAGE_FILE: file };
  const result = spawnSync(node, args, { env, encoding: 'utf8', maxBuffer: 256 * 1024 ** 2 });
  const answered = JSON.parse(result.stdout).units.length;
  if (answered !== UNITS) throw new Error(`${answered} of ${UNITS} units answered: ${result.stderr}`);
  return JSON.parse(readFileSync(file, 'utf8')).cpuMilliseconds / UNITS;
}

const rows = [];
const note = (name, value, limit, unit) => rows.push({ name, value, limit, unit, ok: value <= limit });

const times = await interleaved({
  floor: runNode('-e', '0'),
  version: runNode(main, '--version'),
  help: runNode(main, '--help'),
  frame: firstFrame,
});
note('--version against node -e 0', times.version / times.floor, 1.5, 'x');
note('--help against node -e 0', times.help / times.floor, 2, 'x');
note('first TUI frame against node -e 0', times.frame / times.floor, 6, 'x');
note(
  `check of ${UNITS} units, dialect 3.6, own CPU per unit`,
  median([checkCost('3.6'), checkCost('3.6'), checkCost('3.6')]),
  1,
  'ms',
);
note(`check of ${UNITS} units, dialect 2.9, own CPU per unit`, checkCost('2.9'), 4, 'ms');

console.log(`node -e 0: ${times.floor.toFixed(1)} ms`);
for (const { name, value, limit, unit, ok } of rows) {
  console.log(`${ok ? 'ok    ' : 'BROKEN'} ${name}: ${value.toFixed(2)} ${unit} (at most ${limit})`);
}
process.exitCode = rows.every((row) => row.ok) ? 0 : 1;
