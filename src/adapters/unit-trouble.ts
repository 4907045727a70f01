import type { Machine, Status, Trouble } from '../domain/inventory.js';

/** The parts of a status that tell whether a unit can be worked on. */
export interface UnitHealth {
  readonly agent: Status;
  readonly workload: Status;
  readonly machine: Machine | undefined;
  /** `status-error`: Juju could not read the unit. */
  readonly problem: string;
  readonly life: string;
}

interface Found {
  readonly trouble: Trouble;
  readonly reason: string;
}

/** Why a unit would be left out, the reason that hides the others first; nothing for one that is well (juju-contract 3.3). */
export function troubleOf(health: UnitHealth): Found | Record<never, never> {
  return statusError(health) ?? down(health) ?? lost(health) ?? allocating(health) ?? ended(health) ?? stuck(health) ?? {};
}

function statusError({ problem }: UnitHealth): Found | undefined {
  return problem === '' ? undefined : { trouble: 'status-error', reason: problem };
}

function down({ machine }: UnitHealth): Found | undefined {
  if (machine?.agent.current !== 'down') return undefined;
  return { trouble: 'down', reason: `machine ${machine.id} is down` };
}

function lost({ agent }: UnitHealth): Found | undefined {
  if (agent.current === 'lost') return { trouble: 'lost', reason: 'agent lost' };
  return agent.current === 'failed' ? { trouble: 'lost', reason: 'agent failed' } : undefined;
}

function allocating({ agent, workload }: UnitHealth): Found | undefined {
  if (agent.current !== 'allocating' && workload.current !== 'allocating') return undefined;
  return { trouble: 'allocating', reason: workload.message || agent.message || 'allocating' };
}

function ended({ life, workload }: UnitHealth): Found | undefined {
  if (workload.current === 'terminated') return { trouble: 'terminated', reason: 'terminated' };
  return life === 'dying' || life === 'dead' ? { trouble: 'dying', reason: life } : undefined;
}

function stuck({ agent, workload }: UnitHealth): Found | undefined {
  if (workload.current === 'error') return { trouble: 'hook-error', reason: workload.message || 'hook failed' };
  if (agent.current === 'error') return { trouble: 'hook-error', reason: agent.message || 'agent error' };
  if (workload.current === 'maintenance' && /^paused\b/i.test(workload.message ?? ''))
    return { trouble: 'paused', reason: 'paused' };
  return undefined;
}

/** Commands that are run by `juju exec`, ours among them; on 2.9 they are named `juju-run`. */
const EXEC = /^running action juju-(?:exec|run)\b/;

/** `config-changed` while `running config-changed hook`; an action of somebody else keeps a unit busy just the same. */
export function runningHookOf(agent: Status): string | undefined {
  if (agent.current !== 'executing') return undefined;
  const message = agent.message ?? '';
  if (EXEC.test(message)) return undefined;
  return /^running (\S+) hook/.exec(message)?.[1] ?? (message.replace(/^running /, '').slice(0, 80) || 'a hook');
}
