import { Failure } from '../domain/failure.js';
import { redact } from '../domain/redact.js';
import { isUnitName, type UnitName } from '../domain/unit-set.js';
import type { DispatchOptions, Transport, UnitEvent, Units } from '../engine/ports.js';
import { readCollected } from '../unit/collected.js';
import type { Believed } from '../unit/frame.js';
import { readProbe, readReceipt } from '../unit/receipt.js';
import { changeScripts, collectScripts, probeScripts, statusScripts, type UnitScript } from '../unit/request.js';
import { createChannel } from './channel.js';
import type { DispatchEvent, UnitOutput } from './fanout.js';
import type { JujuClient } from './juju-client.js';
import { type Dispatch, dispatchScript } from './juju-exec.js';
import { dispatchOverSsh } from './juju-ssh.js';

/** The unit programs, sent by `juju exec`, or for looking by `juju ssh`. Changes always go by exec, where Juju keeps a record. */
export function createUnits(client: JujuClient, transport: Transport): Units {
  const { uuid } = client.model;
  const byExec = (dispatch: Dispatch): AsyncIterable<DispatchEvent> => dispatchScript(client, dispatch);
  const bySsh = (dispatch: Dispatch): AsyncIterable<DispatchEvent> => dispatchOverSsh(client, dispatch);
  const look = (way: Transport): Send => (way === 'ssh' ? bySsh : byExec);
  return {
    probe: (question, units, options) => ask(look(transport), probeScripts(uuid, question, units), options, readProbe),
    collect: (diagnostics, params, units, options) =>
      ask(look(options.transport ?? transport), collectScripts(uuid, diagnostics, params, units), options, readCollected),
    change(orders, contents, terms, options) {
      if (transport === 'ssh') {
        throw new Failure('usage', 'a change is not made over ssh: Juju would keep no record of it', {
          hint: 'the same without --transport ssh',
        });
      }
      const verbs = new Map(orders.map(({ unit, verb }) => [unit, verb]));
      return ask(byExec, changeScripts(uuid, orders, contents, terms), options, (stdout, unit) =>
        readReceipt(stdout, verbs.get(unit) ?? 'apply', unit),
      );
    },
    transactionStatus: (questions, options) =>
      ask(byExec, statusScripts(uuid, questions), options, (stdout, unit) => readReceipt(stdout, 'status', unit)),
  };
}

type Send = (dispatch: Dispatch) => AsyncIterable<DispatchEvent>;
type Read<T> = (stdout: string, unit: UnitName) => Believed<T>;

/** Sends every script at once; what is no believable answer becomes a `no-answer`. Throws `Failure` when no script reached Juju. */
function ask<T>(
  send: Send,
  scripts: readonly UnitScript[],
  options: DispatchOptions,
  read: Read<T>,
): AsyncIterable<UnitEvent<T>> {
  for (const unit of scripts.flatMap((script) => script.units)) {
    if (!isUnitName(unit)) throw new Failure('fault', `"${unit}" is no name of a unit`);
  }
  const gone = new AbortController();
  const signal = AbortSignal.any([options.signal, gone.signal]);
  const channel = createChannel<UnitEvent<T>>(() => gone.abort());
  const failed: { readonly script: UnitScript; readonly failure: Failure }[] = [];
  const follow = async (script: UnitScript): Promise<void> => {
    try {
      for await (const event of send({
        script: script.text,
        units: script.units,
        timeoutSeconds: options.timeoutSeconds,
        signal,
      })) {
        channel.push(event.kind === 'output' ? believed(event, read(event.stdout, event.unit)) : event);
      }
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'fault') throw error;
      failed.push({ script, failure: error });
    }
  };
  void Promise.all(scripts.map(follow)).then(
    () => {
      const [first] = failed;
      if (first && failed.length === scripts.length) channel.fail(first.failure);
      else for (const { script, failure } of failed) notSent(script.units, failure).forEach(channel.push);
      channel.end();
    },
    (error: unknown) => channel.fail(error),
  );
  return channel;
}

function notSent(units: readonly UnitName[], { message }: Failure): UnitEvent<never>[] {
  return units.map((unit) => ({
    kind: 'no-answer',
    unit,
    code: 'NO_ANSWER',
    message: `not sent: ${message}`,
    mayHaveRun: false,
    milliseconds: 0,
  }));
}

function believed<T>(output: UnitOutput, answer: Believed<T>): UnitEvent<T> {
  const { unit, milliseconds, returnCode, stderr } = output;
  if (answer.ok) return { kind: 'answer', unit, value: answer.value, milliseconds };
  const words = redact(stderr.trim().split('\n').at(-1)?.slice(0, 4000) ?? '').slice(0, 200);
  const said = [answer.message, returnCode === 0 ? '' : `exit code ${returnCode}`, words]
    .filter((part) => part !== '')
    .join('; ');
  return { kind: 'no-answer', unit, code: answer.code, message: said, mayHaveRun: true, milliseconds };
}
