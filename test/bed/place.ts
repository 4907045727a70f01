import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's folder, from wherever this file was compiled to. */
export const PROJECT = projectAbove(import.meta.dirname);
/** Where the bed's programs are. */
export const HERE = join(PROJECT, 'test', 'bed');

function projectAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : projectAbove(dirname(folder));
}
