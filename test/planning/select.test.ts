import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/domain/failure.js';
import { requireWholeApplications, selectUnits } from '../../src/planning/select.js';
import { fakeInventory } from '../fakes/model.js';

const inventory = fakeInventory();
const names = (targets: string[], more: { where?: string[]; except?: string[] } = {}): string[] =>
  selectUnits(inventory, { targets, ...more }).map((unit) => unit.name);

function failureOf(run: () => unknown): Failure {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('targets', () => {
  test('name applications, units, ranges, folded ranges and leaders; several are a union', () => {
    expect(names(['keystone'])).toEqual(['keystone/0', 'keystone/1', 'keystone/2']);
    expect(names(['keystone/1'])).toEqual(['keystone/1']);
    expect(names(['keystone/0-1,2'])).toEqual(['keystone/0', 'keystone/1', 'keystone/2']);
    expect(names(['keystone/[1-2]'])).toEqual(['keystone/1', 'keystone/2']);
    expect(names(['keystone/leader'])).toEqual(['keystone/0']);
    expect(names(['keystone/2', 'gnocchi/0', 'keystone/2'])).toEqual(['gnocchi/0', 'keystone/2']);
  });

  test('a word that is no application is taken for a charm', () => {
    expect(names(['nova/0'])).toEqual(['nova-cloud-controller/0']);
  });

  test('--where terms must all hold and --except takes away', () => {
    expect(names(['keystone', 'gnocchi'], { where: ['az:zone1', 'host:0'] })).toEqual(['gnocchi/0', 'keystone/0']);
    expect(names(['keystone'], { except: ['keystone/0-1'] })).toEqual(['keystone/2']);
    expect(names(['nova'], { where: ['status:lost'] })).toEqual(['nova-cloud-controller/2']);
  });

  test('every unit of a range that does not exist is named', () => {
    expect(failureOf(() => names(['keystone/0-9'])).message).toBe(
      'unit "keystone/[3-9]" does not exist: there is keystone/[0-2]',
    );
  });

  test('every word that names nothing is told at once, with what was probably meant', () => {
    const failure = failureOf(() => names(['keyston', 'gnocchi/9', 'keystone/x'], { where: ['zone:1'] }));

    expect(failure.code).toBe('usage');
    expect([failure.message, ...failure.problems]).toEqual([
      'application "keyston" is not in model "demo-cloud": did you mean "keystone"',
      'unit "gnocchi/9" does not exist: there is gnocchi/[0-2]',
      '"keystone/x" is no unit, range or leader: write keystone/0, keystone/0-2,5 or keystone/leader',
      '"--where zone:1" is not understood: write az:NAME, host:MACHINE or status:STATE',
    ]);
  });
});

test('a lost unit stops a tuning until it is excepted, and the command to type is given', () => {
  const failure = failureOf(() => requireWholeApplications(inventory, selectUnits(inventory, { targets: ['nova'] })));

  expect(failure.code).toBe('refused');
  expect(failure.message).toBe(
    'nova-cloud-controller/2 is left out (agent lost): 2 of 3 nova-cloud-controller units would differ from it',
  );
  expect(failure.hint).toContain('--except nova-cloud-controller/2');
  expect(() =>
    requireWholeApplications(inventory, selectUnits(inventory, { targets: ['nova'], except: ['nova-cloud-controller/2'] })),
  ).not.toThrow();
});
