import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAction } from '../../src/adapters/action-file.js';
import { readBundled } from '../../src/adapters/catalogue.js';
import type { Diagnostic, Tuning } from '../../src/domain/action.js';
import { decodeState, encodeState, type FileState, type PathState } from '../../src/domain/change.js';
import type { CharmOption } from '../../src/domain/charm-config.js';
import { Failure } from '../../src/domain/failure.js';
import { type Plan, sayOption } from '../../src/domain/plan.js';
import { type ChangeResult, type PlannedChange, pathsFor, planChange } from '../../src/planning/change.js';
import { planOptions } from '../../src/planning/charm-options.js';
import { brokenRule, firedRules } from '../../src/planning/conditions.js';
import { withConfigFacts } from '../../src/planning/config-facts.js';
import type { ProbeView } from '../../src/planning/config-tree.js';
import { findFindings } from '../../src/planning/findings.js';
import { checkParams, resolveChanges, resolveOptions, type Values } from '../../src/planning/params.js';
import { sha256 } from '../../src/planning/sha256.js';
import { fakeInventory } from '../fakes/model.js';
import {
  caseNames,
  type DiagnosticCase,
  parseDiagnosticCase,
  parseTuningCase,
  readCaseText,
  type TuningCase,
} from './case-file.js';
import { runDiagnostic } from './run-diagnostic.js';

const actions = await readBundled(fileURLToPath(new URL('../../actions', import.meta.url)));
const diagnostics = actions.filter((action) => action.kind === 'diagnostic');
const tunings = actions.filter((action) => action.kind === 'tuning');

test('every action has cases, and every folder of cases has its action', () => {
  const folders = readdirSync(fileURLToPath(new URL('.', import.meta.url)), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

  expect(folders.sort()).toEqual(actions.map((action) => action.id).sort());
});

test('the examples of actions/README.md work', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../actions/README.md', import.meta.url)), 'utf8');
  const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const [diagnostic, tuning] = blocks.slice(0, 2).map((text) => parseAction(text, 'README.md'));

  expect(blocks).toHaveLength(4);
  if (diagnostic?.kind !== 'action' || diagnostic.action.kind !== 'diagnostic')
    throw new Error('the first example is no diagnostic');
  if (tuning?.kind !== 'action' || tuning.action.kind !== 'tuning') throw new Error('the second example is no tuning');
  expectDiagnostic(diagnostic.action, parseDiagnosticCase(blocks[2] ?? ''));
  expectTuning(tuning.action, parseTuningCase(blocks[3] ?? ''));
});

for (const diagnostic of diagnostics) {
  describe(diagnostic.id, () => {
    for (const name of caseNames(diagnostic.id)) {
      const given = parseDiagnosticCase(readCaseText(diagnostic.id, name));
      test(given.description, () => expectDiagnostic(diagnostic, given));
    }
  });
}

function expectDiagnostic(diagnostic: Diagnostic, given: DiagnosticCase): void {
  const ran = runDiagnostic(diagnostic, given.unit, given.params);
  expect({ problem: ran.problem, cutBytes: ran.cutBytes }).toEqual({ problem: undefined, cutBytes: 0 });

  const asked = Object.fromEntries(Object.keys(given.expect.facts).map((name) => [name, ran.facts[name]]));
  expect(asked).toEqual(given.expect.facts);
  expect(given.expect.absent.filter((name) => name in ran.facts)).toEqual([]);
  const lines = Object.fromEntries(Object.keys(given.expect.evidence).map((name) => [name, ran.evidence[name]?.length ?? 0]));
  expect(lines).toEqual(given.expect.evidence);

  const facts = { ...given.otherFacts, ...ran.facts };
  const check = { unit: 'keystone/0', application: 'keystone', facts, evidence: ran.evidence, problems: [], milliseconds: 0 };
  const findings = findFindings([diagnostic], [check]);
  const told = findings.map((finding) => {
    const params = Object.entries(finding.recommend?.params ?? {}).map(([name, text]) => ` ${name}=${text}`);
    return [
      finding.id.slice(finding.id.indexOf('/') + 1),
      finding.recommend ? `${finding.recommend.action}${params.join('')}` : 'none',
    ];
  });
  expect(Object.fromEntries(told)).toEqual(given.expect.findings);
  for (const [rule, part] of Object.entries(given.expect.say)) {
    expect(findings.find((finding) => finding.id === `${diagnostic.id}/${rule}`)?.why).toContain(part);
  }
}

for (const tuning of tunings) {
  describe(tuning.id, () => {
    for (const name of caseNames(tuning.id)) {
      const given = parseTuningCase(readCaseText(tuning.id, name));
      test(given.description, () => expectTuning(tuning, given));
    }
  });
}

function expectTuning(tuning: Tuning, given: TuningCase): void {
  if (given.expect.mistakes) {
    expect(mistakesOf(tuning, given.params)).toEqual(given.expect.mistakes);
    return;
  }
  const values = checkParams(tuning, given.params);
  if (tuning.options) {
    expectOptions(tuning, values, given);
    return;
  }
  const changes = resolveChanges(tuning, values);
  const probe = withConfigFacts(probeOf(given, pathsFor(changes).paths));
  const refused = brokenRule(tuning.refuse, probe.facts, values);
  const results = refused === undefined ? changes.map((change) => planChange(change, probe, tuning.id)) : [];
  const problem = results.find((result) => result.kind === 'problem');
  expect(refused ?? (problem?.kind === 'problem' ? problem.problem : undefined)).toEqual(given.expect.refusal);
  if (given.expect.refusal !== undefined) return;
  const planned = results.filter((result): result is PlannedChange => (result as ChangeResult).kind === 'planned');
  const own = [...firedRules(tuning.warn, probe.facts, values), ...planned.flatMap((result) => result.warnings)];
  expectPlanned(given, planned);
  for (const warning of given.expect.warnings) expect(own.join('\n')).toContain(warning);
}

function expectOptions(tuning: Tuning, values: Values, given: TuningCase): void {
  const config = new Map(
    Object.entries(given.unit.options).map(([name, line]): [string, CharmOption] => {
      const [type = '', source = '', value = ''] = line.split(' ');
      if (source !== 'user' && source !== 'default' && source !== 'unset') throw new Error(`not a source: ${source}`);
      return [name, { type, source, value, default: source === 'default' ? value : undefined }];
    }),
  );
  const inventory = fakeInventory();
  const application = inventory.applications.find(({ charm }) => tuning.appliesTo.charms.includes(charm));
  if (!application) throw new Error(`no application for ${tuning.id}`);
  const identity = { modelUuid: inventory.model.uuid, unit: '', machineId: '' };
  const plan = (): Plan =>
    planOptions({
      tool: 'test',
      createdAt: '',
      model: inventory.model,
      application,
      tuning,
      changes: resolveOptions(tuning, values),
      params: values,
      config: { application: application.name, options: config },
      probed: application.units.map((unit) => ({ unit, identity, facts: given.unit.facts, paths: [], contents: {} })),
      unseen: [],
    });
  if (given.expect.refusal !== undefined) {
    expect(plan).toThrow(given.expect.refusal);
    return;
  }
  const made = plan();
  expect((made.charm?.options ?? []).map(sayOption)).toEqual(given.expect.options);
  expect(made.steps).toEqual([]);
  for (const sentence of given.expect.impact) expect(made.impact.join('\n')).toContain(sentence);
  for (const warning of given.expect.warnings) expect(made.warnings.join('\n')).toContain(warning);
}

function expectPlanned(given: TuningCase, planned: readonly PlannedChange[]): void {
  const after = planned.flatMap((result) => result.after);
  const before = planned.flatMap((result) => result.before);
  const contents = Object.assign({}, ...planned.map((result) => result.contents)) as Record<string, string>;
  const textOf = (states: readonly PathState[], path: string): string | undefined => {
    const state = states.find((candidate) => candidate.path === path)?.state;
    return state?.kind === 'file' ? contents[state.sha256] : undefined;
  };
  expect(after.map(({ path, state }) => ({ [path]: shortState(state) }))).toEqual(given.expect.after);
  expect(before.map(({ path }) => path)).toEqual(after.map(({ path }) => path));
  for (const [path, text] of Object.entries(given.expect.contents)) expect(textOf(after, path)).toBe(text);
  for (const [path, lines] of Object.entries(given.expect.lines)) {
    expect(changedLines(textOf(before, path) ?? '', textOf(after, path) ?? '')).toEqual(lines);
  }
  expect(planned.flatMap((result) => result.summary)).toEqual(given.expect.summary);
  expect(planned.flatMap((result) => result.checks).map((check) => Object.values(check).join(' '))).toEqual(given.expect.checks);
  if (given.expect.activate) expect(planned.map((result) => result.activate)).toEqual([given.expect.activate]);
  const hashes = [...before, ...after].flatMap(({ state }) => (state.kind === 'file' ? [state.sha256] : []));
  expect(hashes.filter((hash) => contents[hash] === undefined)).toEqual([]);
}

function mistakesOf(tuning: Tuning, params: Readonly<Record<string, string>>): readonly string[] {
  try {
    checkParams(tuning, params);
    return [];
  } catch (error) {
    if (error instanceof Failure)
      return [error.message, ...error.problems, ...(error.hint === undefined ? [] : [`try: ${error.hint}`])];
    throw error;
  }
}

function probeOf(given: TuningCase, wanted: readonly string[]): ProbeView {
  const { files, links, states } = given.unit;
  const contents = Object.fromEntries(Object.values(files).map((text) => [sha256(text), text]));
  const known: Record<string, FileState> = {};
  for (const path of wanted) known[path] = { kind: 'absent' };
  for (const path of ['/var/lib', '/etc/apache2/conf-available', '/etc/apache2/conf-enabled', '/etc/apache2/mods-enabled']) {
    known[path] = { kind: 'dir', mode: '0755', owner: '0:0' };
  }
  for (const [path, text] of Object.entries(files))
    known[path] = { kind: 'file', mode: '0644', owner: '0:0', sha256: sha256(text) };
  for (const [path, target] of Object.entries(links)) known[path] = { kind: 'link', target };
  for (const [path, encoded] of Object.entries(states)) {
    const state = decodeState(encoded);
    if (!state) throw new Error(`not a state: ${encoded}`);
    known[path] = state.kind === 'file' && files[path] !== undefined ? { ...state, sha256: sha256(files[path]) } : state;
  }
  return { facts: given.unit.facts, contents, paths: Object.entries(known).map(([path, state]) => ({ path, state })) };
}

function shortState(state: FileState): string {
  if (state.kind !== 'file') return encodeState(state);
  const short = `F:${state.mode}:${state.owner}`;
  return short === 'F:0644:0:0' ? 'file' : short;
}

function changedLines(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  expect(now.length).toBe(old.length);
  return old.flatMap((line, index) => (line === now[index] ? [] : [`-${line}`, `+${now[index]}`]));
}
