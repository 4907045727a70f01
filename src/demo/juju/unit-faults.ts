import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../../domain/shell-words.js';
import { type Cloud, hexOf, type UnitSpec } from '../cloud.js';
import { place, placeFolder, writeAtomically } from '../files.js';
import { type LiveScenario, onTask, type Scenario } from './scenario.js';

type BadProgram = NonNullable<Scenario['program']>[number];

/** Makes a unit's folder as the scenario wants it for its k-th task; what is given back puts its programs right again. */
export function spoilUnit(root: string, cloud: Cloud, unit: UnitSpec, live: LiveScenario, number: number): () => void {
  const { scenario } = live;
  setClock(root, onTask(live, scenario.clock, unit.name, number)?.seconds ?? 0);
  if (onTask(live, scenario.replaced, unit.name, number) !== undefined) {
    place(root, 'etc/machine-id', `${hexOf(`${cloud.model.uuid} ${unit.name} anew`, 32)}\n`);
  }
  for (const entry of scenario.missing ?? []) {
    if (onTask(live, [entry], unit.name, number) !== undefined) rmSync(join(root, entry.path), { recursive: true, force: true });
  }
  const bad = scenario.program?.filter((entry) => onTask(live, [entry], unit.name, number) !== undefined) ?? [];
  const repairs = bad.map((entry, index) => placeBadProgram(root, entry, join(root, '.demo/good', `${index}`)));
  return () => {
    for (const repair of repairs.reverse()) repair();
  };
}

/** Read by the stand-in of `date`. */
function setClock(root: string, seconds: number): void {
  const path = join(root, '.demo/ahead');
  if (seconds !== 0) writeAtomically(path, `${seconds}\n`);
  else if (existsSync(path)) rmSync(path);
}

/** Stands where the unit's PATH looks first. */
function placeBadProgram(root: string, bad: BadProgram, aside: string): () => void {
  const front = join(root, 'usr/sbin', bad.name);
  const kept = join(aside, bad.name);
  const isOwn = existsSync(front);
  if (isOwn) {
    placeFolder(aside);
    renameSync(front, kept);
  }
  const real = [kept, join(root, 'usr/bin', bad.name), `/usr/bin/${bad.name}`, `/bin/${bad.name}`].find((path) =>
    existsSync(path),
  );
  writeFileSync(front, badProgramText(bad, real ?? '/bin/false'), { mode: 0o755 });
  return () => {
    if (isOwn) renameSync(kept, front);
    else rmSync(front, { force: true });
  };
}

function badProgramText({ words = '', code = 1, stdout = '', stderr = '' }: BadProgram, real: string): string {
  return [
    '#!/bin/bash',
    `if [[ " $* " == *${shellQuote(words)}* ]]; then`,
    `  printf %s ${shellQuote(stdout)}; printf %s ${shellQuote(stderr)} >&2`,
    `  exit ${code}`,
    'fi',
    `exec ${shellQuote(real)} "$@"`,
    '',
  ].join('\n');
}
