import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for what test files of one run share, named by JUJU_TUNE_TEST_FOLDER. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'juju-tune-run-'));
  process.env.JUJU_TUNE_TEST_FOLDER = folder;
  // Tests start Node hundreds of times; a twelfth of that is compiling the same files.
  process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
