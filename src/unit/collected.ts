import type { Evidence, FactValue } from '../domain/finding.js';
import { withoutSuspicious } from '../domain/suspicious.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Collected } from '../engine/ports.js';
import {
  type Believed,
  factValue,
  isName,
  LINE_LIMIT,
  type Lines,
  linesOf,
  type NotBelieved,
  notBelieved,
  OF_ANOTHER,
  openFrame,
  rawFact,
  refusalIn,
  TOO_MANY_LINES,
  wholeNumber,
} from './frame.js';

/** What each diagnostic said, in the order in which they ran. Facts that several units said alike are one object. */
export function readCollected(stdout: string, unit: UnitName): Believed<readonly Collected[]> {
  const frame = openFrame(stdout, 'collect');
  if (!frame.ok) return frame;
  const [head = '', ...texts] = frame.value.split('\ndiagnostic\t');
  const begin = linesOf(head);
  if (!begin.ok) return begin;
  const sections: Section[] = [];
  let [lines, refusal] = [begin.value.length, refusalIn(begin.value)];
  for (const text of texts) {
    const section = sectionOf(text);
    if (!section.ok) return section;
    sections.push(section.value);
    lines += section.value.lines;
    if (lines > LINE_LIMIT) return notBelieved('BAD_ANSWER', TOO_MANY_LINES);
    refusal ??= section.value.refusal;
  }
  if (refusal) return refusal;
  if (rawFact(begin.value, 'unit') !== unit) return notBelieved('BAD_ANSWER', OF_ANOTHER);
  const unjailed = rawFact(begin.value, 'jail') === 'none' ? { unjailed: rawFact(begin.value, 'jail.reason') } : {};
  return {
    ok: true,
    value: sections.map(({ said, evidence }) => ({ ...said, evidence: evidenceOf(unit, evidence), ...unjailed })),
  };
}

/** What one diagnostic said, whichever unit it was. */
interface Section {
  readonly said: Omit<Collected, 'evidence'>;
  readonly evidence: readonly Seen[];
  readonly lines: number;
  readonly refusal: NotBelieved | undefined;
}

/** A line of evidence; `told` has its suspicious words hidden. */
interface Seen {
  readonly name: string;
  readonly text: string;
  readonly told: string;
}

const SECTIONS_KNOWN = 1024;
const LONGEST_KNOWN = 4096;
const sectionsKnown = new Map<string, Section>();

/** Units of an application say much the same: to know it is most of what makes a wide check cheap. */
function sectionOf(text: string): Believed<Section> {
  const known = sectionsKnown.get(text);
  if (known) return { ok: true, value: known };
  const lines = linesOf(text);
  if (!lines.ok) return lines;
  const section = readSection(lines.value);
  if (text.length <= LONGEST_KNOWN && sectionsKnown.size < SECTIONS_KNOWN) sectionsKnown.set(text, section);
  return { ok: true, value: section };
}

/** The first line is that of the diagnostic, without its kind. */
function readSection(lines: Lines): Section {
  const [diagnostic = '', code = '', , cut = ''] = lines[0] ?? [];
  const facts: Record<string, FactValue> = Object.create(null);
  const evidence: Seen[] = [];
  let problem: string | undefined;
  for (const [kind, name = '', text = ''] of lines.slice(1)) {
    if (kind === 'fact') {
      if (isName(name)) facts[name] = factValue(text);
    } else if (kind === 'evidence') {
      if (isName(name)) evidence.push({ name, text, told: withoutSuspicious(text) });
    } else if (kind === 'problem') problem ??= name;
  }
  const said = {
    diagnostic,
    facts,
    cutBytes: wholeNumber(cut) ?? 0,
    ...(problem === undefined ? {} : { problem: `exit code ${code}${problem === '' ? '' : `: ${problem}`}` }),
  };
  return { said, evidence, lines: lines.length, refusal: refusalIn(lines) };
}

function evidenceOf(unit: UnitName, seen: readonly Seen[]): Readonly<Record<string, readonly Evidence[]>> {
  const evidence: Record<string, Evidence[]> = Object.create(null);
  for (const { name, text, told } of seen) {
    evidence[name] ??= [];
    evidence[name].push(told === text ? { unit, text } : { unit, text: told, reveal: () => text });
  }
  return evidence;
}
