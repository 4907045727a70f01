import type { Action, Diagnostic } from '../domain/action.js';
import type { CheckReport, UnitSilence } from '../domain/check.js';
import { Failure } from '../domain/failure.js';
import { type Inventory, isAway, type Model, type Unit } from '../domain/inventory.js';
import { compareUnits, type UnitName } from '../domain/unit-set.js';
import { findDiagnostics } from '../planning/catalogue.js';
import { findFindings } from '../planning/findings.js';
import { selectUnits, splitReachable } from '../planning/select.js';
import { diagnose } from './diagnose.js';
import type { Clock, Juju, Units } from './ports.js';
import type { CheckRequest, Progress } from './session.js';

const WINDOW_SECONDS = 900;

/** What a check needs of a session. */
interface CheckParts {
  readonly juju: Juju;
  readonly units: Units;
  readonly clock: Clock;
  readonly catalogue: readonly Action[];
}

/** Resolves the targets, asks the units, and says what was found and of whom nothing was heard. Throws `Failure`. */
export async function check(
  parts: CheckParts,
  request: CheckRequest,
  progress: (event: Progress) => void,
  signal: AbortSignal,
): Promise<CheckReport> {
  const diagnostics = findDiagnostics(parts.catalogue, request.only);
  const inventory = await parts.juju.status(signal);
  const chosen = request.targets.length > 0 ? request : { ...request, targets: apiApplications(inventory, diagnostics) };
  const { transport = 'exec' } = request;
  const selected = selectUnits(inventory, chosen);
  if (selected.length === 0) throw new Failure('usage', 'no unit is left to look at', { hint: 'juju-tune status' });
  const { reachable, leftOut } = splitReachable(selected, transport);
  const fitting = reachable.filter((unit) => fits(inventory, unit, diagnostics));
  const others = reachable.filter((unit) => !fits(inventory, unit, diagnostics));
  requireAdmin(inventory.model);
  progress({ type: 'resolved', units: fitting.map((unit) => unit.name) });
  const windowSeconds = request.windowSeconds ?? WINDOW_SECONDS;
  const { checks, silent } = await diagnose({ diagnostics, units: fitting, windowSeconds, transport }, parts, progress, signal);
  if (signal.aborted) throw new Failure('interrupted', 'interrupted; nothing was changed');
  return {
    demo: inventory.model.demo,
    checkedAt: new Date(parts.clock.now()).toISOString(),
    windowSeconds,
    diagnostics: diagnostics.map((diagnostic) => diagnostic.id),
    units: [...checks].sort((a, b) => compareUnits(a.unit, b.unit)),
    silent,
    leftOut: [
      ...leftOut,
      ...others.map((unit) => ({ unit: unit.name, reason: `no diagnostic is for charm ${charmOf(inventory, unit)}` })),
    ],
    unreached:
      transport === 'ssh'
        ? []
        : unreached(
            selected.filter((unit) => fits(inventory, unit, diagnostics)),
            silent,
          ),
    findings: findFindings(diagnostics, checks),
  };
}

/** Units that ssh may still reach: silent, or without an agent. One that does not exist is reached by nothing. */
function unreached(units: readonly Unit[], silent: readonly UnitSilence[]): readonly UnitName[] {
  const stuck = silent.filter((one) => one.code !== 'MISSING').map((one) => one.unit);
  return units.filter((unit) => isAway(unit) || stuck.includes(unit.name)).map((unit) => unit.name);
}

export function charmOf(inventory: Inventory, unit: Unit): string {
  return inventory.applications.find((application) => application.name === unit.application)?.charm ?? '';
}

export function fits(inventory: Inventory, unit: Unit, actions: readonly Action[]): boolean {
  return actions.some((action) => action.appliesTo.charms.includes(charmOf(inventory, unit)));
}

function apiApplications(inventory: Inventory, diagnostics: readonly Diagnostic[]): string[] {
  const found = inventory.applications.filter(
    (application) =>
      !application.subordinate && diagnostics.some((diagnostic) => diagnostic.appliesTo.charms.includes(application.charm)),
  );
  if (found.length === 0) {
    throw new Failure('usage', `model "${inventory.model.name}" has no application that a diagnostic is for`, {
      hint: 'juju-tune actions',
    });
  }
  return found.map((application) => application.name);
}

/** Juju lets only model admins run commands on units (juju-contract 2.3). */
export function requireAdmin(model: Model): void {
  if (model.access === '' || model.access === 'admin' || model.access === 'superuser') return;
  throw new Failure(
    'juju',
    `running commands on units of model "${model.name}" needs admin access, and you have "${model.access}"`,
    {
      hint: `ask its owner for: juju grant USER admin ${model.name}`,
    },
  );
}
