// Prints how many steps a thread made after `await worker.terminate()`: 0 where that means that it has stopped.

import { isMainThread, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  const count = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), { workerData: count });
  while (Atomics.load(count, 0) < 1000) await new Promise((resolve) => setTimeout(resolve, 1));
  await worker.terminate();
  const then = Atomics.load(count, 0);
  const until = performance.now() + 100;
  while (performance.now() < until) Atomics.load(count, 0);
  console.log(Atomics.load(count, 0) - then);
} else {
  for (;;) Atomics.add(workerData, 0, 1);
}
