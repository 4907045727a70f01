import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { flagsOf, isSet, JujuError, type Parsed, parseCommand } from './arguments.js';
import { agentAway } from './hooks.js';
import {
  clientVersion,
  currentModel,
  models,
  NO_CONTROLLERS,
  NO_MODEL,
  showModel,
  switchModel,
  version,
  whoami,
} from './models.js';
import type { Output } from './output.js';
import { type CarryOut, openPlace, type Place, placeOf } from './place.js';
import { count, holds, type Login, wrongCall } from './scenario.js';

/** Commands about one model. */
const OF_MODEL = new Set([
  'show-model',
  'status',
  'exec',
  'show-operation',
  'show-task',
  'operations',
  'cancel-task',
  'cancel-action',
  'config',
  'ssh',
]);
/** Commands that talk to the controller; the others read local files only. */
const REMOTE = new Set([...OF_MODEL, 'models']);

/** Whose call it is: what his environment says, and where he reads. */
export interface Caller {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Before it returns all of it is on its way. */
  write(stream: 1 | 2, text: string): void;
  readonly carryOut?: CarryOut;
}

class Buffered implements Output {
  text = '';
  readonly #caller: Caller;
  readonly #quiet: boolean;

  constructor(caller: Caller, quiet: boolean) {
    this.#caller = caller;
    this.#quiet = quiet;
  }

  write(text: string): void {
    this.text += text;
  }

  info(text: string): void {
    if (!this.#quiet) this.#caller.write(2, text);
  }

  error(text: string): void {
    this.#caller.write(2, `ERROR ${text}\n`);
  }
}

function checkModel(place: Place, parsed: Parsed, { env }: Caller): void {
  const { cloud } = place;
  const named = parsed.command === 'show-model' ? parsed.words[0] : parsed.values.get('model');
  const wanted = named || env.JUJU_MODEL || currentModel(place);
  if (wanted === undefined) throw new JujuError(NO_MODEL);
  const colon = wanted.indexOf(':');
  const controller = colon < 0 ? cloud.controller.name : wanted.slice(0, colon);
  const name = colon < 0 ? wanted : wanted.slice(colon + 1);
  if (controller !== cloud.controller.name) throw new JujuError(`controller ${controller} not found`);
  const { model } = cloud;
  const known =
    name === model.name ||
    name === `${model.owner}/${model.name}` ||
    (name.length >= 6 && model.uuid.startsWith(name)) ||
    (name === '' && currentModel(place) !== undefined);
  if (!known) throw new JujuError(`model ${controller}:${name.includes('/') ? name : `${model.owner}/${name}`} not found`);
}

/** The troubles of a scenario that come before a command does anything. */
function checkReach(place: Place, command: string, caller: Caller): void {
  const { scenario } = place.live;
  if (scenario.storeLock !== undefined && command !== 'version' && count(place.dir, 'store-lock') <= scenario.storeLock) {
    throw new JujuError('cannot acquire lock file to read controllers: unable to acquire lock: timed out');
  }
  if (!REMOTE.has(command)) return;
  if (scenario.noControllers) throw new JujuError(NO_CONTROLLERS);
  if (scenario.controllerDown !== undefined && holds(place.live, scenario.controllerDown)) {
    throw new JujuError('unable to connect to API: dial tcp 10.246.64.5:17070: connect: no route to host');
  }
  if (scenario.login !== undefined) askToLogIn(place, scenario.login, caller);
}

function askToLogIn(place: Place, login: Login, caller: Caller): never {
  const { name } = place.cloud.controller;
  switch (login) {
    case 'password':
      caller.write(2, `please enter password for admin on ${name}: \n`);
      throw new JujuError('cannot get password: EOF');
    case 'browser':
      caller.write(
        2,
        'Opening an authorization web page in your browser.\nIf it does not open, please open this URL:\nhttps://login.example.com/login?did=0123456789abcdef\n',
      );
      throw new JujuError('cannot get discharge from "https://login.example.com": interaction required but not possible');
    case 'device':
      caller.write(2, 'Please visit https://login.example.com/device and enter code WXYZ-1234 to log in.\n');
      throw new JujuError('cannot log into controller: context canceled');
    case 'expired':
      throw new JujuError('login expired\n\nuser credentials have expired; please log back in with "juju login"');
  }
}

async function dispatch(place: Place, parsed: Parsed, output: Output, { env }: Caller): Promise<number> {
  switch (parsed.command) {
    case 'version':
      return version(place, parsed, output);
    case 'whoami':
      return whoami(place, parsed, output, env.JUJU_CONTROLLER);
    case 'switch':
      return switchModel(place, parsed, output);
    case 'models':
      return models(place, parsed, output);
    case 'show-model':
      return showModel(place, parsed, output);
    case 'status':
      return (await import('./status.js')).status(place, parsed, output);
    case 'exec':
      return (await import('./exec.js')).exec(place, parsed, output);
    case 'show-operation':
      return (await import('./views.js')).showOperation(place, parsed, output);
    case 'show-task':
      return (await import('./views.js')).showTask(place, parsed, output);
    case 'operations':
      return (await import('./views.js')).operations(place, parsed, output);
    case 'cancel-task':
    case 'cancel-action':
      return (await import('./views.js')).cancelTask(place, parsed, output);
    case 'config':
      return (await import('./config.js')).config(place, parsed, output);
    default:
      return (await import('./ssh.js')).ssh(place, parsed);
  }
}

/** Takes up tasks whose units were away and are back. */
async function resumeTasks(place: Place): Promise<void> {
  let waiting: string[];
  try {
    waiting = readdirSync(join(place.dir, 'waiting'));
  } catch {
    return;
  }
  if (waiting.length === 0) return;
  const { resumeWaiting } = await import('./views.js');
  resumeWaiting(place, waiting, (unit) => agentAway(place, unit, 0) === 0);
}

async function carryOut(place: Place, parsed: Parsed, output: Buffered, caller: Caller): Promise<number> {
  const formatted = /^(json|yaml)$/.test(parsed.values.get('format') ?? '');
  try {
    checkReach(place, parsed.command, caller);
    if (OF_MODEL.has(parsed.command)) checkModel(place, parsed, caller);
    await resumeTasks(place);
    return await dispatch(place, parsed, output, caller);
  } catch (error) {
    if (!(error instanceof JujuError)) throw error;
    output.error(error.message);
    if (error.code === 1 && formatted && output.text === '') output.write('{}\n');
    return error.code;
  }
}

interface Said {
  readonly output: Buffered;
  readonly caller: Caller;
}

/** Puts the scenario's answer in place of the right one. */
function distort(place: Place, command: string, code: number, { output, caller }: Said): number {
  const wrong = wrongCall(place.live, command);
  if (wrong === undefined) return code;
  if (wrong.stderr !== undefined) caller.write(2, wrong.stderr);
  if (wrong.as === 'empty') output.text = '';
  else if (wrong.as === 'partial') output.text = output.text.slice(0, Math.floor(output.text.length / 2));
  else if (wrong.as === 'malformed') output.text = output.text.replace(':', ';');
  else output.text = wrong.stdout ?? '';
  return wrong.code ?? (wrong.as === undefined ? 0 : code);
}

const TAKES_NO_MODEL = new Set(['version', 'whoami', 'switch', 'models']);

/** Carries out one call of juju and says its exit code. */
export async function juju(argv: readonly string[], caller: Caller): Promise<number> {
  const { env } = caller;
  const data = env.JUJU_DATA;
  if (!data) {
    caller.write(2, 'ERROR this is the juju of the juju-tune demo, and JUJU_DATA does not name a demo\n');
    return 2;
  }
  let place: Place;
  try {
    place = openPlace(placeOf(data), caller.carryOut);
  } catch (error) {
    caller.write(2, `ERROR ${(error as Error).message}\n`);
    return 2;
  }
  if (place.live.scenario.latencyMs) await wait(place.live.scenario.latencyMs);
  let at = 0;
  while (/^(--debug|--quiet|-q|--verbose|-v|--no-alias|--show-log)$/.test(argv[at] ?? '')) at++;
  const command = argv[at] ?? 'help';
  if (command === '--version') {
    caller.write(1, `${clientVersion(place)}\n`);
    return 0;
  }
  const flags = flagsOf(command, place.cloud.dialect, (env.JUJU_FEATURES ?? '').includes('actions-v2'));
  if (flags === undefined) {
    caller.write(2, `ERROR juju: ${JSON.stringify(command)} is not a juju command. See "juju --help".\n`);
    return 1;
  }
  let parsed: Parsed;
  try {
    parsed = parseCommand(command, argv.slice(at + 1), flags);
    if (TAKES_NO_MODEL.has(command) && parsed.values.has('model')) throw new JujuError('option provided but not defined: -m', 2);
  } catch (error) {
    if (!(error instanceof JujuError)) throw error;
    caller.write(2, `ERROR ${error.message}\n`);
    return error.code;
  }
  const output = new Buffered(
    caller,
    isSet(parsed, 'quiet') || argv.slice(0, at).some((word) => word === '--quiet' || word === '-q'),
  );
  const code = distort(place, command, await carryOut(place, parsed, output, caller), { output, caller });
  caller.write(1, output.text);
  return code;
}
