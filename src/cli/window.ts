import { createInterface } from 'node:readline';
import { clockOf } from '../adapters/clock.js';
import { Failure } from '../domain/failure.js';
import type { Plan } from '../domain/plan.js';
import type { Run } from '../domain/run.js';
import type { Clock } from '../engine/ports.js';
import type { AskPerson, ConfirmWindow, Decision } from '../engine/window.js';
import { parseSeconds } from '../planning/length-of-time.js';
import { awaitingText, secondsLeft } from '../ui/plain/window.js';
import { duration } from '../ui/text.js';
import { type Context, isInteractive } from './context.js';
import type { Invocation } from './invocation.js';

/** A person has so long to confirm, where nothing else was said (product.md). */
const CONFIRM_WITHIN = 600;
const EXTEND_SECONDS = 300;

export interface WindowOptions {
  readonly confirmWithin?: string;
  /** False for `--no-guard`. */
  readonly guard?: boolean;
}

/** The model's clock; the demo's runs faster than that of the person who looks at it. */
export function clockFor({ context }: Invocation, { demo }: Pick<Plan, 'demo'>): Clock {
  return clockOf(context.environment, demo);
}

/**
 * How the change is held until it is confirmed: on a terminal the person is asked, elsewhere it is confirmed by itself after the last
 * gate, unless `--confirm-within` leaves it to a later command. Lengths of time are the person's. Throws `Failure('usage')`.
 */
export function windowFor(plan: Plan, options: WindowOptions, invocation: Invocation): ConfirmWindow {
  const guard = options.guard !== false;
  const given = options.confirmWithin;
  const isOff = given === 'off' || (given !== undefined && parseSeconds(given, '--confirm-within') === 0);
  if (plan.kind === 'rollback' || plan.charm || isOff) return { seconds: 0, guard, confirm: 'itself' };
  requireGuard(plan, guard);
  const clock = clockFor(invocation, plan);
  const wanted = given === undefined ? CONFIRM_WITHIN : parseSeconds(given, '--confirm-within');
  const seconds = Math.ceil(wanted * clock.rate);
  if (isInteractive(invocation.context)) return { seconds, guard, confirm: askOnTerminal(invocation, clock) };
  return { seconds, guard, confirm: given === undefined ? 'itself' : 'later' };
}

/** Throws `Failure('usage')` for units that could not take the change back by themselves, unless that was typed. */
function requireGuard({ unguarded = [] }: Plan, guard: boolean): void {
  const [first] = unguarded;
  if (!first || !guard) return;
  throw new Failure('usage', `nothing on ${first.unit} would take an unconfirmed change back by itself: ${first.reason}`, {
    problems: unguarded.slice(1).map(({ unit, reason }) => `${unit}: ${reason}`),
    hint: 'the same with --no-guard',
  });
}

/** Asks below the numbers, with the time that is left. */
function askOnTerminal({ context, output }: Invocation, clock: Clock): AskPerson {
  return async (run, signal) => {
    for (const line of awaitingText(run, output.paint, clock)) context.err(line);
    for (;;) {
      const answer = await askWithin(run, clock, context, signal);
      const longer = Math.ceil(((secondsLeft(run, clock) ?? 0) + EXTEND_SECONDS) * clock.rate);
      const decision = readDecision(answer, longer);
      if (decision) return decision;
      context.err('type confirm, extend, rollback or leave, or its first letter; accept-drift confirms what was edited since');
    }
  };
}

/** `longer`: the window with five minutes more, seconds of the model's clock. */
function readDecision(answer: string, longer: number): Decision | undefined {
  switch (answer.toLowerCase()) {
    case 'c':
    case 'confirm':
      return { kind: 'confirm', acceptDrift: false };
    case 'accept-drift':
      return { kind: 'confirm', acceptDrift: true };
    case 'e':
    case 'extend':
      return { kind: 'extend', seconds: longer };
    case 'r':
    case 'rollback':
      return { kind: 'take-back' };
    case 'l':
    case 'leave':
      return { kind: 'leave' };
    default:
      return undefined;
  }
}

/**
 * One line from the terminal, under a prompt that counts down. The first Ctrl-C says what a second does: it leaves the change to the
 * timers. Throws `Failure('interrupted')` when the signal ends the question, or the terminal does.
 */
function askWithin(run: Run, clock: Clock, context: Context, signal: AbortSignal): Promise<string> {
  const reader = createInterface({ input: context.stdin, output: context.stderr });
  const prompt = (): string => {
    const left = secondsLeft(run, clock);
    return `confirm, extend (+5 min), rollback, leave? ${left === undefined ? '' : `${duration(left)} left`}: `;
  };
  const show = (): void => {
    reader.setPrompt(prompt());
    reader.prompt(true);
  };
  return new Promise<string>((resolve, reject) => {
    const ticker = setInterval(show, 1000);
    let interrupts = 0;
    let isOver = false;
    // Closing the reader says so too; only the first end counts.
    const end = (say: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearInterval(ticker);
      signal.removeEventListener('abort', giveUp);
      reader.close();
      say();
    };
    const giveUp = (): void =>
      end(() => {
        context.err('');
        reject(new Failure('interrupted', 'interrupted at the question'));
      });
    reader.on('SIGINT', () => {
      interrupts++;
      if (interrupts > 1) {
        giveUp();
        return;
      }
      context.err('');
      context.err('Ctrl-C again leaves it to the timers of the units, which take it back unless it is confirmed in time');
      show();
    });
    reader.once('line', (line) => end(() => resolve(line.trim())));
    reader.once('close', giveUp);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    else show();
  });
}
