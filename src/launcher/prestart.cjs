// Before `npm start`: install what is missing, build what is older than its source. Plain JavaScript for Node 20.
'use strict';
const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const root = path.resolve(__dirname, '..', '..');

/** npm records what it installed; anything of the lock file that is not there, or in another version, is missing. */
function isInstalled() {
  const installed = read('node_modules/.package-lock.json');
  const wanted = read('package-lock.json');
  if (!installed || !wanted) return false;
  return Object.entries(wanted.packages).every(([place, entry]) => {
    if (place === '' || entry.optional) return true;
    const there = installed.packages[place];
    return there !== undefined && there.version === entry.version;
  });
}

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
  } catch {
    return undefined;
  }
}

function newest(place) {
  const stat = fs.statSync(place);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...fs.readdirSync(place).map((name) => newest(path.join(place, name))));
}

function isBuilt() {
  try {
    const built = fs.statSync(path.join(root, 'dist', 'built')).mtimeMs;
    return ['src', 'actions', 'package.json', 'package-lock.json'].every((name) => newest(path.join(root, name)) < built);
  } catch {
    return false;
  }
}

function run(...args) {
  const result = spawnSync('npm', args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
  if (result.status !== 0) process.exit(result.status === null ? 1 : result.status);
}

if (!isInstalled()) run('ci');
if (!isBuilt()) run('run', '--silent', 'build');
