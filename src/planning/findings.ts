import type { Diagnostic, FindingRule } from '../domain/action.js';
import type { UnitCheck } from '../domain/check.js';
import type { Evidence, FactValue, Finding, Severity } from '../domain/finding.js';
import { compareUnits, foldUnits } from '../domain/unit-set.js';
import { fillSentence, matchConditions, starPattern } from './conditions.js';

const EVIDENCE_OF_ONE_UNIT = 6;
const EVIDENCE_PER_UNIT = 2;
const EVIDENCE_IN_ALL = 12;
const SENTENCES_IN_ALL = 3;

const RANK: Readonly<Record<Severity, number>> = { high: 0, medium: 1, low: 2, info: 3 };

/** A rule that holds on units of one application, before rules are weighed against each other. */
interface Hit {
  readonly id: string;
  readonly rule: FindingRule;
  readonly application: string;
  readonly units: readonly UnitCheck[];
  readonly why: string;
  /** What `*` stood for on the first unit. */
  readonly star: string | undefined;
}

/**
 * What the rules of these diagnostics say of these units, one finding per rule and application, worst first. A finding that another one
 * explains is left out; one that is to wait for another is shown without its recommendation (decision table of the catalogue).
 */
export function findFindings(diagnostics: readonly Diagnostic[], checks: readonly UnitCheck[]): Finding[] {
  const applications = Map.groupBy(checks, (check) => check.application);
  const findings: Finding[] = [];
  for (const [application, units] of applications) {
    const ordered = [...units].sort((a, b) => compareUnits(a.unit, b.unit));
    const hits = diagnostics.flatMap((diagnostic) =>
      diagnostic.findings.flatMap((rule) => hitsOf(rule, `${diagnostic.id}/${rule.id}`, application, ordered)),
    );
    const explained = new Set(hits.flatMap((hit) => hit.rule.explains));
    const shown = hits.filter((hit) => !explained.has(hit.id));
    findings.push(...shown.map((hit) => findingOf(hit, shown)));
  }
  return findings.sort(
    (a, b) =>
      RANK[a.severity] - RANK[b.severity] ||
      b.units.length - a.units.length ||
      compareText(a.id, b.id) ||
      compareText(a.units[0] ?? '', b.units[0] ?? ''),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function hitsOf(rule: FindingRule, id: string, application: string, units: readonly UnitCheck[]): Hit[] {
  if (rule.differs !== undefined) return differences(rule, rule.differs, id, application, units);
  const found = units.flatMap((check) => {
    const match = matchConditions(rule.when, check.facts);
    return match ? [{ check, match, why: fillSentence(rule.say, match, check.facts) }] : [];
  });
  const [first] = found;
  if (!first) return [];
  const because = rule.because === undefined ? '' : ` ${fillSentence(rule.because, first.match, first.check.facts)}`;
  const why = `${foldSentences(found)}${because}`;
  return [{ id, rule, application, units: found.map(({ check }) => check), why, star: first.match.star }];
}

/** Equal sentences are said once; different ones with their unit, the first few. */
function foldSentences(found: readonly { readonly check: UnitCheck; readonly why: string }[]): string {
  const bySentence = Map.groupBy(found, (entry) => entry.why);
  if (bySentence.size === 1) return found[0]?.why ?? '';
  const folded = [...bySentence].map(([why, entries]) => `${foldUnits(entries.map((entry) => entry.check.unit))}: ${why}`);
  const more = folded.length - SENTENCES_IN_ALL;
  return [...folded.slice(0, SENTENCES_IN_ALL), ...(more > 0 ? [`and ${more} more`] : [])].join(' ');
}

/** One hit for each fact that is not the same everywhere. The odd ones are those that differ from what most units say; in a tie, all of them. */
function differences(rule: FindingRule, fact: string, id: string, application: string, units: readonly UnitCheck[]): Hit[] {
  const pattern = starPattern(fact);
  const names = fact.includes('*')
    ? [...new Set(units.flatMap((check) => Object.keys(check.facts).filter((name) => pattern.test(name))))].sort()
    : [fact];
  return names.flatMap((name) => {
    const told = units.filter((check) => Object.hasOwn(check.facts, name));
    const groups = [...Map.groupBy(told, (check) => check.facts[name] as FactValue)].sort((a, b) => b[1].length - a[1].length);
    if (groups.length < 2) return [];
    const tie = groups[0]?.[1].length === groups[1]?.[1].length;
    const odd = (tie ? groups : groups.slice(1)).flatMap(([, checks]) => checks).sort((a, b) => compareUnits(a.unit, b.unit));
    const values = groups.map(([value, checks]) => `${value} on ${foldUnits(checks.map((check) => check.unit))}`).join(', ');
    const match = { star: pattern.exec(name)?.[1], value: values };
    const sentences = [rule.say, rule.because ?? ''].map((text) => fillSentence(text, match, odd[0]?.facts ?? {}));
    return [{ id, rule, application, units: odd, why: sentences.join(' ').trim(), star: match.star }];
  });
}

function findingOf(hit: Hit, shown: readonly Hit[]): Finding {
  const first = shown.find((other) => other !== hit && hit.rule.after?.includes(other.id));
  const recommend = first ? undefined : recommendation(hit);
  return {
    id: hit.id,
    severity: hit.rule.severity,
    title: hit.rule.title,
    why: first ? `${hit.why} First cure "${first.rule.title}", then look again: one tuning at a time.` : hit.why,
    units: hit.units.map((check) => check.unit),
    evidence: evidenceOf(hit),
    ...(recommend ? { recommend } : {}),
  };
}

function recommendation(hit: Hit): Finding['recommend'] {
  const { recommend } = hit.rule;
  if (!recommend) return undefined;
  const params = Object.entries(recommend.params).map(
    ([name, text]) =>
      [
        name,
        fillLargest(
          text.replaceAll('{*}', () => hit.star ?? ''),
          hit.units,
        ),
      ] as const,
  );
  return { action: recommend.action, params: Object.fromEntries(params) };
}

/** A value for all units of the finding: the largest that any of them asks for. */
function fillLargest(text: string, units: readonly UnitCheck[]): string {
  return text.replace(/\{([a-zA-Z0-9._-]+)\}/g, (_, name: string) => {
    const values = units.flatMap((check) => (Object.hasOwn(check.facts, name) ? [check.facts[name]] : []));
    const numbers = values.filter((value) => typeof value === 'number');
    return String(numbers.length > 0 ? Math.max(...numbers) : (values[0] ?? 'unknown'));
  });
}

/** The first line of each kind before the last ones, so that what belongs together is seen together. */
function evidenceOf(hit: Hit): Evidence[] {
  const most = hit.units.length > 1 ? EVIDENCE_PER_UNIT : EVIDENCE_OF_ONE_UNIT;
  return hit.units
    .flatMap((check) => {
      const kinds = hit.rule.evidence.map((name) => check.evidence[name] ?? []);
      const longest = Math.max(0, ...kinds.map((lines) => lines.length));
      const rounds = Array.from({ length: longest }, (_, index) => kinds.flatMap((lines) => lines[index] ?? []));
      return rounds.flat().slice(0, most);
    })
    .slice(0, EVIDENCE_IN_ALL);
}
