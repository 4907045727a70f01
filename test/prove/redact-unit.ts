import { spawn } from 'node:child_process';
import apache from '../../src/unit/apache.sh';
import lines from '../../src/unit/lines.sh';
import redactProgram from '../../src/unit/redact.awk';
import redact from '../../src/unit/redact.sh';

/** Stands between two texts, so that one does not go on in the other. */
const BETWEEN = '\u0001';

/**
 * What the unit's redactor makes of texts: the real bash and awk on a unit that is an empty folder. `altered` is the awk with a bug put in.
 */
export async function redactOnUnit(texts: readonly string[], folder: string, altered = redactProgram): Promise<string[]> {
  const program = `REDACT='${altered.replaceAll("'", `'\\''`)}'\n${lines}${apache}${redact}
redacting '$0 == "\\001" { IN_KEY = 0; print; next } { print redact_line($0) }'`;
  const child = spawn('bash', ['--norc', '-c', program], {
    env: { ROOT: folder, PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  const ended = new Promise<number | null>((done) => child.on('close', done));
  child.stdin.end(texts.map((text) => `${text}\n${BETWEEN}\n`).join(''));
  const code = await ended;
  if (code !== 0) throw new Error(`the unit's redactor ended with ${code}`);
  return Buffer.concat(parts).toString('utf8').split(`\n${BETWEEN}\n`).slice(0, -1);
}
