import type { Change } from '../domain/change.js';
import { redact } from '../domain/redact.js';
import { fileWith, linkTo, Obstacle, removal, stateOf, switchMarker } from './a2.js';
import { effectiveValue, readDirectives } from './apache.js';
import type { Draft } from './change.js';
import { APACHE, type ConfigTree } from './config-tree.js';
import { activationFor } from './directives.js';

const PREFIX = 'zz-juju-tune-';

/** Configurations that come with the apache2 package, or that a charm writes and would put back (catalogue, A1 and A5). */
const OTHERS = [
  'charset',
  'localized-error-pages',
  'other-vhosts-access-log',
  'security',
  'serve-cgi-bin',
  'apache2-doc',
  'javascript-common',
  'barbican-api',
  'openstack-dashboard',
  '99-hardening',
];

/** Files of ours have this name, so that they are read last in conf-enabled and are known as ours. */
export function ownName(name: string): string {
  return `${PREFIX}${name}`;
}

/** First line of a file of ours; without a run id, so that applying twice changes nothing. */
export function headerOf(tuning: string): string {
  return `# managed by juju-tune: ${tuning}`;
}

/** conf-available file, its link, its marker: what writing the file and `a2enconf` do. */
export function planConf(change: Extract<Change, { kind: 'apache-conf' }>, tree: ConfigTree, tuning: string): Draft {
  requireOperatorsName(change.name);
  const name = ownName(change.name);
  const [file, link] = [`${APACHE}/conf-available/${name}.conf`, `${APACHE}/conf-enabled/${name}.conf`];
  const header = headerOf(tuning);
  const text = `${header}\n${change.content}`;
  requireOurs(tree, file, header);
  requireNoSecret(change.content);
  const written = fileWith(tree, file, text);
  const linked = linkTo(tree, link, `../conf-available/${name}.conf`);
  const already = linked.before.kind === 'link' && linked.after.kind === 'link' && linked.before.target === linked.after.target;
  return {
    // The file first: a link to a file that is not there yet would be skipped by a reload in between, silently.
    moves: [written, linked, ...(already ? [] : switchMarker(tree, 'conf', 'enabled', name))],
    texts: [text],
    commands: [`sensible-editor ${file}`, `a2enconf ${name}`],
    summary: [`conf ${name}: ${written.before.kind === 'absent' ? 'new, ' : ''}enabled`],
    checks: [],
    activate: activationFor(change.content),
    warnings: overridden(change.content, tree),
  };
}

/** `a2disconf`: link and marker; the file stays in conf-available, as with a2disconf. A name of ours goes before one of somebody else's. */
export function planConfOff(change: Extract<Change, { kind: 'apache-conf-off' }>, tree: ConfigTree): Draft {
  requireOperatorsName(change.name);
  const names = [ownName(change.name), change.name];
  const name = names.find((candidate) => stateOf(tree, `${APACHE}/conf-enabled/${candidate}.conf`).kind !== 'absent');
  if (name === undefined) return planNothingEnabled(names, change.name, tree);
  const [file, link] = [`${APACHE}/conf-available/${name}.conf`, `${APACHE}/conf-enabled/${name}.conf`];
  if (stateOf(tree, link).kind !== 'link') throw new Obstacle(`${link} is not a link; a2disconf would not remove it either`);
  const text = tree.textOf(file);
  if (text !== undefined && isCharmOwned(text)) throw new Obstacle(`${file} is written by the charm, which would put it back`);
  // a2disconf takes away a link to nowhere too, and then sets no marker.
  const there = stateOf(tree, file).kind !== 'absent';
  return {
    moves: [removal(tree, link), ...(there ? switchMarker(tree, 'conf', 'disabled', name) : [])],
    texts: [],
    commands: [`a2disconf ${name}`],
    summary: [`conf ${name}: disabled`],
    checks: [],
    activate: activationFor(text ?? ''),
    warnings: [],
  };
}

function planNothingEnabled(names: readonly string[], asked: string, tree: ConfigTree): Draft {
  const known = names.some((name) => stateOf(tree, `${APACHE}/conf-available/${name}.conf`).kind !== 'absent');
  if (!known) throw new Obstacle(`there is no configuration "${asked}" in ${APACHE}/conf-available`);
  return { moves: [], texts: [], commands: [], summary: [], checks: [], activate: 'none', warnings: [] };
}

function requireOperatorsName(name: string): void {
  if (name.startsWith(PREFIX)) throw new Obstacle(`write the name without "${PREFIX}": it is put before it`);
  if (OTHERS.includes(name)) throw new Obstacle(`"${name}" belongs to the apache2 package or to a charm`);
}

function requireOurs(tree: ConfigTree, file: string, header: string): void {
  if (stateOf(tree, file).kind === 'absent') return;
  const firstLine = tree.textOf(file)?.split('\n')[0];
  if (firstLine === header) return;
  throw new Obstacle(`${file} is there and its first line is not "${header}": somebody else wrote it`);
}

/** What is asked for stands in the plan and the journal, and Juju keeps it for everybody who may read the model. */
function requireNoSecret(content: string): void {
  const [shown, asked] = [redact(content).split('\n'), content.split('\n')];
  const line = asked.findIndex((text, index) => text !== shown[index]);
  if (line >= 0)
    throw new Obstacle(
      `line ${line + 1} of the directives holds a secret, which plan, journal and Juju would keep; write it to a file there by hand`,
    );
}

/** Charms head what they render with a line that names Juju; so does every template of charm-helpers. */
function isCharmOwned(text: string): boolean {
  return text.split('\n', 12).some((line) => /^\s*#.*\b(maintained|managed|generated)\b.*\bjuju\b(?!-tune)/i.test(line));
}

/** A value in sites-enabled is read after ours and wins (catalogue, A3). */
function overridden(content: string, tree: ConfigTree): string[] {
  const names = readDirectives(content).filter(
    (directive) => directive.sections.length === 0 && directive.name.toLowerCase() !== 'setenv',
  );
  return [...new Set(names.map((directive) => directive.name))].flatMap((name) => {
    const later = effectiveValue(tree.enabled('sites-enabled', '.conf'), name, '');
    return later ? [`${name} is set again in ${later.path}, line ${later.line}, which is read later and wins`] : [];
  });
}
