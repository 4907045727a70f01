import { writeSync } from 'node:fs';
import { juju } from './juju.js';

/** Writes all of it before the process may end, also into a full pipe. */
function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

const argv = process.argv.slice(2);
if (argv[0] === '--agent') {
  const [, dir = '', id = ''] = argv;
  const { runAgent } = await import('./agent.js');
  await runAgent(dir, id);
} else if (argv[0] === '--serve') {
  const { serve } = await import('./serve.js');
  await serve(argv[1] ?? '');
} else {
  process.exitCode = await juju(argv, { env: process.env, write: writeAll });
}
