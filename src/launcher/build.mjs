// Builds dist/: split ESM chunks, so that `--version` does not pay for Ink and only the TUI loads it.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildDemo } from './build-demo.mjs';
import { builtinsWithoutFacade } from './builtins.mjs';
import { NARROW } from './narrow.mjs';

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

/** string-width makes a segmenter and a pattern of all emoji when it is loaded, 25 ms; what we draw ourselves needs neither. */
const lateWidths = {
  name: 'late-widths',
  setup(builder) {
    builder.onLoad({ filter: /string-width\/index\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source
        .replace('= new Intl.Segmenter();', '= late("segment", () => new Intl.Segmenter());')
        .replace('= /^\\p{RGI_Emoji}$/v;', '= late("test", () => /^\\p{RGI_Emoji}$/v);')
        .replace('*$/.test(string)) {', `*$/.test(string) || (ambiguousIsNarrow && ${NARROW}.test(string))) {`);
      if (contents.split('= late(').length !== 3 || !contents.includes('ambiguousIsNarrow && /'))
        throw new Error('string-width changed: look at the patch again');
      const late = 'const late = (name, make) => { let made; return { [name]: (text) => (made ??= make())[name](text) }; };';
      return { contents: `${late}\n${contents}`, loader: 'js' };
    });
  },
};

/** The programs of the units are packed here, so that nobody who asks units waits for it, or reads through their text. */
const packedPrograms = {
  name: 'packed-programs',
  setup(builder) {
    builder.onLoad({ filter: /src\/unit\/programs\.ts$/ }, async ({ path }) => {
      const plugins = common.plugins.filter((plugin) => plugin !== packedPrograms);
      const { outputFiles } = await build({ ...common, plugins, entryPoints: [path], write: false });
      const { UNIT_VERBS, sentProgram } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
      const sent = Object.fromEntries(UNIT_VERBS.map((verb) => [verb, sentProgram(verb)]));
      return {
        contents: `const sent = ${JSON.stringify(sent)};\nexport const sentProgram = (verb) => sent[verb];`,
        loader: 'js',
      };
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
  loader: { '.sh': 'text', '.awk': 'text', '.pl': 'text' },
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.JUJU_TUNE_VERSION': JSON.stringify(version) },
  plugins: [builtinsWithoutFacade, packedPrograms, yogaWithoutFetch, lateWidths, noDevtools],
  outExtension: { '.js': '.mjs' },
};

// Built beside and swapped in: a dist/ that is there is always whole, also for a juju-tune that starts meanwhile.
const part = at(`.dist-${process.pid}`);
const old = at(`.dist-old-${process.pid}`);
try {
  await build({
    ...common,
    entryPoints: { main: at('src/main.ts') },
    outdir: part,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
  await buildDemo(root, part);
  await compileCatalogue();
  writeFileSync(join(part, 'built'), '');
  if (existsSync(at('dist'))) renameSync(at('dist'), old);
  renameSync(part, at('dist'));
} catch (error) {
  process.stderr.write(`${[error.message, ...(error.problems ?? [])].join('\n')}\n`);
  process.exitCode = 1;
} finally {
  for (const folder of [part, old]) rmSync(folder, { recursive: true, force: true });
}

/** Bundled actions are checked and compiled here, so that running them loads neither YAML nor its schema. */
async function compileCatalogue() {
  const compiler = join(part, 'compile-catalogue.mjs');
  await build({ ...common, entryPoints: [at('src/adapters/catalogue.ts')], outfile: compiler });
  const { readBundled } = await import(pathToFileURL(compiler).href);
  writeFileSync(join(part, 'catalogue.json'), JSON.stringify(await readBundled(at('actions'))));
  rmSync(compiler);
}
