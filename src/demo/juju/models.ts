import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../cloud.js';
import { writeAtomically } from '../files.js';
import { isSet, JujuError, type Parsed } from './arguments.js';
import { inFormat, type Output } from './output.js';
import { type Place, statusTime } from './place.js';

const DAY_MS = 86_400_000;

export const NO_CONTROLLERS =
  'No controllers registered.\n\nPlease either create a new controller using "juju bootstrap" or connect to\nanother controller that you have been given access to using "juju register".';
export const NO_MODEL =
  'No model in focus.\n\nPlease use "juju models" to see models available to you.\nYou can set current model by running "juju switch"\nor specify any other model on the command line using the "-m" option.';

export function clientVersion(place: Place): string {
  return `${place.version}-${place.cloud.dialect === '2.9' ? 'ubuntu' : 'genericlinux'}-amd64`;
}

export function version(place: Place, parsed: Parsed, output: Output): number {
  const text = clientVersion(place);
  const format = parsed.values.get('format') ?? 'smart';
  if (!isSet(parsed, 'all')) {
    output.write(format === 'json' ? `${JSON.stringify(text)}\n` : `${text}\n`);
    return 0;
  }
  const recent = place.cloud.dialect !== '2.9';
  const all = {
    version: text,
    'git-commit': hexOf(`juju ${place.version}`, 40),
    'git-tree-state': 'clean',
    compiler: 'gc',
    ...(recent && { official: true, 'go-build-tags': 'libsqlite3,dqlite' }),
  };
  output.write(inFormat(all, format === 'json' ? 'json' : 'yaml'));
  return 0;
}

/** The model that is current; undefined when none is. */
export function currentModel(place: Place): string | undefined {
  const { noCurrentModel, currentModel: switchedTo } = place.live.scenario;
  if (noCurrentModel) return undefined;
  if (switchedTo !== undefined) return switchedTo;
  try {
    return (JSON.parse(readFileSync(join(place.dir, 'juju-data', 'current.json'), 'utf8')) as { model?: string }).model;
  } catch {
    return place.cloud.model.name;
  }
}

/** Local, without the network: rc 0 and an empty stdout when nothing can be said (juju-contract 2.2). `asked`: what JUJU_CONTROLLER names. */
export function whoami(place: Place, parsed: Parsed, output: Output, asked: string | undefined): number {
  if (place.live.scenario.noControllers) {
    output.info('There is no current controller.\nRun juju controllers to see available controllers.\n');
    return 0;
  }
  const controller = place.cloud.controller.name;
  if (asked !== undefined && asked !== controller) {
    output.info('There is no current controller.\nRun juju controllers to see available controllers.\n');
    return 0;
  }
  if (place.live.scenario.login !== undefined) {
    output.info(
      `You are not logged in to controller "${controller}" and model "admin/${place.cloud.model.name}".\nRun juju login if you want to login.\n`,
    );
    return 0;
  }
  const model = currentModel(place);
  const body = { controller, ...(model !== undefined && { model }), user: 'admin' };
  const format = parsed.values.get('format');
  if (format === 'json' || format === 'yaml') output.write(inFormat(body, format));
  else output.write(`Controller:  ${controller}\nModel:       ${model ?? '<no-current-model>'}\nUser:        admin\n`);
  return 0;
}

export function switchModel(place: Place, parsed: Parsed, output: Output): number {
  if (place.live.scenario.noControllers) throw new JujuError(NO_CONTROLLERS);
  const { cloud } = place;
  const here = (): string => {
    const model = currentModel(place);
    return model === undefined ? cloud.controller.name : `${cloud.controller.name}:${cloud.model.owner}/${model}`;
  };
  const [word] = parsed.words;
  if (word === undefined) {
    output.write(`${here()}\n`);
    return 0;
  }
  const before = here();
  const accepted = [cloud.model.name, `${cloud.model.owner}/${cloud.model.name}`];
  const full = accepted.map((name) => `${cloud.controller.name}:${name}`);
  if (![...accepted, ...full, cloud.controller.name].includes(word))
    throw new JujuError(`cannot determine if "${word}" is a valid model: model ${cloud.controller.name}:${word} not found`);
  writeAtomically(join(place.dir, 'juju-data', 'current.json'), `${JSON.stringify({ model: cloud.model.name })}\n`);
  output.info(`${before} -> ${here()}\n`);
  return 0;
}

function modelInfo(place: Place): Record<string, unknown> {
  const { cloud } = place;
  const { model } = cloud;
  const older = cloud.dialect !== '4.0';
  return {
    name: `${model.owner}/${model.name}`,
    'short-name': model.name,
    'model-uuid': model.uuid,
    'model-type': model.type ?? 'iaas',
    'controller-uuid': cloud.controller.uuid,
    'controller-name': cloud.controller.name,
    'is-controller': false,
    ...(older && { owner: model.owner }),
    cloud: model.cloud,
    region: model.region,
    credential: { name: 'maas', owner: 'admin', cloud: model.cloud, 'validity-check': 'valid' },
    type: 'maas',
    life: 'alive',
    status: { current: 'available', since: statusTime(cloud.since - 30 * DAY_MS) },
    'agent-version': place.version,
  };
}

export function models(place: Place, parsed: Parsed, output: Output): number {
  const { model } = place.cloud;
  const older = place.cloud.dialect !== '4.0';
  const { credential, ...info } = modelInfo(place);
  const entry = {
    ...info,
    credential: { name: 'maas', owner: 'admin', cloud: model.cloud },
    access: place.live.scenario.permissionDenied ? 'read' : 'admin',
    'last-connection': 'just now',
    ...(place.cloud.dialect === '2.9' && { sla: 'unsupported' }),
  };
  const current = currentModel(place);
  const body = {
    models: [entry],
    ...(current !== undefined && { 'current-model': older ? current : `${model.owner}/${current}` }),
  };
  const format = parsed.values.get('format');
  if (format === 'json' || format === 'yaml') output.write(inFormat(body, format));
  else
    output.write(
      `Controller: ${place.cloud.controller.name}\n\nModel        Cloud/Region       Type  Status     Access  Last connection\n${model.name}*  ${model.cloud}/${model.region}  maas  available  admin   just now\n`,
    );
  return 0;
}

export function showModel(place: Place, parsed: Parsed, output: Output): number {
  const { model, dialect, machines } = place.cloud;
  const body = {
    [model.name]: {
      ...modelInfo(place),
      users: { admin: { 'display-name': 'admin', access: 'admin', 'last-connection': 'just now' } },
      machines: Object.fromEntries(machines.map(({ id }) => [id, { cores: id.includes('/') ? 0 : 32 }])),
      ...(dialect !== '2.9' && { 'secret-backends': { internal: { 'num-secrets': 0, status: 'active' } } }),
      ...(dialect !== '4.0' && { sla: 'unsupported', 'sla-owner': '' }),
    },
  };
  output.write(inFormat(body, parsed.values.get('format') ?? 'yaml'));
  return 0;
}
