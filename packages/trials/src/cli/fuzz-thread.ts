/** One search of `npm run fuzz`, in a thread of its own, so that somebody notices when a run does not come back. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadStrategy } from '@pidlab/conformance/strategies';
import { FUZZERS } from '../fuzz/index.ts';
import { search } from '../fuzz/search.ts';
import type { Task } from './fuzz.ts';

const { fuzzer, strategy, variant, seed, cases, run, position } = workerData as Task;
const at = new Int32Array(position);

// Most of what is tried is refused, and nobody reads where.
Error.stackTraceLimit = 0;
const loaded = (await loadStrategy(strategy)).strategy;
const { attachPidAllocator } = loaded;
if (attachPidAllocator === undefined) throw new Error(`${strategy} has no attachPidAllocator`);
const searched = search({
  fuzzer: FUZZERS[fuzzer],
  strategy: { ...loaded, attachPidAllocator },
  ...{ variant, seed, cases },
  ...(run === undefined ? {} : { run }),
  progress(next, done) {
    Atomics.store(at, 0, next);
    Atomics.store(at, 1, done);
  },
});
parentPort!.postMessage(searched);
