import type { CharmConfig, CharmOption } from '../domain/charm-config.js';
import { isSecretOption } from '../domain/charm-config.js';
import { Failure } from '../domain/failure.js';
import type { OptionStep } from '../domain/plan.js';
import type { CharmConfiguration } from '../engine/ports.js';
import { entries, field, parseJson, text } from './json.js';
import type { JujuClient } from './juju-client.js';

const READ_SECONDS = 60;
const SET_SECONDS = 120;
/** Juju's grammar of application names (names package), so that none can be taken for a flag. */
const APPLICATION = /^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$/;
const OPTION = /^[a-z0-9][a-z0-9_.-]{0,99}$/i;

/** `juju config`, the same for every Juju version (juju-contract 8). */
export function createCharmConfiguration(client: JujuClient): CharmConfiguration {
  return {
    async read(application, signal) {
      requireName(APPLICATION, application, 'application');
      const args = [application, '--format', 'json'];
      const { stdout } = await client.mustRun({ verb: 'config', args, timeoutSeconds: READ_SECONDS, signal });
      return parseConfig(application, stdout);
    },
    async write(application, options, signal) {
      requireName(APPLICATION, application, 'application');
      const args = [application, ...options.flatMap(assignment), ...resets(options)];
      await client.mustRun({ verb: 'config', args, timeoutSeconds: SET_SECONDS, signal });
    },
  };
}

/** Reads what `juju config APPLICATION --format json` printed. Values of secrets are left behind here. Throws `Failure('juju')`. */
export function parseConfig(application: string, stdout: string): CharmConfig {
  const json = parseJson(stdout, 'juju config');
  const options = entries(json, 'settings').flatMap(([name, setting]): [string, CharmOption][] => {
    const type = text(setting, 'type');
    return isSecretOption(name, type) ? [] : [[name, optionOf(setting, type)]];
  });
  return { application, options: new Map(options) };
}

function optionOf(setting: unknown, type: string): CharmOption {
  const value = spelled(field(setting, 'value'));
  const byDefault = spelled(field(setting, 'default'));
  return { type, value: value ?? '', source: sourceOf(text(setting, 'source'), value, byDefault), default: byDefault };
}

/** Where Juju does not say it, a value that is not the default was given by somebody. */
function sourceOf(said: string, value: string | undefined, byDefault: string | undefined): CharmOption['source'] {
  if (said === 'user' || said === 'default' || said === 'unset') return said;
  if (value === undefined) return 'unset';
  return value === byDefault ? 'default' : 'user';
}

/** As `juju config` takes it back. */
function spelled(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function assignment({ option, after }: OptionStep): string[] {
  requireName(OPTION, option, 'option');
  if (after.source !== 'user') return [];
  // juju reads `option=@file` from a file.
  if (after.value.startsWith('@')) throw new Failure('usage', `option "${option}" cannot be set to a value that starts with "@"`);
  return [`${option}=${after.value}`];
}

function resets(options: readonly OptionStep[]): string[] {
  const names = options.filter(({ after }) => after.source !== 'user').map(({ option }) => option);
  return names.length === 0 ? [] : ['--reset', names.join(',')];
}

function requireName(grammar: RegExp, name: string, what: string): void {
  if (!grammar.test(name)) throw new Failure('usage', `"${name.slice(0, 60)}" is no name of an ${what}`);
}
