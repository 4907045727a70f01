// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is a source's

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Scenario } from '../../../src/demo/juju/scenario.js';
import type { LineContext, Planted } from '../line.js';
import { APPLY, type Schedule } from './schedule.js';
import { type Prepared, tryOut } from './trial.js';

/** A source file with one place in it written otherwise. */
interface Otherwise {
  /** Below `src/`. */
  readonly file: string;
  /** Must stand there once, and is taken for the other one. */
  readonly text: string;
  readonly instead: string;
}

/** A bug that is put into juju-tune or its unit program on purpose, and a schedule that must come upon it. */
interface PlantedBug extends Otherwise {
  readonly name: string;
  readonly scenario: Scenario;
  readonly words?: readonly string[];
}

const UNIT = 'keystone/0';
/** Here nobody dies before his time, however busy the machine is. */
const PATIENCE_MILLISECONDS = 180_000;
/** Of an apply by a plan: one task looks again, one says how it did before, the third is the change, the fourth reads it back. */
const CHANGE = 3;
/** The change, its reading back, and after the gate's look the question whether it is still there. */
const UNHEARD = [CHANGE, CHANGE + 1, CHANGE + 3];
const FAILS_TO_RELOAD: Scenario = {
  program: [{ unit: UNIT, task: CHANGE, name: 'systemctl', words: 'reload apache2', stderr: 'not permitted\n' }],
};

export const BUGS: readonly PlantedBug[] = [
  {
    name: 'a change that failed is called taken back and stays',
    file: 'unit/transaction.sh',
    text: 'BY=failure\n  take_back\n',
    instead: 'BY=failure\n  set_state REVERTING && set_state REVERTED && OUTCOME=reverted\n',
    scenario: FAILS_TO_RELOAD,
  },
  {
    name: 'a guard that takes nothing back',
    file: 'unit/guard.sh',
    text: 'recover_all && retry_broken "$due" && return 0',
    instead: 'return 0',
    scenario: {},
    words: ['--confirm-within', '5m'],
  },
  {
    name: 'a unit of which nothing was heard counts as changed',
    file: 'engine/reading.ts',
    text: "{ outcome: 'unknown', code, detail: `${message}; not read back",
    instead: "{ outcome: 'changed', code, detail: `${message}; not read back",
    scenario: { ...FAILS_TO_RELOAD, prints: UNHEARD.map((task) => ({ unit: UNIT, task, text: 'hello' })) },
  },
  {
    name: 'exit 0 for what was taken back',
    file: 'domain/outcome.ts',
    text: 'return EXIT.takenBack;',
    instead: 'return EXIT.ok;',
    scenario: FAILS_TO_RELOAD,
  },
];

/** Whether a schedule comes upon each bug, and upon nothing when the same is done without it. */
export async function findPlanted(context: LineContext, prepared: Prepared): Promise<Planted[]> {
  return Promise.all(
    BUGS.map(async (bug, number) => {
      const product = await productWith(context, bug, `product-${number}`);
      const schedule: Schedule = {
        dialect: '3.6',
        change: 0,
        acts: [{ words: [...APPLY, ...(bug.words ?? [])], scenario: bug.scenario, pass: 0 }],
      };
      const cloud = await prepared.template.copy(join(context.folder, `planted-${number}`), schedule.dialect, product);
      const { problems } = await tryOut(cloud, prepared, schedule, PATIENCE_MILLISECONDS);
      cloud.remove();
      return { name: bug.name, found: problems.length > 0 };
    }),
  );
}

/** The source file with the bug in it. Throws when the text does not stand there once. */
export function sourceWith(root: string, { file, text, instead }: Otherwise): string {
  const source = readFileSync(join(root, 'src', file), 'utf8');
  if (source.split(text).length !== 2) throw new Error(`${file} does not have this once: ${text}`);
  return source.replace(text, () => instead);
}

/** A juju-tune as it is built, but for the bug. */
async function productWith({ folder, root }: LineContext, bug: Otherwise, name: string): Promise<string> {
  const outdir = join(folder, name);
  mkdirSync(outdir);
  copyFileSync(join(root, 'dist/catalogue.json'), join(outdir, 'catalogue.json'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  await build({
    absWorkingDir: root,
    entryPoints: { main: join(root, 'src/main.ts') },
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    jsx: 'automatic',
    loader: { '.sh': 'text', '.awk': 'text', '.pl': 'text' },
    define: { 'process.env.JUJU_TUNE_VERSION': JSON.stringify(version) },
    // Only the screen needs these, and no schedule has one.
    external: ['ink', 'react', 'react/*'],
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
    plugins: [
      {
        name: 'planted',
        setup(builder) {
          builder.onLoad({ filter: new RegExp(`/${bug.file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
            if (path !== join(root, 'src', bug.file)) return undefined;
            return { contents: sourceWith(root, bug), loader: bug.file.endsWith('.ts') ? 'ts' : 'text' };
          });
        },
      },
    ],
  });
  return join(outdir, 'main.mjs');
}
