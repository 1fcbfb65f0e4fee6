import { PIDTYPE_PGID, PIDTYPE_PID, type PidAllocator, type PidAllocatorOptions } from '@pidlab/contract';
import { deepEqual, during, equal, ok, refusal, throwsPidBug, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import {
  allocAt,
  allocMany,
  blockless,
  childless,
  exit,
  fork,
  leave,
  nest,
  newNs,
  nextNr,
  nextNrs,
  picture,
  tasksOf,
  type World,
} from '../world.ts';

const SNAPSHOT = 'the contract: snapshot';
/** A block whose bytes are soon copied. */
const FEW: PidAllocatorOptions = { capacity: 256, namespaces: 4 };

/** A world in which some of everything has happened. */
function busy(w: World): void {
  const { a, home } = w;
  for (const ns of [home, ...nest(a, home, 2)]) {
    const processes = Array.from({ length: 20 }, () => fork(a, ns));
    for (let i = 0; i < 20; i += 3) exit(a, processes[i]);
    for (let i = 1; i < 20; i += 3) a.attachPid(processes[i].task, PIDTYPE_PGID, processes[1].pid);
    a.getPid(processes[2].pid);
    allocAt(a, ns, 30_000);
  }
  a.setPidMax(home, 20_000);
}

export const snapshotChapter: Chapter = chapter('SNAPSHOT', 'State as bytes', (t) => {
  const { booted, clause, create, world } = t;
  const restore = (a: PidAllocator): PidAllocator => create({ snapshot: a.snapshot() });

  clause(1, 'a snapshot is bytes, the same as long as nothing changes', { source: SNAPSHOT }, () => {
    const w = booted();
    busy(w);
    const bytes = w.a.snapshot();
    ok(bytes instanceof Uint8Array && bytes.length > 0);
    deepEqual(w.a.snapshot(), bytes);
  });

  clause(2, 'it is a copy: changing it changes nothing', { source: SNAPSHOT }, () => {
    const { a, home, path } = booted();
    const before = picture(a, path);
    const bytes = a.snapshot();
    const kept = bytes.slice();
    bytes.fill(0xff);
    deepEqual(picture(a, path), before);
    deepEqual(a.snapshot(), kept);
    const restored = create({ snapshot: kept });
    kept.fill(0xff);
    equal(nextNr(restored, home), 2);
  });

  clause(3, 'asking is not changing', { source: SNAPSHOT }, () => {
    const { a, home } = booted();
    const before = a.snapshot();
    a.findPidNs(1, home);
    a.findGePid(0, home);
    a.nextPidmap(home, 0);
    a.stats();
    a.slabInfo();
    a.checkInvariants();
    a.getPidNs(home);
    a.putPidNs(home);
    deepEqual(a.snapshot(), before);
  });

  clause(
    4,
    'what is restored is what was there: numbers, pids, references, tasks, namespaces, cursors',
    { source: SNAPSHOT },
    () => {
      const w = booted();
      busy(w);
      const restored = restore(w.a);
      deepEqual(picture(restored, w.path), picture(w.a, w.path));
      deepEqual(w.path.map(restored.lastPid), w.path.map(w.a.lastPid));
      deepEqual(restored.stats(), w.a.stats());
      deepEqual(restored.slabInfo(), w.a.slabInfo());
      equal(restored.initPidNs, w.a.initPidNs);
      deepEqual(restored.snapshot(), w.a.snapshot());
    },
  );

  clause(5, 'handles go on working', { source: SNAPSHOT }, () => {
    const { a, home } = booted();
    const { pid, task } = fork(a, home);
    a.attachPid(task, PIDTYPE_PGID, pid);
    const restored = restore(a);
    equal(restored.findPidNs(2, home), pid);
    equal(restored.pidTask(pid, PIDTYPE_PID), task);
    deepEqual(tasksOf(restored, pid, PIDTYPE_PGID), [task]);
    restored.detachPid(task, PIDTYPE_PGID);
    restored.detachPid(task, PIDTYPE_PID);
    equal(restored.findPidNs(2, home), undefined);
    equal(a.findPidNs(2, home), pid);
  });

  clause(6, 'the two are independent from then on', { source: SNAPSHOT }, () => {
    const { a, home } = booted();
    const restored = restore(a);
    allocMany(restored, home, 10);
    equal(a.lastPid(home), 1);
    a.setLastPid(home, 99);
    equal(restored.lastPid(home), 11);
  });

  clause(7, 'the same calls give the same answers in both', { source: SNAPSHOT }, () => {
    const w = booted();
    busy(w);
    const restored = restore(w.a);
    const goOn = (a: PidAllocator): unknown => {
      const out: unknown[] = [nextNrs(a, w.home, 5), fork(a, w.home), a.allocTask()];
      for (const ns of nest(a, w.home, 1)) out.push(ns, nextNr(a, ns));
      return out;
    };
    deepEqual(goOn(restored), goOn(w.a));
    deepEqual(restored.snapshot(), w.a.snapshot());
  });

  clause(8, 'stale handles stay stale', { source: SNAPSHOT }, () => {
    const { a, home } = booted();
    const pid = a.allocPid(home);
    a.freePid(pid);
    const restored = restore(a);
    throwsPidBug(() => restored.pidCount(pid));
    restored.allocPid(home);
    throwsPidBug(() => restored.pidCount(pid));
  });

  clause(9, 'a closed namespace stays closed, a full block full', { source: SNAPSHOT }, () => {
    const { a, home } = booted({ memory: 2 ** 20, capacity: 64 });
    a.disablePidAllocation(home);
    if (!blockless(a)) leave(a, 0);
    const restored = restore(a);
    throwsPidError('ENOMEM', () => restored.allocPid(home));
    equal(restored.stats().pages.free, 0);
    equal(restored.stats().reservedBytes, a.stats().reservedBytes);
  });

  clause(10, 'options that the allocator was made with are restored with it', { source: SNAPSHOT }, () => {
    const { a, home } = world({ floors: { root: 9, child: 8 }, pidMax: 400, hash: 'kernel' });
    const restored = restore(a);
    restored.setLastPid(home, 399);
    equal(nextNr(restored, home), t.level === 0 ? 9 : 8);
    deepEqual(restored.stats().hashTables, a.stats().hashTables);
  });

  clause(11, 'an empty allocator can be restored', { source: SNAPSHOT, once: true }, () => {
    const a = create();
    const restored = restore(a);
    equal(nextNr(restored, restored.initPidNs), 1);
  });

  clause(
    12,
    'no other option may stand beside it',
    { source: 'the contract: PidAllocatorOptions.snapshot', once: true },
    () => {
      const snapshot = create(FEW).snapshot();
      const beside: PidAllocatorOptions[] = [
        { capacity: 10 },
        { memory: 2 ** 22 },
        { pidMax: 400 },
        { hash: 'kernel' },
        { generationBase: 5 },
      ];
      for (const options of beside) throwsPidBug(() => create({ ...options, snapshot }));
    },
  );

  clause(
    13,
    'what is no Uint8Array is refused',
    { source: 'the contract: PidAllocatorOptions.snapshot', once: true },
    () => {
      const bytes = create(FEW).snapshot();
      for (const snapshot of [null, 5, 'bytes', {}, [], [...bytes.slice(0, 64)], bytes.buffer, new Float64Array(512)]) {
        throwsPidBug(() => create({ snapshot: snapshot as Uint8Array }));
      }
    },
  );

  clause(14, 'a snapshot that is cut off is refused, wherever', { source: SNAPSHOT }, () => {
    const w = booted();
    busy(w);
    const bytes = w.a.snapshot();
    for (const length of [
      0,
      1,
      3,
      4,
      15,
      16,
      17,
      63,
      64,
      4095,
      4096,
      bytes.length >> 1,
      bytes.length - 4096,
      bytes.length - 4,
      bytes.length - 1,
    ]) {
      if (length >= 0 && length < bytes.length) refusal(() => create({ snapshot: bytes.slice(0, length) }));
    }
  });

  clause(15, 'a snapshot with something behind it is refused', { source: SNAPSHOT, once: true }, () => {
    const bytes = create(FEW).snapshot();
    for (const extra of [1, 4, 64, 4096]) {
      const longer = new Uint8Array(bytes.length + extra);
      longer.set(bytes);
      refusal(() => create({ snapshot: longer }));
    }
  });

  clause(16, 'bytes that never were a snapshot are refused', { source: SNAPSHOT, once: true }, () => {
    for (const length of [0, 1, 64, 4096, 65_536, 2 ** 20]) {
      for (const fill of [0, 1, 0x7f, 0xff]) refusal(() => create({ snapshot: new Uint8Array(length).fill(fill) }));
      refusal(() => create({ snapshot: Uint8Array.from({ length }, (_, i) => (i * 2_654_435_761) >>> 24) }));
    }
  });

  clause(17, 'a snapshot with one byte changed is refused, whichever it is', { source: SNAPSHOT }, () => {
    const w = booted({ capacity: 64, memory: 2 ** 20 });
    busy(w);
    const bytes = w.a.snapshot();
    const positions = new Set([...Array(80).keys()]);
    for (let i = 0; i < 150; i++) positions.add(Math.floor((i * bytes.length) / 150));
    for (const at of positions) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << (at % 8);
      during(`byte ${at} of ${bytes.length}`, () => refusal(() => create({ snapshot: damaged })));
    }
    create({ snapshot: bytes });
  });

  clause(18, 'two halves of two snapshots are not one', { source: SNAPSHOT }, () => {
    const w = booted();
    const first = w.a.snapshot();
    busy(w);
    const second = w.a.snapshot();
    const half = first.length >> 1;
    const mixed = second.slice();
    mixed.set(first.subarray(0, Math.min(half, mixed.length)));
    refusal(() => create({ snapshot: mixed }));
  });

  clause(19, 'bytes may come in any view of any buffer', { source: SNAPSHOT, once: true }, () => {
    const a = create(FEW);
    allocMany(a, a.initPidNs, 3);
    const bytes = a.snapshot();
    for (const offset of [1, 2, 3, 8]) {
      const view = new Uint8Array(new ArrayBuffer(bytes.length + 16), offset, bytes.length);
      view.set(bytes);
      equal(nextNr(create({ snapshot: view }), a.initPidNs), 4);
    }
  });

  clause(20, 'restored namespaces come and go like others', { source: SNAPSHOT, once: true }, () => {
    const a = create(FEW);
    if (childless(a)) return;
    const ns = newNs(a, a.initPidNs);
    const pid = a.allocPid(ns);
    const restored = restore(a);
    restored.putPidNs(ns);
    equal(restored.stats().namespaces, 2);
    restored.freePid(pid);
    equal(restored.stats().namespaces, 1);
    throwsPidBug(() => restored.nsLevel(ns));
    equal(a.nsLevel(ns), 1);
  });
});
