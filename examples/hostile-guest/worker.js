// A worker that never rests.

import { parentPort, workerData } from 'node:worker_threads';
import { attachPidAllocator } from '@pidlab/core-hierarchical';

const a = attachPidAllocator(workerData);
parentPort?.postMessage(a.workerSlot);
for (;;) a.freePid(a.allocPid(a.initPidNs));
