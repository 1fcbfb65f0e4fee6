import {
  CLONE_NEWPID,
  type NsRef,
  PID_MAX_LIMIT,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  type PidAllocator,
  type PidType,
} from '@pidlab/contract';
import { allocatorOf, type Found, hasAccount, type Survey } from './tally.ts';

const PAGE_BYTES = 4_096;

/** Bytes of bitmaps and of objects in use, of those caches that `isMeant`. */
function bytesIn(allocator: PidAllocator, isMeant: (cache: string) => boolean): number {
  const meant = allocator.slabInfo().filter(({ name }) => isMeant(name));
  const objects = meant.reduce((sum, { activeObjects, objectBytes }) => sum + activeObjects * objectBytes, 0);
  return PAGE_BYTES * allocator.stats().pages.pidmap + objects;
}

/** Bytes of what a design's maps are made of: pages of bitmaps, or nodes. */
function mapBytesOf(allocator: PidAllocator): number {
  return bytesIn(allocator, (cache) => !/^(pid_\d+|pid_namespace|task)$/.test(cache));
}

/** The map of the root from the first number to a wide range: claim E4. */
export const bitmaps: Survey = {
  id: 'bitmaps',
  question: 'What does a map of numbers take, before and after its range is widened at run time?',
  counted:
    'bytes of the root’s bitmaps or nodes with `pids` numbers taken from 1 on; `widened` the same after pidMax went from 32,768 to 4,194,304; `last` after its last number was taken as well',
  ask(surveyed) {
    if (!hasAccount(surveyed)) return [];
    return [0, 1, 1_000, 30_000].map((pids) => {
      const allocator = allocatorOf(surveyed, { capacity: 32_768, pidMax: 32_768 });
      const root = allocator.initPidNs;
      for (let i = 0; i < pids; i++) allocator.allocPid(root);
      const bytes = mapBytesOf(allocator);
      allocator.setPidMax(root, PID_MAX_LIMIT);
      const widened = mapBytesOf(allocator);
      allocator.setLastPid(root, PID_MAX_LIMIT - 2);
      allocator.allocPid(root);
      if (allocator.lastPid(root) !== PID_MAX_LIMIT - 1) throw new Error('the last number was not given');
      return { params: { pids }, values: { bytes, widened, last: mapBytesOf(allocator) } };
    });
  },
};

const PROCESSES = 32_000;
const TYPES: readonly PidType[] = [PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID];

/** Processes of which a share lives in a container: claim E6. */
export const share: Survey = {
  id: 'share',
  question: 'How many bytes does a process take, by how many of all live in a container?',
  counted: `bytes in use over ${PROCESSES.toLocaleString('en')} processes, each a pid and a task that hangs on it; so many per cent of them in one container, the others in the root`,
  ask(surveyed) {
    if (!hasAccount(surveyed)) return [];
    return [0, 10, 50, 100].map((percent) => {
      const allocator = allocatorOf(surveyed, { capacity: PROCESSES, pidMax: 2 ** 17 });
      const empty = allocator.stats().usedBytes;
      const box = allocator.copyPidNs(CLONE_NEWPID, allocator.initPidNs);
      const contained = (PROCESSES * percent) / 100;
      for (let i = 0; i < PROCESSES; i++) fork(allocator, i < contained ? box : allocator.initPidNs);
      const sizes = new Map(allocator.slabInfo().map(({ name, objectBytes }) => [name, objectBytes]));
      const task = sizes.get('task') ?? 0;
      const used = allocator.stats().usedBytes;
      return {
        params: { percent },
        values: { bytes: used / PROCESSES, withoutTables: (used - empty) / PROCESSES, task },
      };
    });
  },
};

function fork(allocator: PidAllocator, ns: NsRef): void {
  const pid = allocator.allocPid(ns);
  const task = allocator.allocTask();
  for (const type of TYPES) allocator.attachPid(task, type, pid);
}

/** A pid of every level: claim E7. */
export const caches: Survey = {
  id: 'caches',
  question: 'How large is the record of a pid, by its level?',
  counted:
    'bytes of an object of the cache for pids of that level; `inUse` that of the deepest level here, 8; `largest` that of the deepest the design has',
  ask(surveyed) {
    if (!hasAccount(surveyed)) return [];
    const { maxLevel } = surveyed.module.traits;
    const allocator = allocatorOf(surveyed, { capacity: 1_000, memory: 2 ** 24 });
    const sizes: number[] = [];
    let ns = allocator.initPidNs;
    for (let level = 0; level <= maxLevel; level++) {
      if (level > 0) ns = allocator.copyPidNs(CLONE_NEWPID, ns);
      const numbers = Math.min(level + 1, surveyed.module.traits.maxNumbers);
      sizes.push(allocator.slabInfo().find(({ name }) => name === `pid_${numbers}`)?.objectBytes ?? 0);
    }
    const deepest = Math.min(8, maxLevel);
    return sizes.slice(0, deepest + 1).map(
      (own, level): Found => ({
        params: { level },
        values: { own, inUse: sizes[deepest], largest: sizes[sizes.length - 1] },
      }),
    );
  },
};

/** Ever more namespaces with a pid each: for the curve. */
export const namespaces: Survey = {
  id: 'namespaces',
  question: 'How many bytes does a namespace take, by how many there are?',
  counted:
    'bytes of records and bitmaps that so many namespaces below the root add, each with its first pid, over their number',
  ask(surveyed) {
    if (!hasAccount(surveyed)) return [];
    const most = surveyed.module.traits.maxNamespaces;
    const counts = [1, 10, 100, 1_000, 10_000].filter((count) => count <= most);
    return counts.map((count) => {
      const allocator = allocatorOf(surveyed, { capacity: 2 * count, namespaces: count + 16 });
      const before = bytesIn(allocator, () => true);
      for (let i = 0; i < count; i++) allocator.allocPid(allocator.copyPidNs(CLONE_NEWPID, allocator.initPidNs));
      return { params: { namespaces: count }, values: { bytes: (bytesIn(allocator, () => true) - before) / count } };
    });
  },
};
