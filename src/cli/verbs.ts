// Loaded together, when one of them runs: `--help` and a wrong word pay for none, and many small files cost more than one.
export { actions } from './actions.js';
export { apply } from './apply.js';
export { check } from './check.js';
export { listTargets, openCatalogue, openModel } from './open-model.js';
export { plan } from './plan.js';
export { resume } from './resume.js';
export { rollback } from './rollback.js';
export { runs } from './runs.js';
export { confirm, extend } from './settle.js';
export { status } from './status.js';
