// npm run prove: compiles test/prove and starts it. Compiled inside node_modules, from where packages are found.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..', '..');
const outdir = join(root, 'node_modules', '.cache', `prove-${process.pid}`);
const sources = (folder) =>
  readdirSync(join(here, folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(here, folder, name));

mkdirSync(outdir, { recursive: true });
process.on('exit', () => rmSync(outdir, { recursive: true, force: true, maxRetries: 5 }));
await build({
  absWorkingDir: root,
  entryPoints: [...sources('.'), ...sources('lines')],
  outbase: here,
  outdir,
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node22',
  jsx: 'automatic',
  loader: { '.sh': 'text', '.awk': 'text', '.pl': 'text' },
  define: { 'process.env.JUJU_TUNE_VERSION': '"0.0.0-prove"' },
  outExtension: { '.js': '.mjs' },
  logLevel: 'error',
});
const { main } = await import(pathToFileURL(join(outdir, 'main.mjs')).href);
process.exitCode = await main(process.argv.slice(2), { root, built: outdir });
