// A pool of three workers on one allocator. The main thread made it, and is worker 0.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { CLONE_NEWPID } from '@pidlab/contract';
import { threadEnd } from '@pidlab/contract/worker-end';
import { createPidAllocator } from '@pidlab/core-hierarchical';

/** @typedef {import('@pidlab/contract').NsRef} NsRef */
/** @typedef {import('@pidlab/contract').PidRef} PidRef */

const a = createPidAllocator({ shared: true, workers: 4 });
const host = a.initPidNs;
/** Names for the list. @type {Map<NsRef | undefined, string>} */
const names = new Map([[host, 'host']]);

/** Asks a worker to do something, and waits until it is done. @param {Worker} worker @param {string} command @param {unknown[]} args */
async function ask(worker, command, ...args) {
  worker.postMessage({ command, args });
  const [answer] = await once(worker, 'message');
  return answer;
}

async function start() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: a.share() });
  const slot = await ask(worker, 'slot');
  console.log(`a worker has slot ${slot}`);
  return worker;
}

/** Everybody, as the host sees them. */
function list() {
  console.log('HOST  INSIDE  WHERE');
  for (let pid = a.findGePid(1, host); pid !== undefined; pid = a.findGePid(a.pidNr(pid) + 1, host)) {
    const ns = a.pidNs(pid);
    const [outside, inside] = [a.pidNr(pid), ns === undefined ? 0 : a.pidNrNs(pid, ns)];
    console.log(`${String(outside).padStart(4)}  ${String(inside).padStart(6)}  ${names.get(ns)}`);
  }
}

a.allocPid(host);
const [first, second, third] = [await start(), await start(), await start()];

// Each worker makes a container; the main thread gets to know them as handles.
/** @type {{ container: NsRef, pids: PidRef[] }[]} */
const made = [];
for (const [i, worker] of [first, second, third].entries()) {
  made.push(await ask(worker, 'makeContainer'));
  names.set(made[i].container, `container of worker ${i + 1}`);
}
list();

// All at once in one container.
const common = a.copyPidNs(CLONE_NEWPID, host);
/** @type {PidRef[][]} */
const crowds = await Promise.all([first, second, third].map((worker) => ask(worker, 'allocMany', common, 1_000)));
const numbers = new Set(crowds.flat().map((pid) => a.pidNrNs(pid, common)));
console.log(`three workers made ${crowds.flat().length} pids with ${numbers.size} different numbers`);

// What one made another finds, and ends.
const found = await ask(second, 'find', 2, made[0].container);
console.log(`worker 2 finds number 2 of worker 1: ${found === made[0].pids[1]}`);
await Promise.all([first, second, third].map((worker, i) => ask(worker, 'free', crowds[(i + 1) % 3])));
await ask(third, 'free', [made[0].pids[1]]);
console.log(`worker 1 finds it no more: ${await ask(first, 'find', 2, made[0].container)}`);
console.log(`left in the common container: ${a.nextPidmap(common, 0) ?? 'nobody'}`);

// A worker is terminated in the middle of its work, whatever that is at this instant.
await ask(second, 'churnForEver', made[1].container);
await setTimeout(50);
void second.terminate();
await threadEnd(second);
a.declareGone(2);
console.log(`worker 2 is gone; ${a.checkInvariants().violations.length} things are broken`);
const fourth = await start();

// Its processes are still there until somebody ends them; also one that it had just made, if it was between two calls.
const inside = made[1].container;
for (let pid = a.findGePid(1, inside); pid !== undefined; pid = a.findGePid(1, inside)) a.freePid(pid);
list();

for (const worker of [first, third, fourth]) {
  worker.postMessage({ command: 'leave', args: [] });
  await once(worker, 'exit');
}
const next = await start();
void next.terminate();
await threadEnd(next);
