/** Snapshots that are damaged on purpose, with a checksum that fits. */
import type { Choices } from '@pidlab/conformance/random';
import {
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  type PidAllocator,
  PidBug,
  PidError,
  type Strategy,
} from '@pidlab/contract';
import { count, type Fuzzer } from './fuzzer.ts';

/** A word of the block, and what stands there instead. */
export type Change = readonly [at: number, value: number];

/** Words before the block: mark, length, checksum, 0. */
const HEAD_WORDS = 4;

export const snapshots: Fuzzer<Change> = {
  name: 'snapshots',
  what: 'snapshots with some words changed and the checksum made right: refused, or as good as any other',
  unit: 'snapshots',
  variants: ['plain', 'shared'],
  open(strategy, variant) {
    const shared = variant === 'shared';
    const snapshot = busy(strategy, shared).snapshot();
    const { body, used } = wordsOf(snapshot);
    return {
      draw: (random) => drawChanges(body, used, random),
      play(changes, counts) {
        const isTaken = refusedOrWorks(strategy, rewritten(snapshot, changes), shared);
        count(counts, isTaken ? 'accepted' : 'refused');
        return 1;
      },
    };
  },
};

/** The words of the block in a snapshot, and which of them are not 0. */
export function wordsOf(snapshot: Uint8Array): { readonly body: Int32Array; readonly used: readonly number[] } {
  const body = new Int32Array(snapshot.slice(HEAD_WORDS * 4).buffer);
  return { body, used: [...body].flatMap((word, at) => (word === 0 ? [] : [at])) };
}

/** A small allocator with live, dead and free pids, tasks in lists, and namespaces in use and gone. */
export function busy({ createPidAllocator }: Strategy, shared = false): PidAllocator {
  const a = createPidAllocator({ memory: 2 ** 20, capacity: 1, pidMax: 50_000, generationBase: 1000, shared });
  const root = a.initPidNs;
  const [child, gone] = [a.copyPidNs(CLONE_NEWPID, root), a.copyPidNs(CLONE_NEWPID, root)];
  const pids = Array.from({ length: 30 }, () => a.allocPid(root));
  const contained = [a.allocPid(child), a.allocPid(child), a.allocPid(child)];
  const tasks = Array.from({ length: 5 }, () => a.allocTask());
  a.getPid(pids[4]);
  for (let i = 1; i < 30; i += 3) a.freePid(pids[i]);
  a.freePid(contained[1]);
  a.setLastPid(root, 40_000);
  a.allocPid(root);
  a.attachPid(tasks[0], PIDTYPE_PID, pids[0]);
  a.attachPid(tasks[1], PIDTYPE_PID, contained[0]);
  for (const task of tasks.slice(0, 4)) a.attachPid(task, PIDTYPE_PGID, contained[0]);
  a.freeTask(tasks[4]);
  a.putPidNs(gone);
  return a;
}

/** A copy with these words of the block changed, and the checksum that fits: FNV-1a by words. */
export function rewritten(snapshot: Uint8Array, changes: Iterable<Change>): Uint8Array {
  const words = new Int32Array(snapshot.slice().buffer);
  for (const [at, value] of changes) words[HEAD_WORDS + at] = value;
  let sum = 0x811c_9dc5 | 0;
  for (let i = HEAD_WORDS; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x0100_0193);
  words[2] = sum;
  return new Uint8Array(words.buffer);
}

/** A few words, most of them in use, each with a value that some word could have. */
function drawChanges(body: Int32Array, used: readonly number[], { below, pick }: Choices): Change[] {
  const place = () => [() => pick(used), () => pick(used), () => below(body.length), () => below(1024)][below(4)]();
  const value = (old: number) => {
    const other = body[pick(used)];
    const lock = 1 + below(16);
    const parked = (below(16) - 0x8000_0000) | 0;
    const bit = old ^ (1 << below(32));
    return (
      pick([0, -1, old + 1, old - 1, ~old, bit, other, other, lock, parked, below(2 ** 32) | 0, below(2 ** 16)]) | 0
    );
  };
  const length = below(3) === 0 ? 2 + below(4) : 1;
  const places = Array.from({ length }, place);
  return places.map((at) => [at, value(body[at])]);
}

/** Whether it is taken. Throws when it is refused otherwise than as documented, or taken and does not work. */
export function refusedOrWorks(strategy: Strategy, snapshot: Uint8Array, shared: boolean): boolean {
  let a: PidAllocator;
  try {
    a = strategy.createPidAllocator({ snapshot, shared });
  } catch (error) {
    if (error instanceof PidBug && error.message.includes('snapshot cannot be used')) return false;
    throw new Error(`to restore it: ${error}`, { cause: error });
  }
  mustHold(a, 'as it is restored');
  exercise(a);
  mustHold(a, 'after use');
  strategy.createPidAllocator({ snapshot: a.snapshot() });
  return true;
}

function mustHold(a: PidAllocator, when: string): void {
  const { violations } = a.checkInvariants();
  if (violations.length > 0) throw new Error(`${when}: ${violations.join('; ')}`);
}

function attempt<T>(run: () => T): T | undefined {
  const limit = Error.stackTraceLimit;
  // Of a million refusals nobody reads the stacks, which would be most of the work.
  Error.stackTraceLimit = 0;
  try {
    return run();
  } catch (error) {
    // Somebody has a lock, and there is nobody.
    if (error instanceof PidError && error.code !== 'EBUSY') return undefined;
    if (error instanceof PidBug) return undefined;
    throw error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Fills and empties everything that can be reached from the root. Only PidError and PidBug may be thrown on the way. */
function exercise(a: PidAllocator): void {
  const namespaces = new Set<NsRef>([a.initPidNs]);
  const pids = new Set<ReturnType<PidAllocator['allocPid']>>();
  for (let nr = 0, left = 200; left > 0; left--) {
    const pid = a.findGePid(nr, a.initPidNs);
    if (pid === undefined) break;
    nr = a.pidNr(pid) + 1;
    pids.add(pid);
    const ns = a.pidNs(pid);
    if (ns !== undefined) namespaces.add(ns);
  }
  for (const ns of namespaces) {
    for (let i = 0; i < 70; i++) {
      const pid = attempt(() => a.allocPid(ns));
      const task = attempt(() => a.allocTask());
      if (pid === undefined || task === undefined) continue;
      pids.add(pid);
      attempt(() => a.attachPid(task, PIDTYPE_PID, pid));
    }
    attempt(() => pids.add(a.allocPid(a.copyPidNs(CLONE_NEWPID, ns))));
  }
  for (const pid of pids) {
    for (const type of [0, 1, 2, 3] as const) {
      for (let left = 200; left > 0; left--) {
        const task = attempt(() => a.pidTask(pid, type));
        if (task === undefined) break;
        attempt(() => a.detachPid(task, type));
      }
    }
    attempt(() => a.freePid(pid));
  }
}
