import { expect, test } from 'vitest';
import { roundsBack, type Standing } from '../../src/planning/way-back.js';

interface Going {
  readonly unit: string;
  readonly standing: Standing;
  readonly machine: string;
}

const going = (unit: string, standing: Standing, machine = unit): Going => ({ unit, standing, machine });

function order(...batches: readonly (readonly Going[])[]): readonly (readonly string[])[] {
  const rounds = roundsBack(
    batches,
    ({ standing }) => standing,
    ({ machine }) => machine,
  );
  return rounds.map((round) => round.map(({ unit }) => unit));
}

test('those that are down go first and together, those that serve one of each application at a time, those that are away last', () => {
  const last = [going('keystone/2', 'serves'), going('keystone/1', 'free'), going('gnocchi/1', 'serves')];
  const first = [going('keystone/0', 'serves'), going('gnocchi/0', 'away'), going('gnocchi/2', 'free')];

  expect(order(last, first)).toEqual([['keystone/1', 'gnocchi/2'], ['keystone/2', 'gnocchi/1'], ['keystone/0'], ['gnocchi/0']]);
});

test('two units of one machine share its lock: they never go together', () => {
  const batches = [[going('keystone/0', 'free', '0')], [going('gnocchi/0', 'free', '0'), going('gnocchi/1', 'free', '1')]];

  expect(order(...batches)).toEqual([['keystone/0', 'gnocchi/1'], ['gnocchi/0']]);
  expect(order([going('keystone/0', 'away', '0'), going('gnocchi/0', 'away', '0')])).toEqual([['keystone/0'], ['gnocchi/0']]);
});

test('of one batch that serves, each of an application waits for the one before', () => {
  const batch = ['keystone/2', 'keystone/1', 'gnocchi/1'].map((unit) => going(unit, 'serves'));

  expect(order(batch)).toEqual([['keystone/2', 'gnocchi/1'], ['keystone/1']]);
});
