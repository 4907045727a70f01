#!/usr/bin/env node
// Starts juju-tune on a Node that is new enough: this one, or the one that npm put beside us. Syntax of Node 12.
'use strict';
const fs = require('fs');
const path = require('path');

const NEEDED = [22, 12];
const root = path.resolve(__dirname, '..', '..');

function newEnough(version) {
  const parts = version.replace(/^v/, '').split('.').map(Number);
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);
}

function bundledNode() {
  const name = 'node-' + process.platform + '-' + process.arch;
  const places = [path.join(root, 'node_modules', name), path.join(root, '..', name)];
  for (const place of places) {
    const node = path.join(place, 'bin', 'node');
    if (fs.existsSync(node)) return node;
  }
  return undefined;
}

function refuse(message, hint) {
  process.stderr.write('juju-tune: ' + message + '\n  try: ' + hint + '\n');
  process.exit(70);
}

const main = path.join(root, 'dist', 'main.mjs');
if (!fs.existsSync(main)) {
  refuse('not built: ' + main + ' is missing', 'npm start --prefix ' + root);
} else if (newEnough(process.version)) {
  import('file://' + encodeURI(main).replace(/[?#]/g, encodeURIComponent));
} else {
  const node = bundledNode();
  if (!node) {
    refuse(
      'needs Node.js ' + NEEDED.join('.') + ' or newer, this is ' + process.version,
      'npm ci --prefix ' + root + ' (brings Node 24 along), or install Node.js 24 from nodejs.org',
    );
  } else {
    const result = require('child_process').spawnSync(node, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' });
    if (result.error) refuse('cannot start ' + node + ': ' + result.error.message, 'npm ci --prefix ' + root);
    if (result.signal) process.kill(process.pid, result.signal);
    else process.exitCode = result.status;
  }
}
