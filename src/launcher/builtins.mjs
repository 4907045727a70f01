// Built-in modules without their ESM facade: to import one name of `node:crypto` or `node:process` makes Node read every name of
// it, which loads WebCrypto, worker threads, the parser of arguments … A third of what `--help` costs.
import { builtinModules, createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Not there yet when a program starts: loaded at the first call. */
const LATE = new Set([
  'child_process',
  'crypto',
  'fs/promises',
  'net',
  'readline',
  'readline/promises',
  'timers/promises',
  'zlib',
]);

/** An esbuild plugin. */
export const builtinsWithoutFacade = {
  name: 'builtins-without-facade',
  setup(builder) {
    builder.onResolve({ filter: /^(?:node:)?[a-z0-9_/]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      if (!builtinModules.includes(name)) return undefined;
      return { path: name, namespace: kind === 'require-call' ? 'builtin-required' : 'builtin', sideEffects: false };
    });
    builder.onLoad({ filter: /.*/, namespace: 'builtin-required' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
    }));
    builder.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: LATE.has(path) ? lateModule(path) : moduleOf(path),
    }));
  },
};

function namesOf(path) {
  return Object.keys(require(`node:${path}`)).filter((name) => /^[A-Za-z][A-Za-z0-9]*$/.test(name) && name !== 'default');
}

// A name that nobody imports is left out of the bundle: `take` is marked as a call without effect.
function moduleOf(path) {
  return `const all = process.getBuiltinModule('node:${path}');
const take = (name) => all[name];
export default all;
${namesOf(path)
  .map((name) => `export const ${name} = /* @__PURE__ */ take('${name}');`)
  .join('\n')}`;
}

function lateModule(path) {
  const isPlainFunction = (name) => /^[a-z]/.test(name) && typeof require(`node:${path}`)[name] === 'function';
  const names = namesOf(path);
  return `const all = () => process.getBuiltinModule('node:${path}');
const take = (name) => all()[name];
export default { ${names.map((name) => `get ${name}() { return all().${name}; }`).join(', ')} };
${names
  .map((name) =>
    isPlainFunction(name)
      ? `export const ${name} = (...given) => all().${name}(...given);`
      : `export const ${name} = /* @__PURE__ */ take('${name}');`,
  )
  .join('\n')}`;
}
