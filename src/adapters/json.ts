import { Failure } from '../domain/failure.js';
import { redact } from '../domain/redact.js';

/** JSON that Juju printed. Throws `Failure('juju')` naming the command when it is none. */
export function parseJson(text: string, command: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const start = redact(text.trimStart().slice(0, 1000)).slice(0, 60).trimEnd();
    throw new Failure('juju', `"${command}" printed no JSON${start === '' ? ': its output is empty' : `, but "${start}"`}`, {
      cause,
    });
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at that path of own keys; undefined where there is none. Never reaches a prototype. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) {
    if (!isRecord(here) || !Object.hasOwn(here, name)) return undefined;
    here = here[name];
  }
  return here;
}

/** The text at that path; a number is spelled, all else is empty. */
export function text(value: unknown, ...path: readonly string[]): string {
  const found = field(value, ...path);
  if (typeof found === 'string') return found;
  return typeof found === 'number' ? String(found) : '';
}

/** The number at that path, also when it is spelled. */
export function number(value: unknown, ...path: readonly string[]): number | undefined {
  const found = field(value, ...path);
  if (typeof found === 'number') return found;
  return typeof found === 'string' && /^-?\d{1,15}$/.test(found) ? Number(found) : undefined;
}

export function texts(value: unknown, ...path: readonly string[]): string[] {
  const found = field(value, ...path);
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : [];
}

export function items(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = field(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Keys and values of the record at that path, none where there is no record. */
export function entries(value: unknown, ...path: readonly string[]): [string, unknown][] {
  const found = field(value, ...path);
  return isRecord(found) ? Object.entries(found) : [];
}
