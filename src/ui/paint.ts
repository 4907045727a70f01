import type { Verdict } from '../domain/event.js';
import type { Severity } from '../domain/finding.js';
import type { Outcome, RunOutcome } from '../domain/outcome.js';

/** How something is meant; a view turns it into a colour. Never the only sign: a symbol and a word go with it. */
export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'accent' | 'dim' | 'plain';

/** What a terminal can show. */
export interface Terminal {
  readonly color: boolean;
  readonly unicode: boolean;
}

/** Colours for plain text. Without colour every method gives back its text unchanged. */
export interface Paint extends Terminal {
  tone(tone: Tone, text: string): string;
  bold(text: string): string;
  readonly symbols: Symbols;
}

export interface Symbols {
  readonly dot: string;
  readonly ring: string;
  readonly alarm: string;
  readonly warning: string;
  readonly good: string;
  readonly bad: string;
  readonly busy: string;
  readonly leader: string;
  readonly open: string;
  readonly closed: string;
  readonly cursor: string;
  readonly arrow: string;
  readonly bullet: string;
  readonly rule: string;
  readonly bar: string;
  readonly ellipsis: string;
}

const UNICODE: Symbols = {
  dot: '●',
  ring: '○',
  alarm: '▲',
  warning: '!',
  good: '✓',
  bad: '✗',
  busy: '◐',
  leader: '*',
  open: '▾',
  closed: '▸',
  cursor: '›',
  arrow: '→',
  bullet: '·',
  rule: '─',
  bar: '│',
  ellipsis: '…',
};

const ASCII: Symbols = {
  dot: 'o',
  ring: '.',
  alarm: 'A',
  warning: '!',
  good: '+',
  bad: 'x',
  busy: '~',
  leader: '*',
  open: 'v',
  closed: '>',
  cursor: '>',
  arrow: '->',
  bullet: '-',
  rule: '-',
  bar: '|',
  ellipsis: '~',
};

export function symbolsFor(terminal: Terminal): Symbols {
  return terminal.unicode ? UNICODE : ASCII;
}

const SGR: Readonly<Record<Tone, string>> = { good: '32', bad: '31', warn: '33', busy: '36', accent: '36', dim: '2', plain: '' };

export function paintFor(terminal: Terminal): Paint {
  const style = (codes: string, text: string): string =>
    terminal.color && codes !== '' && text !== '' ? `\x1b[${codes}m${text}\x1b[0m` : text;
  return {
    ...terminal,
    tone: (tone, text) => style(SGR[tone], text),
    bold: (text) => style('1', text),
    symbols: symbolsFor(terminal),
  };
}

/** Reads NO_COLOR, FORCE_COLOR, TERM and the locale as other programs do. `isTerminal`: of the stream that is written to. */
export function terminalOf(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): Terminal {
  const { NO_COLOR, FORCE_COLOR, TERM, LC_ALL, LC_CTYPE, LANG } = environment;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const refused = (NO_COLOR !== undefined && NO_COLOR !== '') || FORCE_COLOR === '0' || TERM === 'dumb';
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return { color: !refused && (isTerminal || forced), unicode: /utf-?8/i.test(locale) && TERM !== 'linux' };
}

export interface Sign {
  readonly tone: Tone;
  readonly symbol: keyof Symbols;
  readonly word: string;
}

export const SEVERITY_SIGNS: Readonly<Record<Severity, Sign>> = {
  high: { tone: 'bad', symbol: 'alarm', word: 'high' },
  medium: { tone: 'warn', symbol: 'warning', word: 'medium' },
  low: { tone: 'accent', symbol: 'dot', word: 'low' },
  info: { tone: 'dim', symbol: 'bullet', word: 'info' },
};

export const OUTCOME_SIGNS: Readonly<Record<Outcome, Sign>> = {
  changed: { tone: 'good', symbol: 'good', word: 'changed' },
  pending: { tone: 'warn', symbol: 'warning', word: 'awaits confirmation' },
  unchanged: { tone: 'good', symbol: 'good', word: 'unchanged' },
  refused: { tone: 'warn', symbol: 'warning', word: 'refused' },
  failed: { tone: 'bad', symbol: 'bad', word: 'failed' },
  reverted: { tone: 'warn', symbol: 'warning', word: 'taken back' },
  conflict: { tone: 'bad', symbol: 'alarm', word: 'CONFLICT' },
  broken: { tone: 'bad', symbol: 'alarm', word: 'BROKEN' },
  unknown: { tone: 'warn', symbol: 'warning', word: 'unknown' },
  'not-started': { tone: 'dim', symbol: 'ring', word: 'not started' },
};

export const RUN_SIGNS: Readonly<Record<RunOutcome, Sign>> = {
  done: { tone: 'good', symbol: 'good', word: 'done' },
  failed: { tone: 'bad', symbol: 'bad', word: 'failed' },
  refused: { tone: 'warn', symbol: 'warning', word: 'refused' },
  unknown: { tone: 'warn', symbol: 'warning', word: 'unknown' },
  'taken-back': { tone: 'warn', symbol: 'warning', word: 'taken back' },
  interrupted: { tone: 'warn', symbol: 'warning', word: 'interrupted' },
};

export const VERDICT_SIGNS: Readonly<Record<Verdict, Sign>> = {
  cured: { tone: 'good', symbol: 'good', word: 'cured' },
  better: { tone: 'good', symbol: 'good', word: 'better' },
  'no effect': { tone: 'warn', symbol: 'ring', word: 'no effect' },
  worse: { tone: 'bad', symbol: 'bad', word: 'worse' },
  'no traffic': { tone: 'warn', symbol: 'warning', word: 'no traffic' },
  unknown: { tone: 'warn', symbol: 'warning', word: 'unknown' },
};
