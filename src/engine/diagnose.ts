import type { Diagnostic } from '../domain/action.js';
import type { UnitCheck, UnitSilence } from '../domain/check.js';
import type { Evidence, Facts } from '../domain/finding.js';
import type { Unit } from '../domain/inventory.js';
import type { Collected, Transport, UnitEvent, Units } from './ports.js';
import type { Progress } from './session.js';

const DIAGNOSE_SECONDS = 60;

export interface Diagnosis {
  readonly checks: readonly UnitCheck[];
  readonly silent: readonly UnitSilence[];
}

/** Runs the diagnostics on every unit, all of them in one task a unit, and tells each unit's result as it comes. */
export async function diagnose(
  question: {
    readonly diagnostics: readonly Diagnostic[];
    readonly units: readonly Unit[];
    readonly windowSeconds: number;
    readonly transport: Transport;
  },
  ports: { readonly units: Units },
  progress: (event: Progress) => void,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const names = question.units.map((unit) => unit.name);
  const checks: UnitCheck[] = [];
  const silent: UnitSilence[] = [];
  if (names.length === 0 || question.diagnostics.length === 0) return { checks, silent };
  const params = { window: String(question.windowSeconds) };
  const options = { timeoutSeconds: DIAGNOSE_SECONDS, signal, transport: question.transport };
  for await (const event of ports.units.collect(question.diagnostics, params, names, options)) {
    if (event.kind === 'answer') {
      const check = checkOf(event.unit, event.value, event.milliseconds);
      checks.push(check);
      progress({ type: 'checked', unit: check });
    }
    if (event.kind === 'no-answer') silent.push({ unit: event.unit, code: event.code, message: event.message });
    tellProgress(event, progress);
  }
  return { checks, silent };
}

/** The part of a fan-out's event that a waiting person wants to know. */
export function tellProgress<T>(event: UnitEvent<T>, progress: (event: Progress) => void): void {
  if (event.kind === 'answer') {
    progress({ type: 'unit', unit: event.unit, state: 'answered', detail: `${event.milliseconds} ms` });
  } else if (event.kind === 'no-answer') {
    progress({ type: 'unit', unit: event.unit, state: 'no answer', detail: event.message });
  } else if (event.kind === 'waiting') {
    progress({ type: 'waiting', unit: event.unit, why: event.why, seconds: event.seconds, limit: event.limit });
  } else {
    for (const unit of Object.keys(event.tasks))
      progress({ type: 'unit', unit, state: 'sent', detail: `operation ${event.operation}` });
  }
}

function checkOf(unit: string, parts: readonly Collected[], milliseconds: number): UnitCheck {
  const facts: Facts = joined(parts.map((part) => part.facts));
  const evidence = joined<readonly Evidence[]>(parts.map((part) => part.evidence));
  const problems = parts.flatMap((part) => [
    ...(part.problem ? [`${part.diagnostic}: ${part.problem}`] : []),
    ...(part.cutBytes > 0 ? [`${part.diagnostic}: ${part.cutBytes} bytes of output were cut off`] : []),
  ]);
  const unjailed = parts.find((part) => part.unjailed !== undefined)?.unjailed;
  return {
    unit,
    application: unit.slice(0, unit.indexOf('/')),
    facts,
    evidence,
    problems,
    milliseconds,
    ...(unjailed === undefined ? {} : { unjailed }),
  };
}

/** By hand, and by their names, which costs half of what their entries do. */
function joined<T>(records: readonly Readonly<Record<string, T>>[]): Readonly<Record<string, T>> {
  const all: Record<string, T> = Object.create(null);
  for (const record of records) for (const name in record) all[name] = record[name] as T;
  return all;
}
