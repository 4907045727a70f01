import { triesEveryTuning } from './tuning-cases.js';

triesEveryTuning('3.6');
