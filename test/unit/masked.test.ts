import { expect, test } from 'vitest';
import type { Step } from '../../src/domain/plan.js';
import { setDaemonOptions } from '../../src/planning/apache.js';
import { isMasked, STAYS } from '../../src/planning/masked.js';
import type { Believed } from '../../src/unit/frame.js';
import { readProbe } from '../../src/unit/receipt.js';
import { probeScripts } from '../../src/unit/request.js';
import { aUnit } from './a-unit.js';
import { fileOf, MODEL, sha256, stepOf, UNIT, type UnitFolder } from './unit-folder.js';

const SITE = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
const SECRET = 'Tr0ub4dor-and-3';
const TEXT = `Listen 4980
<VirtualHost *:4980>
    WSGIDaemonProcess keystone-public processes=4 threads=1 user=keystone display-name=%{GROUP}
    SetEnv OS_PASSWORD ${SECRET}
    RequestHeader set X-Auth-Token \\
        "${SECRET}"
    OIDCClientSecret ${SECRET}\r
</VirtualHost>
# the last line has no end`;
const MASKED = TEXT.split('\n')
  .map((line, index) => ([3, 4, 5, 6].includes(index) ? `${STAYS}${index + 1}` : line))
  .join('\n');

async function siteUnit(text = TEXT): Promise<UnitFolder> {
  const unit = await aUnit();
  unit.write(SITE.slice(1), text);
  return unit;
}

function valueIn<T>(answer: Believed<T>): T {
  if (!answer.ok) throw new Error(`${answer.code} ${answer.message}`);
  return answer.value;
}

/** More processes, as it is planned from what left the unit: the hash of the whole is not known. */
function draft(unit: UnitFolder): { readonly text: string; readonly step: Step } {
  const edited = setDaemonOptions(MASKED, 'keystone-public', { processes: 9 });
  const text = edited.kind === 'edited' ? edited.text : '';
  return { text, step: stepOf(unit, [{ path: SITE, after: fileOf(text) }], { activate: 'reload', validate: true }) };
}

async function staged(unit: UnitFolder, step: Step, text: string) {
  const [script] = probeScripts(MODEL, { paths: [], globs: [], staged: { steps: [step], contents: { [sha256(text)]: text } } }, [
    UNIT,
  ]);
  const ran = await unit.run(script?.text ?? '');
  return { ran, probe: valueIn(readProbe(ran.stdout, UNIT)) };
}

test('lines that hold a secret stay on the unit, also those that are joined with one', async () => {
  const unit = await siteUnit();

  const probe = valueIn(await unit.probe([SITE], []));

  expect(probe.contents[sha256(TEXT)]).toBe(MASKED);
  expect(isMasked(MASKED)).toBe(true);
});

test('a file without a secret leaves the unit as it is', async () => {
  const unit = await siteUnit(TEXT.replaceAll(SECRET, '').replace(/.*OS_PASSWORD.*\n/, ''));
  const text = unit.text(SITE.slice(1));

  expect(valueIn(await unit.probe([SITE], [])).contents).toEqual({ [sha256(text)]: text });
});

test('a file in which a section begins with a secret does not leave the unit at all', async () => {
  const unit = await siteUnit(`<If "%{HTTP:X-Auth-Token} == '${SECRET}'">\n</If>\n`);

  const probe = valueIn(await unit.probe([SITE], []));

  expect(probe.contents).toEqual({});
  expect(probe.paths).toContainEqual({ path: SITE, state: unit.state(SITE.slice(1)) });
});

test('a file with secrets is edited on its unit, validated, put in place whole, and taken back', async () => {
  const unit = await siteUnit();
  const before = unit.tree('etc', true);
  const { text, step } = draft(unit);

  const { ran, probe } = await staged(unit, step, text);
  const whole = probe.wholes[sha256(text)] ?? '';
  const wanted = TEXT.replace('processes=4', 'processes=9');

  expect([probe.validation?.ok, whole, ran.stdout.includes(SECRET)]).toEqual([true, sha256(wanted), false]);
  expect(unit.tree('etc', true)).toEqual(before);

  const asked = { ...step, after: [{ path: SITE, state: { ...fileOf(text), sha256: whole } as const }] };
  const changed = valueIn(await unit.change(asked, { [whole]: text }));

  expect([changed.outcome, unit.text(SITE.slice(1))]).toEqual(['changed', wanted]);

  const back = valueIn(await unit.change({ ...asked, verb: 'rollback' }, {}));

  expect([back.outcome, unit.text(SITE.slice(1))]).toEqual(['reverted', TEXT]);
});

test('a change that does not say what the whole would be is refused and touches nothing', async () => {
  const unit = await siteUnit();
  const { text, step } = draft(unit);

  const receipt = valueIn(await unit.change(step, { [sha256(text)]: text }));

  expect([receipt.outcome, receipt.state, unit.text(SITE.slice(1))]).toEqual(['failed', 'NONE', TEXT]);
});

test('a line that the file does not have cannot be asked for', async () => {
  const unit = await siteUnit();
  const text = MASKED.replace(`${STAYS}4`, `${STAYS}44`);
  const step = stepOf(unit, [{ path: SITE, after: fileOf(text) }], { activate: 'reload', validate: true });

  const { probe } = await staged(unit, step, text);

  expect([probe.validation?.ok, probe.wholes]).toEqual([false, {}]);
});
