import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Screen } from '../pty/screen.js';
import { svg } from '../pty/svg.js';
import { DemoCloud, executable } from '../scenarios/demo-cloud.js';

const PICTURE = join(import.meta.dirname, 'screen.svg');
/** A moment whose load is always the same; later than any Apache of the demo was started. */
const MOMENT = Date.UTC(2035, 4, 14, 9, 0, 0);

let cloud: DemoCloud | undefined;
let screen: Screen | undefined;
afterEach(() => {
  screen?.kill();
  cloud?.remove();
});

/** Numbers and times differ from run to run by a little; what the picture shows does not. */
const drawn = (picture: string): string =>
  picture
    .replace(/<[^>]+>/g, ' ')
    .replace(/\d+/g, '0')
    .replace(/\s+/g, ' ');

test('the picture in the README is what the screen shows', async () => {
  cloud = new DemoCloud({ speed: 1 });
  const clock = { epochReal: Date.now(), epochVirtual: MOMENT, rate: 1 };
  writeFileSync(join(cloud.cloud, 'clock.json'), JSON.stringify(clock));
  const spec = JSON.parse(readFileSync(join(cloud.cloud, 'cloud.json'), 'utf8')) as object;
  writeFileSync(join(cloud.cloud, 'cloud.json'), JSON.stringify({ ...spec, hooks: false }));
  screen = new Screen(process.execPath, [executable], { columns: 120, rows: 34, environment: { ...cloud.env, LANG: 'C.UTF-8' } });
  await screen.waitFor('keystone 3', 30_000);
  screen.write('c');
  // Findings are counted while answers come in; the picture is of a check that has ended.
  await screen.waitFor('2 shows them', 60_000);
  screen.write('2');
  await screen.waitFor('enter plan the cure', 10_000);

  const picture = svg(screen, 'juju-tune demo');
  if (process.env.UPDATE_PICTURE === '1') writeFileSync(PICTURE, picture);

  expect(drawn(picture), 'draw it again: UPDATE_PICTURE=1 npx vitest run test/picture').toBe(
    drawn(readFileSync(PICTURE, 'utf8')),
  );
}, 120_000);
