import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = resolve(dirname(fileURLToPath(import.meta.url)), 'juju');

/** A folder that test/fakes/juju answers from. */
export interface FakeJuju {
  readonly folder: string;
  /** What to hand to `createJujuCli`. */
  readonly environment: Readonly<Record<string, string>>;
  /** `hang`, `pending`, `killed`, `missing`, `binary`, `failing`, `silent`, `after 400` (milliseconds). */
  unit(name: string, behaviour: string): void;
  /** Shell text that answers a verb instead of the fake's own. */
  answer(verb: string, script: string): void;
  /** Argument lists so far, one line a call; a script is shown as `<script>`. */
  calls(): string[];
  remove(): void;
}

export function createFakeJuju({ version = '3.6.9', delaySeconds = 0 } = {}): FakeJuju {
  const folder = mkdtempSync(join(tmpdir(), 'juju-tune-fake-'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  write('version', version);
  write('calls', '');
  if (delaySeconds > 0) write('delay', String(delaySeconds));
  return {
    folder,
    environment: { PATH: process.env.PATH ?? '/usr/bin:/bin', JUJU_DATA: folder, JUJU_BIN: PROGRAM },
    unit: (name, behaviour) => write(`units/${name.replace('/', '-')}`, behaviour),
    answer: (verb, script) => write(`answers/${verb}.sh`, script),
    calls: () => readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
