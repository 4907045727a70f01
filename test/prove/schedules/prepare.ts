import { join } from 'node:path';
import { SmallCloud } from './cloud.js';
import { residentJuju } from './resident-juju.js';
import { CHANGES, UNITS } from './schedule.js';
import type { Prepared } from './trial.js';

/** A cloud to copy, the plan of each change, and what a unit is before and after it when nothing goes wrong. */
export async function prepare(folder: string, root: string): Promise<Prepared> {
  const product = join(root, 'src/launcher/juju-tune.cjs');
  const template = await SmallCloud.template(join(folder, 'template'), root, product);
  const juju = await residentJuju(folder, join(root, 'dist/demo-juju.mjs'));
  juju.placeAt(join(template.dir, 'bin/juju'));
  const made = await Promise.all(
    CHANGES.map(async ({ targets, words }, number) => {
      const cloud = await template.copy(join(folder, `change-${number}`), '3.6');
      const plan = join(folder, `plan-${number}.json`);
      const trees = () => UNITS.map((unit) => cloud.tree(unit));
      const before = trees();
      await mustDo(cloud, ['plan', ...targets, ...words, '--bake', '0', '-o', plan]);
      await mustDo(cloud, ['apply', '--plan', plan, '--yes', 'keystone', '--measure', '0']);
      const after = trees();
      cloud.remove();
      const [first, second] = UNITS.map((_, at) => ({ before: before[at] ?? {}, after: after[at] ?? {} }));
      if (first === undefined || second === undefined) throw new Error('there are two units');
      return { plan, ends: { [UNITS[0]]: first, [UNITS[1]]: second } };
    }),
  );
  return { template, plans: made.map(({ plan }) => plan), ends: made.map(({ ends }) => ends) };
}

async function mustDo(cloud: SmallCloud, words: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await cloud.start(words).done;
  if (code !== 0) throw new Error(`juju-tune ${words.join(' ')} ended with ${code}: ${stderr}${stdout}`);
}
