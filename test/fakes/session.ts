import type { Tuning } from '../../src/domain/action.js';
import type { CheckReport } from '../../src/domain/check.js';
import type { Entry, RunEvent } from '../../src/domain/event.js';
import { Failure } from '../../src/domain/failure.js';
import { type Inventory, isReachable } from '../../src/domain/inventory.js';
import { isGood, type RunOutcome } from '../../src/domain/outcome.js';
import type { Plan } from '../../src/domain/plan.js';
import { deadlineOf, foldRun, outcomeOf, pendingUnits, type Run, type RunUnit } from '../../src/domain/run.js';
import { applicationOf, type UnitName } from '../../src/domain/unit-set.js';
import type {
  ApplyOptions,
  CheckRequest,
  JujuCall,
  PlanRequest,
  Progress,
  ResumeOptions,
  Session,
} from '../../src/engine/session.js';
import { canGoOn, offersFor, type Survey } from '../../src/engine/survey.js';
import type { Decision } from '../../src/engine/window.js';
import { DEFAULT_ROLLOUT } from '../../src/planning/rollout.js';
import { selectUnits } from '../../src/planning/select.js';
import { FAKE_CATALOGUE, FAKE_NOW, fakeInventory, fakeReport } from './model.js';
import { type FakePlanInput, fakePlan } from './plan.js';

export interface FakeOptions {
  readonly inventory?: Inventory;
  /** What every step of anything takes. */
  readonly milliseconds?: number;
  /** Units that never answer to a check and stay unknown in a run. */
  readonly silent?: readonly UnitName[];
  /** Units whose Apache does not start after a change; they take it back. */
  readonly failing?: readonly UnitName[];
  /** Juju's trouble, as long as this gives one. */
  readonly trouble?: () => Failure | undefined;
}

/** A session in memory that behaves as the real one does: asks a model, plans, carries out batch by batch, keeps its runs. */
export class FakeSession implements Session {
  readonly catalogue = FAKE_CATALOGUE;
  readonly #options: FakeOptions;
  readonly #inventory: Inventory;
  readonly #runs: Run[] = [];
  readonly #entries = new Map<string, Entry[]>();
  readonly #listeners: ((call: JujuCall) => void)[] = [];
  /** How often a plan was asked for. */
  planned = 0;
  /** Units that have the tuning now. */
  readonly #changed = new Set<UnitName>();

  constructor(options: FakeOptions = {}) {
    this.#options = options;
    this.#inventory = options.inventory ?? fakeInventory();
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    await this.#pause(signal);
    this.#called('juju status -m juju-tune-demo:demo-cloud --format json --utc');
    return this.#inventory;
  }

  async check(request: CheckRequest, progress: (event: Progress) => void, signal: AbortSignal): Promise<CheckReport> {
    const units = this.#select(request.targets.length === 0 ? ['keystone', 'gnocchi', 'nova-cloud-controller'] : request.targets);
    const reachable = units.filter(isReachable).map((unit) => unit.name);
    progress({ type: 'resolved', units: reachable });
    for (const unit of reachable) progress({ type: 'unit', unit, state: 'sent', detail: 'operation 12' });
    progress({ type: 'waiting', unit: 'gnocchi/1', why: 'update-status', seconds: 40, limit: 300 });
    const report = fakeReport(reachable, this.#options.silent);
    for (const unit of report.units) {
      await this.#pause(signal);
      progress({ type: 'checked', unit });
    }
    this.#called('juju exec -m juju-tune-demo:demo-cloud --background --unit keystone/0,keystone/1,keystone/2 -- …');
    return report;
  }

  async plan(request: PlanRequest, progress: (event: Progress) => void, signal: AbortSignal): Promise<Plan> {
    this.planned++;
    const tuning = this.catalogue.find((action): action is Tuning => action.kind === 'tuning' && action.id === request.action);
    if (!tuning) throw new Failure('usage', `no tuning is called "${request.action}"`, { hint: 'juju-tune actions' });
    const amount = request.params.processes;
    if (amount !== undefined && !/^(\d+|\+\d+%?|x\d+)$/.test(amount)) {
      throw new Failure(
        'usage',
        `cannot plan "${tuning.id}": parameter "processes" must be a whole number, +N, xN or +N%, not "${amount}"`,
        {
          hint: 'juju-tune plan keystone wsgi-processes processes=+8',
        },
      );
    }
    const units = this.#select(request.targets, request.except);
    const lost = units.find((unit) => !isReachable(unit));
    if (lost) {
      throw new Failure('refused', `${lost.name} is lost: ${units.length - 1} of ${units.length} would differ`, {
        hint: `--except ${lost.name}`,
      });
    }
    progress({ type: 'resolved', units: units.map((unit) => unit.name) });
    await this.#pause(signal);
    return this.#planFor(
      tuning,
      units.map((unit) => unit.name),
      request.params,
      'apply',
      { rollout: { ...DEFAULT_ROLLOUT, ...request.rollout }, ...(request.batch === undefined ? {} : { sizes: request.batch }) },
    );
  }

  async planRollback(run: string, progress: (event: Progress) => void, signal: AbortSignal): Promise<Plan> {
    const found = await this.run(run);
    const units = found.units.filter((unit) => unit.outcome === 'changed' || unit.outcome === 'pending').map((unit) => unit.unit);
    if (units.length === 0) throw new Failure('refused', `run ${found.shortId} changed nothing that could be taken back`);
    progress({ type: 'resolved', units });
    await this.#pause(signal);
    const tuning = this.catalogue.find((action) => action.id === found.plan.action.id);
    if (tuning?.kind !== 'tuning') throw new Failure('fault', 'the tuning is gone');
    return { ...this.#planFor(tuning, units, {}, 'rollback'), of: found.id };
  }

  async apply(plan: Plan, options: ApplyOptions, emit: (entry: Entry) => void): Promise<Run> {
    const shortId = `${applicationOf(plan.targets[0] ?? 'none/0')}-${this.#runs.length + 1}`;
    const say = this.#teller(`01FAKE${this.#runs.length + 1}`, [], emit);
    const run = say({
      type: 'run-opened',
      shortId,
      operator: 'fake',
      purpose: options.reason || plan.action.title,
      juju: '3.6.11',
      plan,
    });
    return this.#carryOut(run, options, say);
  }

  /** The batches that are left, and what comes after the last one. */
  async #carryOut(begun: Run, options: ApplyOptions, say: (event: RunEvent) => Run): Promise<Run> {
    const { plan } = begun;
    let run = begun;
    let stopped = false;
    for (const batch of plan.batches) {
      if (run.units.every((unit) => unit.batch !== batch.number || unit.outcome !== 'not-started')) continue;
      if (options.pause?.isPaused()) {
        say({ type: 'decision', text: `paused before batch ${batch.number}`, by: 'fake' });
        await options.pause.resumed();
      }
      if (options.stop.aborted || stopped) break;
      run = await this.#applyBatch(plan, batch.number, batch.units, options, say);
      stopped = !run.units.every((unit) => !batch.units.includes(unit.unit) || isGood(unit.outcome));
      if (!stopped && batch.canary && options.afterCanary && !(await options.afterCanary(run))) {
        run = say({ type: 'decision', text: 'stopped after the canary', by: 'fake' });
        stopped = true;
      }
    }
    if (!stopped && !options.detach.aborted && options.measureSeconds > 0) run = await this.#measure(run, plan, options, say);
    run = await this.#settleWindow(run, options, say);
    if (options.detach.aborted) return say({ type: 'interrupted', reason: String(options.detach.reason) });
    if (pendingUnits(run).length === 0) run = say({ type: 'run-closed', outcome: closing(run.units, options), detail: '' });
    return run;
  }

  /** Keeps what is said of the run, for the next time that somebody asks for it. */
  #teller(id: string, entries: Entry[], emit: (entry: Entry) => void): (event: RunEvent) => Run {
    this.#entries.set(id, entries);
    return (event) => {
      const entry = { sequence: entries.length, at: FAKE_NOW, run: id, event };
      entries.push(entry);
      emit(entry);
      const run = foldRun(entries);
      if (!run) throw new Error('a run opens with run-opened');
      const at = this.#runs.findIndex((one) => one.id === id);
      if (at < 0) this.#runs.push(run);
      else this.#runs[at] = run;
      return run;
    };
  }

  async #settleWindow(run: Run, { window, detach }: ApplyOptions, say: (event: RunEvent) => Run): Promise<Run> {
    let now = run;
    while (window && pendingUnits(now).length > 0 && !detach.aborted) {
      now = say({ type: 'awaiting-confirmation', until: deadlineOf(now.units) });
      if (window.confirm === 'later') return now;
      const decision: Decision =
        window.confirm === 'itself' ? { kind: 'confirm', acceptDrift: false } : await window.confirm(now, detach);
      if (decision.kind === 'leave') return now;
      now = this.#decided(now, decision, say);
    }
    return now;
  }

  #decided(run: Run, decision: Decision, say: (event: RunEvent) => Run): Run {
    let now = run;
    for (const unit of pendingUnits(run)) {
      const common = { type: 'unit-settled', unit: unit.unit, code: '', detail: '', log: [], milliseconds: 900 } as const;
      const until = new Date(Date.parse(unit.until) + 300_000).toISOString();
      if (decision.kind === 'confirm') now = say({ ...common, outcome: 'changed', state: 'COMMITTED' });
      else if (decision.kind === 'extend') now = say({ ...common, outcome: 'pending', state: 'PENDING', until });
      else if (decision.kind === 'take-back') now = say({ ...common, outcome: 'reverted', state: 'REVERTED' });
    }
    return now;
  }

  async resume(wanted: Run, options: ResumeOptions, emit: (entry: Entry) => void): Promise<Survey> {
    const say = this.#teller(wanted.id, this.#entries.get(wanted.id) ?? [], emit);
    await this.#pause(options.detach);
    let run = this.#heard(say({ type: 'resumed', by: 'fake' }), say);
    const { action } = options;
    if (action.kind === 'confirm' || action.kind === 'extend') run = this.#decided(run, action, say);
    if (action.kind === 'go-on') run = await this.#carryOut(run, { ...options, measureSeconds: 0, window: action.window }, say);
    else if (pendingUnits(run).length > 0) run = say({ type: 'awaiting-confirmation', until: deadlineOf(run.units) });
    else if (!canGoOn(run)) run = say({ type: 'run-closed', outcome: outcomeOf(run.plan.kind, run.units), detail: '' });
    return { run, rows: [], offers: offersFor(run) };
  }

  /** Units that nobody watched to their end have come through by themselves. */
  #heard(run: Run, say: (event: RunEvent) => Run): Run {
    let now = run;
    for (const { unit } of run.units.filter((one) => one.outcome === 'unknown')) {
      this.#changed.add(unit);
      const told = { code: '', detail: 'read back', log: [], milliseconds: 2400 };
      now = say({ type: 'unit-settled', unit, outcome: 'changed', state: 'COMMITTED', ...told });
    }
    return now;
  }

  async runs(): Promise<readonly Run[]> {
    return [...this.#runs];
  }

  async run(word: string): Promise<Run> {
    const found = this.#runs.findLast((one) => word === '' || one.id === word || one.shortId === word);
    if (!found) throw new Failure('usage', `no run is called "${word}"`, { hint: 'juju-tune runs' });
    return found;
  }

  onCall(listener: (call: JujuCall) => void): void {
    this.#listeners.push(listener);
  }

  async #applyBatch(
    plan: Plan,
    number: number,
    units: readonly UnitName[],
    options: ApplyOptions,
    say: (event: RunEvent) => Run,
  ): Promise<Run> {
    say({ type: 'batch-started', batch: number, units });
    for (const unit of units)
      say({ type: 'intent', unit, transaction: `01fake-${unit.replace('/', '-')}`, verb: plan.kind, notAfter: 0 });
    say({
      type: 'task-queued',
      operation: String(20 + number),
      tasks: Object.fromEntries(units.map((unit, index) => [unit, String(30 + index)])),
    });
    for (const unit of units) {
      say({ type: 'unit-phase', unit, phase: 'applying', detail: 'validate, rename, reload' });
      await this.#pause(options.detach);
      if (options.detach.aborted || this.#options.silent?.includes(unit)) continue;
      const fails = this.#options.failing?.includes(unit) ?? false;
      if (!fails) plan.kind === 'apply' ? this.#changed.add(unit) : this.#changed.delete(unit);
      const held = plan.kind === 'apply' && (options.window?.seconds ?? 0) > 0;
      const until = new Date(Date.parse(FAKE_NOW) + (options.window?.seconds ?? 0) * 1000).toISOString();
      say({
        type: 'unit-settled',
        unit,
        outcome: fails ? 'failed' : held ? 'pending' : 'changed',
        state: fails ? 'REVERTED' : held ? 'PENDING' : 'COMMITTED',
        ...(held && !fails ? { until } : {}),
        code: fails ? 'START_FAILED' : '',
        detail: fails ? 'Apache did not start; everything is as before' : 'read back',
        log: fails
          ? [
              'AH00526: Syntax error on line 3 of /etc/apache2/conf-enabled/zz-juju-tune.conf:',
              'Invalid command \x1b[31mNonsense\x1b[0m',
            ]
          : [],
        milliseconds: 2400,
      });
    }
    // Nobody watches: no gate is looked at, and what became of the units is not known.
    if (options.detach.aborted) return this.run('');
    const ok = units.every((unit) => !this.#options.failing?.includes(unit) && !this.#options.silent?.includes(unit));
    say({
      type: 'gate',
      batch: number,
      ok,
      checks: [{ name: 'haproxy', ok, detail: ok ? `${units.join(', ')} UP again on 3 of 3` : 'not asked' }],
    });
    return say({ type: 'batch-finished', batch: number });
  }

  async #measure(run: Run, plan: Plan, options: ApplyOptions, say: (event: RunEvent) => Run): Promise<Run> {
    if (!run.units.some((unit) => unit.outcome === 'changed' || unit.outcome === 'pending')) return run;
    say({ type: 'measuring', seconds: options.measureSeconds });
    await this.#pause(options.detach);
    const each = (value: number): Record<UnitName, number> => Object.fromEntries(plan.targets.map((unit) => [unit, value]));
    const [before, after] = plan.kind === 'apply' ? [35, 0] : [0, 35];
    return say({
      type: 'measured',
      measures: [
        {
          fact: 'log.px-502',
          title: '502 from the proxy',
          before: each(before),
          after: each(after),
          perBefore: each(200),
          perAfter: each(200),
          verdict: plan.kind === 'apply' ? 'cured' : 'worse',
          detail: `${before * plan.targets.length} of ${plan.targets.length * 200} before, ${after * plan.targets.length} after`,
        },
      ],
    });
  }

  #planFor(
    tuning: Tuning,
    units: readonly UnitName[],
    params: Readonly<Record<string, string>>,
    kind: 'apply' | 'rollback',
    pace: Pick<FakePlanInput, 'rollout' | 'sizes'> = {},
  ): Plan {
    return fakePlan({ inventory: this.#inventory, tuning, kind, units, params, done: this.#changed, ...pace });
  }

  #select(targets: readonly string[], except: readonly string[] = []): ReturnType<typeof selectUnits> {
    return selectUnits(this.#inventory, { targets, except });
  }

  #called(command: string): void {
    for (const listener of this.#listeners) listener({ at: FAKE_NOW, command, exitCode: 0, milliseconds: 412 });
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.milliseconds ?? 0);
      signal.addEventListener('abort', () => [clearTimeout(timer), resolve()], { once: true });
    });
    const trouble = this.#options.trouble?.();
    if (trouble) throw trouble;
  }
}

function closing(units: readonly RunUnit[], options: ApplyOptions): RunOutcome {
  const outcome = outcomeOf('apply', units);
  return outcome === 'failed' && options.stop.aborted ? 'interrupted' : outcome;
}
