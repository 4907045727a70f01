// The demo is a program of its own: it is bundled apart from main, so that neither can reach into the other.
import { build } from 'esbuild';

/** Writes demo.mjs and demo-juju.mjs into a folder; `root` is the project's. */
export async function buildDemo(root, outdir) {
  await build({
    absWorkingDir: root,
    entryPoints: { demo: 'src/demo/demo.ts', 'demo-juju': 'src/demo/juju/main.ts' },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minify: true,
    splitting: true,
    chunkNames: 'demo/[name]-[hash]',
    legalComments: 'none',
    loader: { '.sh': 'text', '.awk': 'text', '.pl': 'text' },
    outExtension: { '.js': '.mjs' },
  });
}
