import type { TransactionState } from '../../domain/event.js';
import type { Run } from '../../domain/run.js';
import { shellCommand } from '../../domain/shell-words.js';
import { applicationOf } from '../../domain/unit-set.js';
import type { Meaning, Offer, Survey, SurveyRow } from '../../engine/survey.js';
import { OUTCOME_SIGNS, type Paint, type Tone } from '../paint.js';
import { moment, showableLine } from '../text.js';
import { table } from './table.js';
import { type ModelClock, moreThan, secondsLeft } from './window.js';

/** What the journal says, what each unit says, and what that means; then what can be done. */
export function surveyText(survey: Survey, paint: Paint): string[] {
  const rows = survey.rows.map((row) => [
    row.unit,
    journalWords(row),
    unitWords(row),
    { text: `${row.differs ? `${paint.symbols.warning} ` : ''}${meaningWords(row)}`, paint: toned(row, paint) },
  ]);
  return table([['unit', 'journal says', 'unit says', 'meaning'], ...rows]);
}

function toned({ meaning }: SurveyRow, paint: Paint): (text: string) => string {
  return (text) => paint.tone(TONES[meaning], text);
}

const TONES: Readonly<Record<Meaning, Tone>> = {
  'not-begun': 'dim',
  kept: 'good',
  awaits: 'warn',
  'taken-back': 'warn',
  untouched: 'plain',
  'may-begin': 'bad',
  conflict: 'bad',
  broken: 'bad',
  gone: 'bad',
  unknown: 'bad',
};

function journalWords({ journal }: SurveyRow): string {
  if (!journal.intended) return 'not begun';
  if (journal.outcome === 'pending') return journal.until === '' ? 'awaits' : `awaits until ${moment(journal.until)}`;
  if (journal.outcome !== 'unknown') return OUTCOME_SIGNS[journal.outcome].word;
  return `${ASKED[journal.asked]}, not heard of`;
}

const ASKED: Readonly<Record<SurveyRow['journal']['asked'], string>> = {
  '': 'nothing',
  apply: 'change sent',
  confirm: 'confirm sent',
  extend: 'extend sent',
  rollback: 'rollback sent',
};

const STATES: Readonly<Record<TransactionState, string>> = {
  NONE: 'no such change',
  PREPARED: 'prepared',
  SWAPPING: 'half-way',
  ACTIVATING: 'half-way',
  PENDING: 'changed, awaits',
  COMMITTED: 'changed, kept',
  REVERTING: 'going back',
  REVERTED: 'as before',
  CONFLICT: 'edited since',
  BROKEN: 'BROKEN',
};

function unitWords({ journal, state, message, until }: SurveyRow): string {
  if (!journal.intended) return 'not asked';
  if (state === undefined) return showableLine(message);
  if (state === 'PENDING' && until !== '') return `changed, goes back ${moment(until)}`;
  return STATES[state];
}

/** In a few words, for a table. */
export function meaningWords({ meaning, message, state, until, task }: SurveyRow): string {
  switch (meaning) {
    case 'not-begun':
      return 'as it was';
    case 'kept':
      return 'changed, for good';
    case 'awaits':
      return until === '' ? 'changed; nothing takes it back by itself' : 'changed; goes back unless confirmed';
    case 'taken-back':
      return 'taken back: as before';
    case 'untouched':
      return `as before: it never arrived${task === '' ? '' : ` (task ${task})`}`;
    case 'may-begin':
      return `${state === 'NONE' ? 'as before' : 'changed'} so far: ${task === '' ? 'its task' : `its task is ${task} and`} may still begin`;
    case 'conflict':
      return `edited by somebody since${message === '' ? '' : `: ${showableLine(message)}`}`;
    case 'broken':
      return `BROKEN${message === '' ? '' : `: ${showableLine(message)}`}`;
    case 'gone':
      return 'not in the model any more';
    case 'unknown':
      return until === '' ? 'unknown' : `unknown; goes back by ${moment(until)} unless confirmed`;
  }
}

/** What each offer is typed as. */
export function offerCommands(run: Run, offers: readonly Offer[], clock: ModelClock): string[] {
  const yes = ['--yes', [...new Set(run.units.map((unit) => applicationOf(unit.unit)))].join(',')];
  const command = (...words: readonly string[]): string => shellCommand(['juju-tune', ...words]);
  const commands: Readonly<Record<Offer, string>> = {
    'go-on': `  go on:         ${command('resume', run.shortId, '--go-on', ...yes)}`,
    confirm: `  keep it:       ${command('confirm', run.shortId, ...yes)}`,
    extend: `  more time:     ${command('extend', run.shortId, moreThan(secondsLeft(run, clock) ?? 0), ...yes)}`,
    revert: `  take it back:  ${command('rollback', run.shortId, ...yes)}`,
    close: `  let it be:     ${command('resume', run.shortId, '--close')}`,
  };
  return offers.map((offer) => commands[offer]);
}
