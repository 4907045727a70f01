// summary.mjs REPORTS [TROUBLED PART…]: adds up vitest's JSON reports and says `N passed, N failed` in the last line.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...troubled] = process.argv.slice(2);
const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const files = reports.flatMap((report) => report.testResults);
const results = files.flatMap((file) => file.assertionResults);
const count = (status) => results.filter((result) => result.status === status).length;

// A file that could not be loaded, or whose set-up failed, has failed without a failed test.
const brokenFiles = files.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed'),
);
for (const file of brokenFiles) console.log(`failed as a whole: ${file.name}`);
for (const part of troubled) console.log(`failed: ${part}`);
const skipped = results.length - count('passed') - count('failed');
if (skipped > 0) console.log(`${skipped} skipped`);

const passed = count('passed');
const tests = count('failed') + brokenFiles.length;
// Parts that are no tests, or ended before any test could fail, count as one each.
const failed = Math.max(tests, troubled.length);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed === 0 || failed > 0 ? 1 : 0;
