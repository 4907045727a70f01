import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../../src/domain/action.js';
import type { Collected } from '../../src/engine/ports.js';
import { readCollected } from '../../src/unit/collected.js';
import { collectScripts } from '../../src/unit/request.js';

/** What a diagnostic finds on a unit: a small tree of files, links, and commands that stand in for the real ones. */
export interface UnitFolder {
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Bash text by name; `$*` are the arguments. */
  readonly commands?: Readonly<Record<string, string>>;
}

const MODEL = 'd0000000-0000-4000-8000-000000000000';

/** The unit's clock in cases: Mon Nov 23 13:45:00 2026 UTC. */
const NOW = 1795441500;
const CLOCK = `case "$1" in
  +%s) echo ${NOW} ;;
  +%s%3N) echo ${NOW}000 ;;
  *) exec /bin/date "$@" ;;
esac`;

/** Sends the collect script to the folder as to a unit: the same request, frame and receipt, by real bash and awk. */
export function runDiagnostic(diagnostic: Diagnostic, unit: UnitFolder, params: Readonly<Record<string, string>>): Collected {
  const root = mkdtempSync(join(tmpdir(), 'juju-tune-case-'));
  try {
    writeUnit(root, unit);
    const script = collectScripts(MODEL, [diagnostic], { window: '900', ...params }, ['keystone/0'])[0];
    const ended = spawnSync('/bin/bash', ['-s'], {
      encoding: 'utf8',
      input: script?.text ?? '',
      cwd: root,
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC', JUJU_TUNE_ROOT: root, JUJU_UNIT_NAME: 'keystone/0', JUJU_MODEL_UUID: MODEL },
    });
    const believed = readCollected(ended.stdout, 'keystone/0');
    if (!believed.ok) throw new Error(`${believed.code}: ${believed.message}\n${ended.stderr}`);
    const [collected] = believed.value;
    if (!collected) throw new Error(`no answer of ${diagnostic.id}: ${ended.stderr}`);
    return collected;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function writeUnit(root: string, unit: UnitFolder): void {
  const put = (path: string, text: string, mode = 0o644): void => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    chmodSync(full, mode);
  };
  for (const [path, text] of Object.entries(unit.files ?? {})) put(path, text);
  for (const [path, target] of Object.entries(unit.links ?? {})) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }
  const commands = { date: CLOCK, sleep: 'exit 0', ...unit.commands };
  for (const [name, text] of Object.entries(commands)) put(`usr/bin/${name}`, `#!/bin/bash\n${text}\n`, 0o755);
}
