import type { Sha256 } from '../domain/plan.js';
import { sha256 } from '../planning/sha256.js';
import activation from './activation.sh';
import apache from './apache.sh';
import collect from './collect.sh';
import facts from './facts.sh';
import files from './files.sh';
import guard from './guard.sh';
import jail from './jail.pl';
import lines from './lines.sh';
import { packed } from './packed.js';
import prepare from './prepare.sh';
import recovery from './recovery.sh';
import redactProgram from './redact.awk';
import redact from './redact.sh';
import request from './request.sh';
import transaction from './transaction.sh';
import validation from './validation.sh';
import verbs from './verbs.sh';
import window from './window.sh';

/** Which program runs. What a unit is asked to `change` stands in its own section of the request. */
export type UnitVerb = (typeof UNIT_VERBS)[number];
export const UNIT_VERBS = ['probe', 'change', 'collect'] as const;

/** The awk of redact.sh, as a word of the shell. */
const REDACT = `REDACT='${redactProgram.replaceAll("'", `'\\''`)}'\n`;

const LOOKING = [REDACT, lines, apache, redact, facts];
const COLLECTING = program([...LOOKING, collect]);
/** Between the jail of what only looks and the program in it. */
const SEAM = '\f';
const JAIL = withoutComments(jail) + SEAM;
const CHANGING = program([
  ...LOOKING,
  request,
  files,
  guard,
  prepare,
  validation,
  activation,
  transaction,
  recovery,
  window,
  verbs,
]);

/** One program of several files, without the lines that are for those who read them: a request has little room. */
function program(texts: readonly string[]): string {
  return withoutComments(texts.join(''));
}

function withoutComments(text: string): string {
  return text.replace(/^[ \t]*#.*\n/gm, '').trimEnd();
}

/** A program as it travels, and what it has to be when it has arrived. */
export interface SentProgram {
  readonly packed: string;
  readonly sha256: Sha256;
}

const sentPrograms = new Map<UnitVerb, SentProgram>();

/** The program of a verb. It is always the same: what is built has the answers of this module in place of it (`build.mjs`). */
export function sentProgram(verb: UnitVerb): SentProgram {
  const known = sentPrograms.get(verb);
  if (known) return known;
  const text = (verb === 'change' ? '' : JAIL) + (verb === 'collect' ? COLLECTING : CHANGING);
  const sent = { packed: packed(text), sha256: sha256(text) };
  sentPrograms.set(verb, sent);
  return sent;
}
