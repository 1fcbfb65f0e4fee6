/** Worker threads of Node. */
import { Worker } from 'node:worker_threads';
import type { Host, Thread } from './arena.ts';
import { connect } from './link.ts';

/** Starts threads with this package's own worker. */
export const nodeHost: Host = {
  start(): Promise<Thread> {
    const worker = new Worker(new URL('./node-worker.js', import.meta.url));
    const link = connect((message) => worker.postMessage(message));
    worker.on('message', link.receive);
    worker.on('error', (error) => link.break(error.message));
    worker.on('exit', () => link.break('the thread has ended'));
    return Promise.resolve({
      ask: link.ask,
      async terminate() {
        await worker.terminate();
      },
    });
  },
};
