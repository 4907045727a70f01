import { Failure } from '../domain/failure.js';
import type { Inventory, Model } from '../domain/inventory.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Clock, Juju } from '../engine/ports.js';
import { entries, field, items, parseJson, text } from './json.js';
import type { JujuCli, JujuRequest, JujuResult } from './juju-cli.js';
import { knownFailure } from './juju-errors.js';
import { parseStatus } from './juju-status.js';
import { endTasks } from './juju-tasks.js';
import { hooksInTheWay } from './running-hooks.js';

const DEMO_CONTROLLER = 'juju-tune-demo';
const LOCAL_SECONDS = 30;
const MODELS_SECONDS = 60;
const STATUS_SECONDS = 120;

/** Which of the three ways of running commands this client has (juju-contract 11). */
export type Dialect = '2.9' | '3' | '4';

/** One model, reached by one juju client. Every command names the model, so that a switch elsewhere changes nothing here. */
export interface JujuClient extends Juju {
  readonly dialect: Dialect;
  readonly model: Model;
  /** `controller:model`, as it is given by `-m`. */
  readonly target: string;
  /** Runs a command on this model. Like `JujuCli.run`. */
  run(command: ModelCommand): Promise<JujuResult>;
  mustRun(command: ModelCommand): Promise<JujuResult>;
  /** What a task for each unit would have to wait for now, by unit: `config-changed`, `update-status of keystone-hacluster/1`. */
  hooksInTheWay(signal: AbortSignal): Promise<ReadonlyMap<UnitName, string>>;
}

export interface ModelCommand extends Omit<JujuRequest, 'argv' | 'context'> {
  readonly verb: string;
  /** What follows the verb and `-m`. */
  readonly args: readonly string[];
}

export interface ModelChoice {
  /** `controller:model`, to be given by `-m`. */
  readonly target: string;
  readonly type: string;
  readonly status: string;
  readonly access: string;
}

export interface ClientOptions {
  /** `-m`; else `JUJU_MODEL`, else juju's current model. */
  readonly model?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gives the time of an inventory. */
  readonly clock: (demo: boolean) => Clock;
  readonly signal: AbortSignal;
}

/**
 * Finds out which model is meant and what the client can do: `version`, `whoami`, `models`, and `show-model` for a model that is
 * not listed. Throws `Failure('juju')`; without a model its `problems` are those there are to choose from.
 */
export async function openJujuClient(cli: JujuCli, options: ClientOptions): Promise<JujuClient> {
  const { signal } = options;
  const wanted = wantedModel(options);
  const [clientVersion, who] = await Promise.all([readVersion(cli, signal), readWho(cli, wanted, signal)]);
  const name = wanted.model === '' ? who.model : wanted.model;
  const listed = await readModels(cli, who, signal);
  if (name === '') throw noModel(who, listed);
  const found = listed.find((model) => isMeant(model, name, who)) ?? (await showModel(cli, who, name, signal));
  const model = modelOf(found, who);
  return clientOf(cli, clientVersion, model, options.clock(model.demo));
}

/** Models of the current controller, for a person to choose from. Throws `Failure('juju')`. */
export async function listModels(cli: JujuCli, options: Omit<ClientOptions, 'clock'>): Promise<readonly ModelChoice[]> {
  const who = await readWho(cli, { ...wantedModel(options), model: '' }, options.signal);
  return choices(who, await readModels(cli, who, options.signal));
}

function clientOf(cli: JujuCli, clientVersion: string, model: Model, clock: Clock): JujuClient {
  const target = `${model.controller}:${model.name}`;
  const dialect = dialectOf(clientVersion);
  const request = ({ verb, args, ...rest }: ModelCommand): JujuRequest => ({
    ...rest,
    argv: [verb, '-m', target, ...args],
    context: { controller: model.controller, model: target },
  });
  const status = async (signal: AbortSignal): Promise<Inventory> => {
    const command = request({ verb: 'status', args: ['--format', 'json', '--utc'], timeoutSeconds: STATUS_SECONDS, signal });
    const { stdout } = await cli.mustRun(command);
    return parseStatus(stdout, model, new Date(clock.now()).toISOString());
  };
  return {
    clientVersion,
    dialect,
    model,
    target,
    status,
    endTasks: (ids, signal) => endTasks((command) => cli.run(request(command)), ids, signal),
    run: (command) => cli.run(request(command)),
    mustRun: (command) => cli.mustRun(request(command)),
    hooksInTheWay: async (signal) => hooksInTheWay(await status(signal), dialect !== '3'),
  };
}

interface Wanted {
  readonly controller: string;
  readonly model: string;
}

/** A controller, and a model with or without its owner: whatever people call them, never what could be taken for a flag. */
const NAME = '[^\\s:/-][^\\s:/]*';
const CONTROLLER_NAME = new RegExp(`^${NAME}$`);
const MODEL_NAME = new RegExp(`^(?:${NAME}/)?${NAME}$`);
const GIVEN = new RegExp(`^(?:${NAME}:)?(?:${NAME}/)?(?:${NAME})?$`);

/** Throws `Failure('juju')` for a name that is none. */
function checkedName(grammar: RegExp, name: string, what: string): string {
  if (grammar.test(name)) return name;
  throw new Failure('juju', `what juju tells is no answer: "${name}" is no name of a ${what}`, { hint: `juju ${what}s` });
}

/** `[controller:][user/]model`, of `-m` or of the environment. */
function wantedModel(options: Pick<ClientOptions, 'model' | 'environment'>): Wanted {
  const given = options.model ?? options.environment.JUJU_MODEL ?? '';
  if (!GIVEN.test(given)) {
    throw new Failure('usage', `"${given}" names no model; it must be [controller:][user/]model`, { hint: 'juju models' });
  }
  const colon = given.indexOf(':');
  const own = colon < 0 ? '' : given.slice(0, colon);
  return { controller: own || (options.environment.JUJU_CONTROLLER ?? ''), model: given.slice(colon + 1) };
}

const VERSION = /^(\d+)\.(\d+)(?:\.(\d+)|-([a-z]+)(\d+))(?:\.(\d+))?(?=-|$)/;

async function readVersion(cli: JujuCli, signal: AbortSignal): Promise<string> {
  const { stdout } = await cli.mustRun({ argv: ['version'], timeoutSeconds: LOCAL_SECONDS, signal });
  const found = VERSION.exec(stdout.trim());
  if (!found)
    throw new Failure('juju', `"juju version" printed "${stdout.trim().slice(0, 60)}", which is no version`, {
      hint: 'juju version',
    });
  const [version, major, minor] = found;
  if (Number(major) < 2 || (Number(major) === 2 && Number(minor) < 9)) {
    throw new Failure('juju', `juju ${version} is too old: 2.9 or newer is needed`, {
      hint: 'sudo snap refresh juju --channel 3/stable',
    });
  }
  return version;
}

function dialectOf(version: string): Dialect {
  const major = Number.parseInt(version, 10);
  return major < 3 ? '2.9' : major === 3 ? '3' : '4';
}

interface Who {
  readonly controller: string;
  readonly model: string;
  readonly user: string;
}

async function readWho(cli: JujuCli, wanted: Wanted, signal: AbortSignal): Promise<Who> {
  const named = wanted.controller === '' ? {} : { controller: wanted.controller };
  const request = { argv: ['whoami', '--format', 'json'], timeoutSeconds: LOCAL_SECONDS, signal, context: named, ...named };
  const { stdout, stderr } = await cli.mustRun(request);
  if (stdout.trim() === '' || stdout.trim() === '{}') {
    const controller = /to controller "([^"]+)"/.exec(stderr)?.[1];
    // For a controller that it does not know, juju says that there is no current one.
    if (wanted.controller !== '' && /no current controller/.test(stderr)) {
      throw new Failure('juju', `there is no controller "${wanted.controller}"`, { hint: 'juju controllers' });
    }
    const about = { command: 'juju whoami', ...named, ...(controller ? { controller } : {}) };
    throw knownFailure(stderr, about) ?? new Failure('juju', 'no controller is selected', { hint: 'juju switch CONTROLLER' });
  }
  const who = parseJson(stdout, 'juju whoami');
  const model = text(who, 'model');
  return {
    controller: checkedName(CONTROLLER_NAME, text(who, 'controller'), 'controller'),
    model: model === '' ? '' : checkedName(MODEL_NAME, model, 'model'),
    user: text(who, 'user'),
  };
}

async function readModels(cli: JujuCli, who: Who, signal: AbortSignal): Promise<readonly unknown[]> {
  const argv = ['models', '-c', who.controller, '--format', 'json'];
  const { stdout } = await cli.mustRun({ argv, timeoutSeconds: MODELS_SECONDS, signal, context: { controller: who.controller } });
  return items(parseJson(stdout, 'juju models'), 'models');
}

/** A model that `models` does not list (an administrator's view of somebody else's, or a UUID's prefix). */
async function showModel(cli: JujuCli, who: Who, name: string, signal: AbortSignal): Promise<unknown> {
  const target = `${who.controller}:${name}`;
  const argv = ['show-model', target, '--format', 'json'];
  const context = { controller: who.controller, model: target };
  const { stdout } = await cli.mustRun({ argv, timeoutSeconds: MODELS_SECONDS, signal, context });
  const shown = entries(parseJson(stdout, 'juju show-model'))[0]?.[1];
  return { ...Object.fromEntries(entries(shown)), access: text(field(shown, 'users'), who.user, 'access') };
}

function isMeant(model: unknown, name: string, who: Who): boolean {
  const uuid = text(model, 'model-uuid');
  return nameOf(model, who) === name || text(model, 'name') === name || (name.length >= 6 && uuid.startsWith(name));
}

/** The shortest name that means this model to this user: `openstack` for one of his own, else `owner/openstack`. */
function nameOf(model: unknown, who: Who): string {
  const name = text(model, 'name');
  return name.startsWith(`${who.user}/`) ? name.slice(who.user.length + 1) : name;
}

function modelOf(found: unknown, who: Who): Model {
  return {
    name: checkedName(MODEL_NAME, nameOf(found, who), 'model'),
    controller: who.controller,
    uuid: text(found, 'model-uuid'),
    type: text(found, 'model-type') === 'caas' ? 'caas' : 'iaas',
    version: text(found, 'agent-version'),
    access: text(found, 'access'),
    demo: who.controller === DEMO_CONTROLLER,
  };
}

function choices(who: Who, models: readonly unknown[]): ModelChoice[] {
  return models.map((model) => ({
    target: `${who.controller}:${nameOf(model, who)}`,
    type: text(model, 'model-type'),
    status: text(model, 'status', 'current'),
    access: text(model, 'access'),
  }));
}

function noModel(who: Who, models: readonly unknown[]): Failure {
  const targets = choices(who, models).map((choice) => choice.target);
  return new Failure('juju', `no model of controller "${who.controller}" is selected`, {
    problems: targets,
    choose: 'model',
    hint: targets[0] === undefined ? `juju add-model -c ${who.controller} NAME` : `juju-tune -m ${targets[0]}`,
  });
}
