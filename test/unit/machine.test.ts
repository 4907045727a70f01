import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Step } from '../../src/domain/plan.js';
import type { Receipt } from '../../src/engine/ports.js';
import type { Believed } from '../../src/unit/frame.js';
import { readReceipt } from '../../src/unit/receipt.js';
import { changeScripts } from '../../src/unit/request.js';
import { aUnit } from './a-unit.js';
import { fileOf, MODEL, sha256, stepOf, termsOf, UNIT, type UnitFolder } from './unit-folder.js';

const SITE = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
const NEW = '/etc/apache2/conf-enabled/zz-juju-tune-x.conf';
const TX = '01kabcdefghjkmnpqrstvwxyz0-keystone-0';
const WIDER = 'WSGIDaemonProcess keystone-public processes=9 threads=1 user=keystone display-name=%{GROUP}\n';
const CONTENTS = { [sha256(WIDER)]: WIDER, [sha256('Timeout 5\n')]: 'Timeout 5\n' };

function changing(unit: UnitFolder, more: Partial<Step> = {}): Step {
  const wanted = [
    { path: NEW, after: fileOf('Timeout 5\n') },
    { path: SITE, after: fileOf(WIDER) },
  ];
  return stepOf(unit, wanted, { transaction: TX, ...more });
}

const summary = (receipt: Believed<Receipt>): string =>
  receipt.ok ? `${receipt.value.outcome} ${receipt.value.state} ${receipt.value.code}`.trim() : receipt.code;
const message = (receipt: Believed<Receipt>): string => (receipt.ok ? receipt.value.message : receipt.message);
const files = (unit: UnitFolder): unknown => [unit.tree('etc'), unit.tree('var/lib/apache2')];

test('two units on one machine are changed one after the other: what one has begun, the other is told', async () => {
  const machine = await aUnit();
  const step = changing(machine);
  await machine.order({ verb: 'apply', unit: UNIT, step, windowSeconds: 600, guard: true }, {}, CONTENTS);
  const changed = files(machine);
  const other = { unit: 'gnocchi/0', transaction: '01kabcdefghjkmnpqrstvwxyz1-gnocchi-0' };
  const theirs = changing(machine, { ...other, identity: { ...step.identity, unit: other.unit } });
  const asOther = { unit: other.unit, env: { JUJU_UNIT_NAME: other.unit } };

  const refused = await machine.change(theirs, CONTENTS, asOther);

  expect(summary(refused)).toBe('refused NONE PENDING');
  expect(message(refused)).toContain(`another change awaits confirmation here for another 599 s: ${TX}`);
  expect(files(machine)).toEqual(changed);
  await machine.order({ verb: 'confirm', unit: UNIT, transaction: TX, acceptDrift: false });
  expect(summary(await machine.change(theirs, CONTENTS, asOther))).toBe('unchanged NONE');
});

test('of one request for two units on one machine, what one refused is still carried out by the other', async () => {
  const machine = await aUnit();
  const step = changing(machine);
  await machine.order({ verb: 'apply', unit: UNIT, step, windowSeconds: 600, guard: true }, {}, CONTENTS);
  const other = 'gnocchi/0';
  const confirm = { verb: 'confirm', acceptDrift: false } as const;
  const orders = [
    { ...confirm, unit: UNIT, transaction: TX },
    { ...confirm, unit: other, transaction: '01kabcdefghjkmnpqrstvwxyz1-gnocchi-0' },
  ];
  const [script] = changeScripts(MODEL, orders, {}, { [UNIT]: termsOf(2), [other]: termsOf(2) });

  const refused = await machine.run(script?.text ?? '', { JUJU_UNIT_NAME: other });
  const confirmed = await machine.run(script?.text ?? '');

  expect(summary(readReceipt(refused.stdout, 'confirm', other))).toBe('refused NONE NOT_PENDING');
  expect(summary(readReceipt(confirmed.stdout, 'confirm', UNIT))).toBe('changed COMMITTED');
});

/** As where a path cannot be changed, by chattr +i, SELinux or AppArmor: whatever would write there is told so. */
function forbid(unit: UnitFolder, programs: readonly string[], path: string): void {
  for (const name of programs) {
    const text = `#!/bin/bash
case "\${!#}" in "$ROOT"${path}) echo "$0: \${!#}: Operation not permitted" >&2; exit 1 ;; esac
if [ -x "$ROOT/usr/bin/${name}" ]; then exec "$ROOT/usr/bin/${name}" "$@"; fi
exec /usr/bin/${name} "$@"\n`;
    unit.write(`usr/sbin/${name}`, text, 0o755);
  }
}

test('where nothing may be written beside a file, nothing of the change is made', async () => {
  const unit = await aUnit();
  forbid(unit, ['cp', 'mkdir', 'ln', 'mv'], '/etc/apache2/sites-enabled/*');
  const before = files(unit);

  const failed = await unit.change(changing(unit), CONTENTS);

  expect(summary(failed)).toBe('failed NONE NOT_WRITTEN');
  expect(message(failed)).toContain(`cannot write beside ${SITE}`);
  expect([files(unit), unit.calls().filter((call) => /(reload|restart) apache2/.test(call))]).toEqual([before, []]);
  expect(readdirSync(unit.at('var/lib/juju-tune/tx'))).toEqual([]);
});

test('a file that cannot be replaced takes the whole change back, and Apache is not asked to read it', async () => {
  const unit = await aUnit();
  forbid(unit, ['mv'], SITE);
  const before = files(unit);

  const reverted = await unit.change(changing(unit), CONTENTS);

  expect(summary(reverted)).toBe('reverted REVERTED NOT_WRITTEN');
  expect(message(reverted)).toContain(`cannot put ${SITE} in place`);
  expect([files(unit), unit.calls().filter((call) => /(reload|restart) apache2/.test(call))]).toEqual([before, []]);
});
