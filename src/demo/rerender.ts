import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud, UnitSpec } from './cloud.js';
import { place } from './files.js';
import { renderSite } from './layout/charm.js';
import { charmUnit } from './unit-folder.js';

export interface Rerender {
  /** Below the unit's root; absent: all that the charm renders. */
  readonly path?: string;
  readonly content?: string;
  /** `worker-multiplier` as a user set it since the start; absent: as in the first state. */
  readonly multiplier?: number;
}

/** The charm writes its files anew, and restarts Apache when one of them changed (catalogue A5). */
export async function rerender(root: string, cloud: Cloud, unit: UnitSpec, what: Rerender): Promise<void> {
  const charm = charmUnit(cloud, unit, what.multiplier);
  if (charm === undefined) return;
  let changed = false;
  for (const { path, content } of wanted(charm, what)) {
    let before: string | undefined;
    try {
      before = readFileSync(join(root, path), 'utf8');
    } catch {
      before = undefined;
    }
    if (before === content) continue;
    changed = true;
    if (before === undefined) place(root, path, content);
    else writeFileSync(join(root, path), content);
  }
  if (changed) await restart(root);
}

function wanted(charm: NonNullable<ReturnType<typeof charmUnit>>, what: Rerender): { path: string; content: string }[] {
  if (what.path !== undefined) return [{ path: what.path.replace(/^\/+/, ''), content: what.content ?? '' }];
  return charm.service.sites.map((site) => ({ path: `etc/apache2/${site.file}`, content: renderSite(charm, site) }));
}

function restart(root: string): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(join(root, 'usr/bin/systemctl'), ['restart', 'apache2'], {
      env: { PATH: '/usr/bin:/bin', JUJU_TUNE_ROOT: root },
      stdio: 'ignore',
    });
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
}
