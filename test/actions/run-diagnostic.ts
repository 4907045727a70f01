import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from '../../src/domain/action.js';
import type { Facts } from '../../src/domain/finding.js';

/** What a diagnostic finds on a unit: a small tree of files, links, and commands that stand in for the real ones. */
export interface UnitFolder {
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Bash text by name; `$*` are the arguments. */
  readonly commands?: Readonly<Record<string, string>>;
}

export interface Collected {
  readonly facts: Facts;
  readonly evidence: Readonly<Record<string, readonly string[]>>;
  readonly exitCode: number;
  readonly stderr: string;
}

/** The unit's clock in cases: Mon Nov 23 13:45:00 2026 UTC. */
const NOW = 1795441500;
const UNIT_TEXT = fileURLToPath(new URL('../../src/unit/', import.meta.url));

/** Runs the collect script by real bash and awk over the folder, with the functions that it has on a unit. */
export function runDiagnostic(diagnostic: Diagnostic, unit: UnitFolder, params: Readonly<Record<string, string>>): Collected {
  const root = mkdtempSync(join(tmpdir(), 'juju-tune-case-'));
  try {
    writeUnit(root, unit);
    const defaults = diagnostic.params.flatMap((param) => (param.default === undefined ? [] : [[param.name, param.default]]));
    const values: Record<string, string> = { ...Object.fromEntries(defaults), window: '900', ...params };
    const exported = Object.entries(values).map(([name, value]) => [`PARAM_${name.toUpperCase().replaceAll('-', '_')}`, value]);
    const ended = spawnSync('/bin/bash', ['-c', `${frame()}\n${diagnostic.collect}`, 'juju-tune', 'collect'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: root,
      env: {
        ROOT: root,
        PATH: `${root}/usr/sbin:${root}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        TZ: 'UTC',
        UNIT_HOST: '127.0.0.1',
        JUJU_UNIT_NAME: 'keystone/0',
        JUJU_MODEL_UUID: 'd0000000-0000-4000-8000-000000000000',
        ...Object.fromEntries(exported),
      },
    });
    return { ...readLines(ended.stdout), exitCode: ended.status ?? -1, stderr: ended.stderr.replaceAll(root, '') };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The functions of unit/facts.sh, and `fact` and `evidence` as lines that are easy to read here. */
function frame(): string {
  const facts = readFileSync(join(UNIT_TEXT, 'facts.sh'), 'utf8');
  return `${facts}
fact() { encode "$2"; printf 'fact\\t%s\\t%s\\n' "$1" "$REPLY"; }
evidence() { encode "$2"; printf 'evidence\\t%s\\t%s\\n' "$1" "$REPLY"; }
`;
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
  const commands = { date: `[ "$1" = +%s ] && { echo ${NOW}; exit; }\nexec /bin/date "$@"`, sleep: 'exit 0', ...unit.commands };
  for (const [name, text] of Object.entries(commands)) put(`usr/bin/${name}`, `#!/bin/bash\n${text}\n`, 0o755);
  if (!existsSync(join(root, 'etc/apache2'))) mkdirSync(join(root, 'etc'), { recursive: true });
}

function readLines(stdout: string): Pick<Collected, 'facts' | 'evidence'> {
  const facts: Record<string, string | number> = {};
  const evidence: Record<string, string[]> = {};
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const [kind, name = '', encoded = ''] = line.split('\t');
    const value = decodeURIComponent(encoded.replace(/%(?![0-9A-F]{2})/g, '%25'));
    if (kind === 'fact') facts[name] = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    else if (kind === 'evidence') evidence[name] = [...(evidence[name] ?? []), value];
    else throw new Error(`a line that is neither fact nor evidence: ${line}`);
  }
  return { facts, evidence };
}
