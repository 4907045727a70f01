import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { endLines, loadLine, runLine } from './child.js';
import { type Command, readCommand, USAGE } from './command.js';
import { holds, type Line, type LineResult, type Tally } from './line.js';
import { commitOf, proofOf, readProofs, recordProof } from './proofs.js';
import { inSlots } from './schedule.js';

/** Both runs are measured on two cores; more of them would only hide how long it takes. */
const CORES = 2;

/** Runs the lines that were asked for, says what each found; 1 when one of them does not hold. */
export async function main(words: readonly string[], place: { readonly root: string; readonly built: string }): Promise<number> {
  const known = readdirSync(join(place.built, 'lines'))
    .flatMap((name) => (name.endsWith('.mjs') ? [name.slice(0, -4)] : []))
    .sort();
  let command: Command;
  try {
    command = readCommand(words, known);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`);
    return 2;
  }
  const lines = await Promise.all(
    command.lines.map(async (asked) => ({ ...asked, line: await loadLine(place.built, asked.name) })),
  );
  if (command.list) {
    for (const { name, line } of lines) process.stdout.write(`${name.padEnd(16)} ${line.title}\n`);
    return 0;
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      endLines();
      process.exit(130);
    });
  return runAll(lines, command, place);
}

interface Asked {
  readonly name: string;
  readonly words: readonly string[];
  readonly line: Line;
}

async function runAll(
  lines: readonly Asked[],
  command: Command,
  { root, built }: { root: string; built: string },
): Promise<number> {
  const { full } = command;
  const out = command.out === undefined ? undefined : resolve(process.env.INIT_CWD ?? root, command.out);
  const commit = commitOf(root);
  const recorded = command.resume && out !== undefined ? readProofs(out).lines : {};
  const due = lines.filter(
    ({ name }) => !(recorded[name]?.holds && recorded[name].full === full && recorded[name].commit === commit),
  );
  const seed = command.seed ?? randomInt(0x1_0000_0000);
  const slots = Math.min(CORES, availableParallelism());
  const broken: string[] = [];
  const started = Date.now();
  // The longest first, so that no long one is left alone at the end.
  const order = due.toSorted((a, b) => b.line.minutes[full ? 'full' : 'short'] - a.line.minutes[full ? 'full' : 'short']);
  await inSlots(
    order,
    slots,
    ({ line }) => line.workers,
    async ({ name, words, line }) => {
      const began = Date.now();
      const workers = Math.min(line.workers, slots);
      const say = (text: string): void => void process.stderr.write(`  … ${name} ${text} after ${seconds(began)} s\n`);
      const result = await runLine(line, { name, full, seed, workers, words, root, built }, say);
      if (!holds(result)) broken.push(name);
      process.stdout.write(told(name, result, seconds(began), seed));
      if (out !== undefined && words.length === 0)
        recordProof(out, name, proofOf(line.title, name, full, { result, seconds: seconds(began), seed, commit }));
    },
  );
  const left = lines.length - due.length;
  process.stdout.write(
    `${due.length - broken.length} of ${due.length} lines hold${left > 0 ? `, ${left} were recorded before` : ''}, ${seconds(started)} s in all, seed ${seed}\n`,
  );
  if (broken.length > 0) process.stdout.write(`broken: ${broken.sort().join(' ')}\n`);
  return broken.length > 0 ? 1 : 0;
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}

function told(name: string, result: LineResult, took: number, seed: number): string {
  const planted = result.planted ?? [];
  const bugs = planted.length > 0 ? `, ${planted.filter((bug) => bug.found).length} of ${planted.length} planted bugs found` : '';
  const rows = [`${holds(result) ? 'ok    ' : 'BROKEN'} ${name}: ${tallied(result)}, ${took} s, seed ${seed}${bugs}`];
  for (const [part, tally] of Object.entries(result.parts ?? {})) rows.push(`         ${part}: ${tallied(tally)}`);
  for (const bug of planted) if (!bug.found) rows.push(`         not found: ${bug.name}`);
  for (const note of result.notes) rows.push(`         ${note}`);
  for (const failure of (result.failures ?? []).slice(0, 20)) rows.push(`         ! ${failure}`);
  return `${rows.join('\n')}\n`;
}

function tallied({ goal, done, failed }: Tally): string {
  const grouped = (count: number): string => count.toLocaleString('en-US');
  return `goal ${grouped(goal)}, done ${grouped(done)}, failed ${grouped(failed)}`;
}
