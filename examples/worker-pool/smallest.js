import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CLONE_NEWPID } from '@pidlab/contract';
import { threadEnd } from '@pidlab/contract/worker-end';
import { attachPidAllocator, createPidAllocator } from '@pidlab/core-hierarchical';

if (isMainThread) {
  const a = createPidAllocator({ shared: true });
  a.allocPid(a.initPidNs);
  const container = a.copyPidNs(CLONE_NEWPID, a.initPidNs);

  // What share() returns can be posted. Handles are numbers, and mean the same in every worker.
  const worker = new Worker(new URL(import.meta.url), { workerData: { shared: a.share(), container } });
  worker.once('message', async ({ slot, pid }) => {
    console.log(a.pidNrNs(pid, container), a.pidNr(pid), a.findPid(2) === pid); // → 1 2 true
    a.freePid(pid);

    // It ends without detach(), so somebody else has to say so: that mends what it was in the middle of.
    void worker.terminate();
    await threadEnd(worker);
    a.declareGone(slot);
    console.log(slot, a.checkInvariants().violations); // → 1 []
  });
} else {
  const a = attachPidAllocator(workerData.shared);
  parentPort?.postMessage({ slot: a.workerSlot, pid: a.allocPid(workerData.container) });
}
