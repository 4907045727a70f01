import type { Tuning } from '../domain/action.js';
import type { OptionChange } from '../domain/change.js';
import { type CharmConfig, type CharmOption, isSecretOption } from '../domain/charm-config.js';
import { Failure } from '../domain/failure.js';
import type { Application, Model } from '../domain/inventory.js';
import { type LeftOut, type OptionStep, type OptionValue, type Plan, sayOptionValue } from '../domain/plan.js';
import type { Run } from '../domain/run.js';
import { foldUnits } from '../domain/unit-set.js';
import { actionOf, type ProbedUnit } from './plan.js';
import { DEFAULT_ROLLOUT } from './rollout.js';
import { sealPlan } from './seal.js';

/** What the plan of a charm option is made from. */
export interface OptionsInput {
  readonly tool: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly model: Model;
  readonly application: Application;
  readonly tuning: Tuning;
  readonly changes: readonly OptionChange[];
  readonly params: Readonly<Record<string, string>>;
  readonly config: CharmConfig;
  readonly probed: readonly ProbedUnit[];
  /** Units that could not be looked at: they get the option all the same, once their agents are back. */
  readonly unseen: readonly LeftOut[];
}

/** What would be set for the whole application. Pure. Throws `Failure('refused')` for an option that the charm does not have. */
export function planOptions(input: OptionsInput): Plan {
  const { application, tuning, changes } = input;
  const steps = changes.map((change) => stepOf(change, input));
  const moved = steps.filter(({ before, after }) => !sameValue(before, after));
  return seal(input, {
    kind: 'apply',
    options: moved,
    action: actionOf(tuning),
    params: input.params,
    warnings: moved.length === 0 ? [] : warningsOf(input),
    impact: impactOf(application, input.probed, moved, changes),
    measures: tuning.measure,
    risk: tuning.risk,
  });
}

export interface OptionsRollbackInput
  extends Pick<OptionsInput, 'tool' | 'createdAt' | 'model' | 'application' | 'config' | 'probed' | 'unseen'> {
  readonly run: Run;
}

/**
 * Setting the options back: a value that a user had given is set again, all else is reset. An option that was changed again since is
 * left as it is and named. Pure.
 */
export function planOptionsBack(input: OptionsRollbackInput): Plan {
  const { run, application } = input;
  const done = run.plan.charm?.options ?? [];
  const kept: string[] = [];
  const options = done.flatMap((step): OptionStep[] => {
    const now = currentValue(input.config.options.get(step.option));
    if (sameValue(now, step.before)) return [];
    if (!sameValue(now, step.after)) {
      kept.push(`${step.option} was set to ${sayOptionValue(now)} since this run: it is left as it is`);
      return [];
    }
    return [{ option: step.option, before: now, after: step.before }];
  });
  return seal(input, {
    kind: 'rollback',
    of: run.id,
    options,
    action: run.plan.action,
    params: run.plan.params,
    warnings: [...kept, ...(options.length === 0 ? [] : warningsOf(input))],
    impact: impactOf(application, input.probed, options, []),
    measures: [],
    risk: run.plan.risk,
  });
}

export function sameValue(a: OptionValue, b: OptionValue): boolean {
  return a.value === b.value && (a.source === 'user') === (b.source === 'user');
}

/** What `juju config` says of an option now; unset when the charm has no such option. */
export function currentValue(option: CharmOption | undefined): OptionValue {
  return option === undefined ? { value: '', source: 'unset' } : { value: option.value, source: option.source };
}

function stepOf(change: OptionChange, { application, config, probed }: OptionsInput): OptionStep {
  const { option } = change;
  const known = config.options.get(option);
  if (known === undefined) throw unknownOption(change, application, config);
  return { option, before: currentValue(known), after: wantedValue(change, known, probed) };
}

function unknownOption({ option }: OptionChange, { name, charm }: Application, config: CharmConfig): Failure {
  if (isSecretOption(option, '')) {
    return new Failure('refused', `option "${option}" may hold a secret, which no plan or journal of ours shall hold`, {
      hint: `juju config ${name} ${option}=…`,
    });
  }
  const near = [...config.options.keys()].filter((known) => known.includes(option) || option.includes(known)).slice(0, 5);
  return new Failure('refused', `charm ${charm} of ${name} has no option "${option}"`, {
    problems: near.map((known) => `it has "${known}"`),
    hint: `juju config ${name}`,
  });
}

function wantedValue({ option, to }: OptionChange, known: CharmOption, probed: readonly ProbedUnit[]): OptionValue {
  switch (to.kind) {
    case 'reset':
      return { value: known.default ?? '', source: known.default === undefined ? 'unset' : 'default' };
    case 'value':
      return { value: typed(option, to.value, known), source: 'user' };
    case 'per-cpu':
      return { value: typed(option, multiplier(to.value, probed), known), source: 'user' };
  }
}

/** As Juju would spell it back, so that what is read back can be compared. */
function typed(option: string, text: string, { type }: CharmOption): string {
  const bad = (wanted: string): Failure =>
    new Failure('usage', `option "${option}" must be ${wanted}, not "${text.slice(0, 60)}"`);
  switch (type) {
    case 'int':
      if (!/^-?\d{1,15}$/.test(text)) throw bad('a whole number');
      return String(Number(text));
    case 'float':
      if (!/^-?\d{1,9}(?:\.\d{1,9})?$/.test(text)) throw bad('a number');
      return String(Number(text));
    case 'boolean':
      if (/^(?:yes|true|on)$/i.test(text)) return 'true';
      if (/^(?:no|false|off)$/i.test(text)) return 'false';
      throw bad('true or false');
    default:
      return text;
  }
}

/** Rounded up to two decimals, so that every unit gets at least that many (catalogue A6). */
function multiplier(processes: number, probed: readonly ProbedUnit[]): string {
  const cpus = probed.map(cpusOf).filter((count) => count > 0);
  if (cpus.length === 0) {
    throw new Failure(
      'refused',
      'how many CPUs the units have is not known, so that processes cannot be turned into a multiplier',
      {
        hint: 'give value= instead of processes=',
      },
    );
  }
  return String(Math.ceil((processes / Math.min(...cpus)) * 100) / 100);
}

function cpusOf({ facts }: ProbedUnit): number {
  const cpus = facts['host.cpus'];
  return typeof cpus === 'number' && Number.isFinite(cpus) && cpus >= 1 ? cpus : 0;
}

function impactOf(
  { name, charm, units }: Application,
  probed: readonly ProbedUnit[],
  options: readonly OptionStep[],
  changes: readonly OptionChange[],
): readonly string[] {
  if (options.length === 0) return [`nothing to do: ${name} is as asked`];
  const workers = options.find(({ option }) => option === 'worker-multiplier');
  return [
    `charm configuration of ${name}: all ${units.length} units run config-changed, render their files again and restart what changed within seconds of each other; it is not staged, and does not take itself back`,
    ...(workers === undefined ? [] : workerLines(workers, probed)),
    ...changes.flatMap(({ option, moves }) => (moves[charm] === undefined ? [] : [`${option} also moves: ${moves[charm]}`])),
    'edits inside files that the charm renders are lost then; files of ours (zz-juju-tune-*) stay',
  ];
}

/** int(CPUs x multiplier), at least 1; unset means min(2 x CPUs, 4) (catalogue A6). */
function workerLines({ before, after }: OptionStep, probed: readonly ProbedUnit[]): string[] {
  const total = ({ value, source }: OptionValue, cpus: number): number =>
    source === 'unset' ? Math.min(2 * cpus, 4) : Math.max(1, Math.floor(cpus * Number(value) + 1e-9));
  const byCpus = new Map<number, string[]>();
  for (const unit of probed) {
    const cpus = cpusOf(unit);
    if (cpus > 0) byCpus.set(cpus, [...(byCpus.get(cpus) ?? []), unit.unit.name]);
  }
  return [...byCpus].map(
    ([cpus, units]) => `${foldUnits(units)} (${cpus} CPUs): ${total(before, cpus)} -> ${total(after, cpus)} workers in all`,
  );
}

function warningsOf({ unseen }: Pick<OptionsInput, 'unseen'>): string[] {
  return [
    'this is no first step of an incident: it cannot be tried on one unit, and nothing takes it back when you are gone',
    ...unseen.map(({ unit, reason }) => `${unit}: ${reason}; it gets the option when its agent is back`),
  ];
}

interface Body {
  readonly kind: Plan['kind'];
  readonly of?: string;
  readonly options: readonly OptionStep[];
  readonly action: Plan['action'];
  readonly params: Plan['params'];
  readonly warnings: readonly string[];
  readonly impact: readonly string[];
  readonly measures: Plan['measures'];
  readonly risk: Plan['risk'];
}

function seal(input: Omit<OptionsInput, 'tuning' | 'changes' | 'params'>, body: Body): Plan {
  const { application, model } = input;
  const { options, impact, ...rest } = body;
  const units = application.units.map((unit) => unit.name);
  return sealPlan({
    ...rest,
    tool: input.tool,
    demo: model.demo,
    createdAt: input.createdAt,
    model: { controller: model.controller, name: model.name, uuid: model.uuid },
    steps: [],
    unchanged: options.length === 0 ? units : [],
    leftOut: [],
    refused: [],
    contents: {},
    probed: input.probed,
    applicationUnits: { [application.name]: units },
    rollout: { ...DEFAULT_ROLLOUT, bakeSeconds: 0 },
    ...(options.length === 0 ? {} : { charm: { application: application.name, charm: application.charm, units, options } }),
    impact,
  });
}
