// One worker of the pool: attaches to the allocator that it was given, and does what it is told.

import { parentPort, workerData } from 'node:worker_threads';
import { CLONE_NEWPID } from '@pidlab/contract';
import { attachPidAllocator } from '@pidlab/core-hierarchical';

/** @typedef {import('@pidlab/contract').PidRef} PidRef */
/** @typedef {import('@pidlab/contract').NsRef} NsRef */

const a = attachPidAllocator(workerData);

const commands = {
  slot: () => a.workerSlot,

  /** A container of this worker's own, with two processes in it. */
  makeContainer() {
    const container = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
    return { container, pids: [a.allocPid(container), a.allocPid(container)] };
  },

  /** @param {NsRef} ns @param {number} count */
  allocMany: (ns, count) => Array.from({ length: count }, () => a.allocPid(ns)),

  /** @param {number} nr @param {NsRef} ns */
  find: (nr, ns) => a.findPidNs(nr, ns),

  /** @param {PidRef[]} pids */
  free(pids) {
    for (const pid of pids) a.freePid(pid);
    return pids.length;
  },

  /** Until somebody pulls the plug. @param {NsRef} ns */
  churnForEver(ns) {
    port.postMessage('at work');
    for (;;) a.freePid(a.allocPid(ns));
  },

  leave() {
    a.detach();
    // Not `port.close()`, which Deno does not have.
    process.exit();
  },
};

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
port.on('message', (/** @type {{ command: keyof typeof commands, args: unknown[] }} */ { command, args }) => {
  const run = /** @type {(...args: unknown[]) => unknown} */ (commands[command]);
  port.postMessage(run(...args));
});
