// The whole of a thread of a crew: makes its pids, then churns them whenever it is its turn.
import { isMainThread, workerData } from 'node:worker_threads';
import type { PidAllocatorDescriptor } from '@pidlab/contract';
import { sharedFloor } from './baselines/shared-floor.ts';
import { CONTROL, DUTY, type ThreadData, waitedNs } from './crew.ts';
import { answer, ask } from './hand-over.ts';
import { verifyWorld, type World } from './populate.ts';
import { choices } from './random.ts';
import { churn } from './scenarios/churn.ts';
import { loadSubject } from './subjects.ts';
import type { Workload } from './workload.ts';

/** Calls of churn's `run` in a turn. */
const RUNS = 40;

/** What a thread churns: its own pids in an allocator that it shares. */
interface Churn extends World {
  readonly victims: Int32Array;
  at: number;
}

/** Lives until it is told to leave. */
async function serve(data: ThreadData): Promise<void> {
  const { control, complaints, subject, crewSize } = data;
  let turn = 0;
  try {
    const workload = counting(await attach(data), data);
    const state = begin(workload, data);
    for (let duty = -1; duty !== DUTY.leave; ) {
      say(control);
      Atomics.wait(control, CONTROL.turn, turn++);
      duty = Atomics.load(control, CONTROL.duty);
      const waited = waitedNs();
      meet(control, crewSize);
      if (duty === DUTY.work) work(state, data, waited);
      if (duty === DUTY.handOver) handOver(data);
      if (duty === DUTY.verify && subject.kind !== 'floor') verifyWorld(state);
    }
    if ('detach' in workload) (workload.detach as () => void)();
  } catch (error) {
    complaints.postMessage(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  say(control);
}

async function attach({ subject, shared }: ThreadData): Promise<Workload> {
  if (shared instanceof Int32Array) return sharedFloor(shared);
  const { strategy } = await loadSubject(subject);
  if (!strategy?.attachPidAllocator) throw new Error(`${subject.id} exports no attachPidAllocator`);
  return strategy.attachPidAllocator(shared as PidAllocatorDescriptor) as Workload;
}

/** The same with one reference for each pid, where that is asked for: the least that it can cost, an addition and a subtraction. */
function counting(workload: Workload, { references }: ThreadData): Workload {
  if (!references) return workload;
  const { allocPid, freePid } = workload;
  return {
    ...workload,
    allocPid(ns) {
      Atomics.add(references, 0, 1);
      return allocPid(ns);
    },
    freePid(pid) {
      freePid(pid);
      Atomics.sub(references, 0, 1);
    },
  };
}

function begin(workload: Workload, { ns, live, seed }: ThreadData): Churn {
  const pids = new Float64Array(live) as unknown as World['pids'] & Record<number, unknown>;
  for (let i = 0; i < live; i++) pids[i] = workload.allocPid(ns);
  return { workload, chain: [ns], ns, pids, victims: choices(seed, live), at: 0 };
}

/** `waited` is how long the thread had waited for a core before it met the others. */
function work(state: Churn, { control, times }: ThreadData, waited: number): void {
  times[0] = Number(process.hrtime.bigint());
  for (let i = 0; i < RUNS; i++) churn.run(state);
  times[1] = Number(process.hrtime.bigint());
  times[2] = waitedNs() - waited;
  Atomics.add(control, CONTROL.operations, RUNS * churn.opsOf(state));
}

function handOver({ control, seat, times }: ThreadData): void {
  if (seat === 0) times[3] = ask(control);
  if (seat === 1) answer(control);
}

/** Spins until all are there: whoever slept would start later than the others. */
function meet(control: Int32Array, crewSize: number): void {
  Atomics.add(control, CONTROL.met, 1);
  while (Atomics.load(control, CONTROL.met) < crewSize);
}

/** Says that this thread is done, or ready for its first turn. */
function say(control: Int32Array): void {
  Atomics.add(control, CONTROL.done, 1);
  Atomics.notify(control, CONTROL.done);
}

if (!isMainThread) await serve(workerData as ThreadData);
