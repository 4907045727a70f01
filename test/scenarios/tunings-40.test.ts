import { triesEveryTuning } from './tuning-cases.js';

triesEveryTuning('4.0');
