import { hostname, userInfo } from 'node:os';
import { joinCatalogues, loadBundled, loadFiles } from '../adapters/catalogue.js';
import { clockOf } from '../adapters/clock.js';
import { createJujuCli } from '../adapters/juju-cli.js';
import { listModels, type ModelChoice, openJujuClient } from '../adapters/juju-client.js';
import { createCharmConfiguration } from '../adapters/juju-config.js';
import { openJournalStore } from '../adapters/run-store.js';
import { createUnits } from '../adapters/units.js';
import type { Action } from '../domain/action.js';
import { createSession } from '../engine/model-session.js';
import type { Session } from '../engine/session.js';
import { showableLine, took } from '../ui/text.js';
import type { Context } from './context.js';
import type { CommonOptions, Output } from './output.js';

/** The bundled actions and those of `--actions FOLDER`. Throws `Failure('usage')` that names every mistake in a file. */
export async function openCatalogue(common: CommonOptions): Promise<readonly Action[]> {
  const bundled = await loadBundled();
  const folders = common.actions ?? [];
  return folders.length === 0 ? bundled : joinCatalogues(bundled, await loadFiles(folders));
}

/** Finds juju and the model (`-m`, else `JUJU_MODEL`, else the current one) and puts a session together. Throws `Failure('juju')`. */
export async function openModel(
  context: Context,
  common: CommonOptions,
  catalogue: readonly Action[],
  output: Output,
  signal: AbortSignal,
): Promise<Session> {
  const { environment } = context;
  const cli = createJujuCli(environment);
  if (common.verbose) {
    cli.onCall((call) =>
      output.progress(`juju: ${showableLine(call.command)}  exit ${call.exitCode ?? '-'}  ${took(call.milliseconds)}`),
    );
  }
  const wanted = modelWanted(common);
  const client = await openJujuClient(cli, {
    ...(wanted === undefined ? {} : { model: wanted }),
    environment,
    clock: (demo) => clockOf(environment, demo),
    signal,
  });
  const clock = clockOf(environment, client.model.demo);
  return createSession({
    tool: context.version,
    operator: `${userInfo().username}@${hostname()}`,
    model: client.model,
    juju: client,
    units: createUnits(client, common.transport),
    charmConfig: createCharmConfiguration(client),
    clock,
    catalogue,
    runs: openJournalStore({ environment, clock, modelUuid: client.model.uuid }),
    onCall: (listener) => cli.onCall(listener),
  });
}

/** The models of the controller that is meant. Throws `Failure('juju')`. */
export async function listTargets(context: Context, common: CommonOptions, signal: AbortSignal): Promise<readonly ModelChoice[]> {
  const { environment } = context;
  const wanted = modelWanted(common);
  return listModels(createJujuCli(environment), { ...(wanted === undefined ? {} : { model: wanted }), environment, signal });
}

/** `-c CONTROLLER` alone means its current model; `-m` may name the controller itself. */
function modelWanted({ model, controller }: CommonOptions): string | undefined {
  if (controller === undefined) return model;
  return model?.includes(':') ? model : `${controller}:${model ?? ''}`;
}
