import { readFileSync } from 'node:fs';

/** Lets tests import unit programs as text, as the bundle does. */
export const shellText = {
  name: 'shell-text',
  enforce: 'pre' as const,
  load(id: string): string | undefined {
    return /\.(sh|awk|pl)$/.test(id) ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined;
  },
};
