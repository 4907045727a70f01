import { existsSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { forgetFolders } from '../files.js';
import { runAgent } from './agent.js';
import { type Caller, juju } from './juju.js';

/**
 * Answers calls of juju on a socket, and carries out their tasks, so that thousands of them need not start a process each. A call is its
 * words, each ended by NUL: how many follow, the variables of its environment, an empty word, its arguments; then its end is closed. The
 * answer is frames of a number, a space, a length, a line feed and so many bytes: 1 stdout, 2 stderr, and last of all 0, the exit code. It
 * ends with its standard input, which is closed by who started it or by his end.
 */
export async function serve(path: string): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const parts: Buffer[] = [];
    // Who called may be killed at any moment, as juju is; what was begun is done.
    socket.on('error', () => undefined);
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('end', () => void answer(socket, Buffer.concat(parts).toString('utf8').split('\0').slice(0, -1)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  process.stdin.on('close', () => process.exit(0)).resume();
  process.stdout.write('ready\n');
}

async function answer(socket: Socket, [count, ...words]: readonly string[]): Promise<void> {
  const frame = (kind: number, text: string): void => {
    const bytes = Buffer.from(text);
    socket.write(`${kind} ${bytes.length}\n`);
    socket.write(bytes);
  };
  const gap = words.indexOf('');
  // Who was killed while he called has called nothing.
  if (gap >= 0 && Number(count) === words.length) {
    // A call knows nothing of those before it.
    forgetFolders();
    const caller: Caller = { env: Object.fromEntries(words.slice(0, gap).map(pairOf)), write: frame, carryOut };
    frame(0, String(await juju(words.slice(gap + 1), caller).catch((error: unknown) => failed(caller, error))));
  }
  socket.end();
}

/** What is carried out here goes on when its caller is killed, as in a process of its own. */
function carryOut(dir: string, operation: string): void {
  void runAgent(dir, operation).catch((error: unknown) => {
    if (existsSync(dir)) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  });
}

function pairOf(word: string): readonly [name: string, value: string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}

/** As Node ends a process for an error that nobody caught. */
function failed(caller: Caller, error: unknown): number {
  caller.write(2, `${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
