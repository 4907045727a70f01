import { expect, test } from 'vitest';
import { type LoadInput, type Second, secondsOf } from '../../src/demo/load.js';
import { parseLoaded, type RunningConfig } from '../../src/demo/running.js';
import { serviceOf } from '../../src/demo/services.js';

const STOCK: RunningConfig = {
  mpm: 'event',
  maxRequestWorkers: 150,
  maxConnectionsPerChild: 0,
  proxy: 'pooled',
  rotation: true,
  groups: [{ name: 'keystone-public', processes: 12, threads: 1 }],
};

const processes = (count: number) => ({ groups: [{ name: 'keystone-public', processes: count, threads: 1 }] });

function input(change: Partial<RunningConfig>, reloads: readonly number[] = []): LoadInput {
  const shape = serviceOf('keystone')?.load;
  if (shape === undefined) throw new Error('keystone has a load');
  return { shape, config: { ...STOCK, ...change }, group: 'keystone-public', unit: 'keystone/0', seed: 1, reloads };
}

const HOUR = 1_795_276_800;

/** Ten minutes, summed up. */
function tenMinutes(change: Partial<RunningConfig>, reloads: readonly number[] = []) {
  const seconds = [...secondsOf(input(change, reloads), HOUR, HOUR + 600)].map(([, second]) => second);
  const sum = (field: Exclude<keyof Second, 'full'>): number => seconds.reduce((total, second) => total + second[field], 0);
  return {
    requests: sum('requests'),
    lost: sum('lost'),
    dropped: sum('dropped'),
    orphaned: sum('orphaned'),
    queue: Math.max(...seconds.map(({ queue }) => queue)),
    full: seconds.some(({ full }) => full),
  };
}

test('the incident goes on in the first state: several percent 502, queues, all workers taken', () => {
  const stock = tenMinutes({});

  const share = stock.lost / stock.requests;
  expect(share).toBeGreaterThan(0.03);
  expect(share).toBeLessThan(0.12);
  expect(stock.queue).toBeGreaterThan(40);
  expect(stock.full).toBe(true);
});

test.each<[setting: string, change: Partial<RunningConfig>, share: number]>([
  ['stock', {}, 105 / 105],
  ['MaxRequestWorkers 800', { maxRequestWorkers: 800 }, 58 / 105],
  ['processes=40', processes(40), 79 / 105],
  ['both', { maxRequestWorkers: 800, ...processes(40) }, 46 / 105],
])('with event and %s the 502s stand to stock as in the lab', (_setting, change, share) => {
  const stock = tenMinutes({}).lost;

  const { lost } = tenMinutes(change);

  expect(lost / stock).toBeGreaterThan(share - 0.12);
  expect(lost / stock).toBeLessThan(share + 0.12);
});

test.each<[setting: string, change: Partial<RunningConfig>]>([
  ['event and proxy-initial-not-pooled', { proxy: 'initial-not-pooled' }],
  ['event and proxy-nokeepalive', { proxy: 'nokeepalive' }],
  ['worker', { mpm: 'worker' }],
  ['worker and MaxRequestWorkers 800', { mpm: 'worker', maxRequestWorkers: 800 }],
  ['prefork', { mpm: 'prefork' }],
])('with %s no request gets a 502', (_setting, change) => {
  expect(tenMinutes(change).lost).toBe(0);
});

test('proxy-initial-not-pooled leaves a few drops on kept connections, proxy-nokeepalive none', () => {
  const initial = tenMinutes({ proxy: 'initial-not-pooled' });

  expect(initial.dropped).toBeGreaterThan(0);
  expect(initial.dropped / initial.requests).toBeLessThan(0.01);
  expect(tenMinutes({ proxy: 'nokeepalive' }).dropped).toBe(0);
});

test('forty processes end the queue', () => {
  expect(tenMinutes(processes(40)).queue).toBe(0);
});

test('after a reload worker answers 503 on kept connections, event does not', () => {
  const reload = [HOUR + 100];

  expect(tenMinutes({ mpm: 'worker' }, reload).orphaned).toBeGreaterThan(5);
  expect(tenMinutes({}, reload).orphaned).toBe(0);
});

test('MaxConnectionsPerChild 25 makes it worse', () => {
  expect(tenMinutes({ maxConnectionsPerChild: 25 }).lost).toBeGreaterThan(tenMinutes({}).lost);
});

test('a harmless directive changes nothing', () => {
  const lines = (extra: string) =>
    `-\tmaxrequestworkers\t150\n-\tthreadsperchild\t25\n${extra}*:4980\twsgidaemonprocess\tkeystone-public processes=12 threads=1\n`;

  expect(parseLoaded(lines('-\tsetenv\tHARMLESS 1\n-\tserversignature\tOff\n'), 'event')).toEqual(
    parseLoaded(lines(''), 'event'),
  );
});

test('the same moment looks the same every time, and whatever part of it is asked for', () => {
  const whole = [...secondsOf(input({}), HOUR + 90, HOUR + 150)];

  expect([...secondsOf(input({}), HOUR + 90, HOUR + 150)]).toEqual(whole);
  expect([...secondsOf(input({}), HOUR + 100, HOUR + 110)]).toEqual(whole.slice(10, 20));
});

test('limits count as httpd clamps them', () => {
  const config = parseLoaded('-\tserverlimit\t300\n-\tthreadsperchild\t1000\n-\tmaxrequestworkers\t300000\n', 'event');

  expect(config.maxRequestWorkers).toBe(19_200);
});
