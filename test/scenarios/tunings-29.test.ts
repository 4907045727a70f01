import { triesEveryTuning } from './tuning-cases.js';

triesEveryTuning('2.9');
