import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Assignment, Work } from './workers.js';

const { program, share } = workerData as Assignment;
const { work } = (await import(pathToFileURL(program).href)) as { work: Work<unknown, unknown> };
const result = await work(share, (done) => parentPort?.postMessage({ done }));
parentPort?.postMessage({ result });
