// Builds dist/: split ESM chunks, so that `--version` does not pay for Ink and only the TUI loads it.
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildDemo } from './build-demo.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const at = (...parts) => join(root, ...parts);
const version = JSON.parse(readFileSync(at('package.json'), 'utf8')).version;

/** yoga-layout decodes its wasm by fetch('data:…'), which loads all of undici: 50 ms of the first frame. */
const yogaWithoutFetch = {
  name: 'yoga-without-fetch',
  setup(builder) {
    builder.onLoad({ filter: /yoga-wasm-base64-esm\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replaceAll('"function"!=typeof fetch', 'true');
      if (contents === source) throw new Error('yoga-layout changed: look at the fetch patch again');
      return { contents, loader: 'js' };
    });
  },
};

/** Ink loads its devtools only when DEV=true; they are not part of the product. */
const noDevtools = {
  name: 'no-devtools',
  setup(builder) {
    builder.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'react-devtools-core', namespace: 'empty' }));
    builder.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {}' }));
  },
};

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  jsx: 'automatic',
  minify: true,
  legalComments: 'none',
  loader: { '.sh': 'text' },
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.JUJU_TUNE_VERSION': JSON.stringify(version) },
  plugins: [yogaWithoutFetch, noDevtools],
  banner: { js: "import {createRequire as __createRequire} from 'node:module';const require=__createRequire(import.meta.url);" },
  outExtension: { '.js': '.mjs' },
};

rmSync(at('dist'), { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { main: at('src/main.ts') },
  outdir: at('dist'),
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});

await buildDemo(root, at('dist'));

// Bundled actions are checked and compiled here, so that running them loads neither YAML nor its schema.
const compiler = at('dist', 'compile-catalogue.mjs');
await build({ ...common, entryPoints: [at('src/adapters/catalogue.ts')], outfile: compiler });
const { readBundled } = await import(pathToFileURL(compiler).href);
try {
  writeFileSync(at('dist', 'catalogue.json'), JSON.stringify(await readBundled(at('actions'))));
} catch (error) {
  process.stderr.write(`${[error.message, ...(error.problems ?? [])].join('\n')}\n`);
  process.exitCode = 1;
} finally {
  rmSync(compiler, { force: true });
}
