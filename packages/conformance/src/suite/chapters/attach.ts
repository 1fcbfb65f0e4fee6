import {
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  type PidAllocator,
  type PidAllocatorDescriptor,
  type PidAllocatorOptions,
  type PidRef,
  type TaskRef,
} from '@pidlab/contract';
import { deepEqual, equal, notEqual, ok, refusal, some, throwsPidBug, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocMany, fork, newNs, picture } from '../world.ts';

const ATTACH = 'the contract: attachPidAllocator';
const SHARED = 'the contract: PidAllocatorOptions.shared';
const MANY = 'the contract: many threads';

/** Small, since blocks are compared byte by byte. */
const SMALL: PidAllocatorOptions = { shared: true, capacity: 256, namespaces: 4, memory: 2 ** 20, workers: 4 };

/** A descriptor with something wrong in it. */
type Damaged = { readonly [Name in keyof PidAllocatorDescriptor]?: unknown };

function bytesOf({ buffer }: PidAllocatorDescriptor): Uint8Array {
  return Uint8Array.from(new Uint8Array(buffer));
}

/** The same block with another length, zeros at the end if it is longer. */
function resized({ buffer }: PidAllocatorDescriptor, byteLength: number): SharedArrayBuffer {
  const copy = new SharedArrayBuffer(byteLength);
  new Uint8Array(copy).set(new Uint8Array(buffer, 0, Math.min(byteLength, buffer.byteLength)));
  return copy;
}

/** The same block, as its own. */
function copyOf(descriptor: PidAllocatorDescriptor): PidAllocatorDescriptor {
  return { ...descriptor, buffer: resized(descriptor, descriptor.buffer.byteLength) };
}

/** Every function of an allocator, with arguments that would be right if it were not detached; none for what the contract does not know. */
function calls(a: PidAllocator, of: PidAllocator): (readonly [op: string, call: () => unknown])[] {
  const ns = of.initPidNs;
  const { pid, task } = fork(of, ns);
  const spare = of.allocTask();
  const args: { readonly [Op in keyof PidAllocator]?: readonly unknown[] } = {
    lastPid: [ns],
    setLastPid: [ns, 5],
    pidMax: [ns],
    setPidMax: [ns, 4000],
    nextPidmap: [ns, 0],
    allocPid: [ns],
    freePid: [of.allocPid(ns)],
    getPid: [pid],
    putPid: [of.getPid(pid)],
    pidCount: [pid],
    findPidNs: [1, ns],
    findPid: [1],
    findVpid: [1, task],
    findGetPid: [1, ns],
    findGePid: [1, ns],
    pidNrNs: [pid, ns],
    pidNr: [pid],
    pidVnr: [pid, task],
    pidNs: [pid],
    isContainerInit: [pid],
    allocTask: [],
    freeTask: [of.allocTask()],
    attachPid: [spare, PIDTYPE_PID, pid],
    detachPid: [task, PIDTYPE_PID],
    transferPid: [task, spare, PIDTYPE_PID],
    pidTask: [pid, PIDTYPE_PID],
    nextPidTask: [task, PIDTYPE_PID],
    taskPid: [task, PIDTYPE_PID],
    getTaskPid: [task, PIDTYPE_PID],
    findTaskByPidTypeNs: [PIDTYPE_PID, 1, ns],
    findTaskByPid: [1],
    findTaskByVpid: [1, task],
    findTaskByPidNs: [1, ns],
    taskPidNrNs: [task, ns],
    taskTgidNrNs: [task, ns],
    taskPgrpNrNs: [task, ns],
    taskSessionNrNs: [task, ns],
    taskActivePidNs: [task],
    copyPidNs: [0, ns],
    getPidNs: [ns],
    putPidNs: [ns],
    nsLevel: [ns],
    nsParent: [ns],
    childReaper: [ns],
    disablePidAllocation: [ns],
    zapPidNsProcesses: [ns, () => {}],
    slabInfo: [],
    stats: [],
    checkInvariants: [],
    snapshot: [],
    share: [],
    detach: [],
    declareGone: [3],
  };
  return Object.entries(a)
    .filter(([, member]) => typeof member === 'function')
    .map(([op, member]) => [op, () => member(...(args[op as keyof PidAllocator] ?? []))]);
}

export const attachChapter: Chapter = chapter('ATTACH', 'One block, several workers', (t) => {
  const { clause, create, traits } = t;

  /** Whether the design is for one thread only; where it says so, this makes sure that it is refused. */
  function unshared(): boolean {
    if (traits.shared) return false;
    throwsPidBug(() => create({ shared: true }));
    return true;
  }

  function attach(descriptor: unknown): PidAllocator {
    return some(t.attach)(descriptor as PidAllocatorDescriptor);
  }

  /** Attaching is refused with a PidBug, and neither block has changed. */
  function refuses(descriptor: PidAllocatorDescriptor, damaged: unknown, why: string): void {
    const before = bytesOf(descriptor);
    const refused = throwsPidBug(() => attach(damaged));
    equal(refused.op, 'attachPidAllocator', why);
    deepEqual(bytesOf(descriptor), before, `${why}: the block has changed`);
  }

  clause(
    1,
    'attachPidAllocator is exported if, and only if, traits.shared is true',
    { source: 'the contract: Strategy', once: true },
    () => equal(typeof t.attach, traits.shared ? 'function' : 'undefined'),
  );

  clause(
    2,
    'shared: true makes an allocator that can be shared where traits.shared is true, and is a PidBug elsewhere',
    { source: SHARED, once: true },
    () => {
      if (unshared()) return;
      const a = create(SMALL);
      equal(attach(a.share()).allocPid(a.initPidNs), some(a.findPid(1)));
    },
  );

  clause(3, 'shared: false is what nothing said is', { source: SHARED, once: true }, () => {
    const a = create({ shared: false });
    throwsPidBug(() => a.share());
    equal(a.workerSlot, 0);
  });

  clause(4, 'shared is true or false, and anything else a PidBug that names it', { source: SHARED, once: true }, () => {
    for (const value of [null, 0, 1, '', 'true', 1n, {}, [], () => true, Symbol('true')]) {
      const refused = throwsPidBug(() => create({ shared: value } as unknown as PidAllocatorOptions));
      ok(refused.message.includes('shared'), refused.message);
    }
  });

  clause(
    5,
    'workers is an integer from 1 to 256, and anything else a PidBug that names it',
    { source: 'the contract: PidAllocatorOptions.workers', once: true },
    () => {
      for (const value of [null, 0, -1, 257, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4', 4n, {}, [4], true]) {
        const refused = throwsPidBug(() => create({ shared: true, workers: value } as unknown as PidAllocatorOptions));
        ok(refused.message.includes('workers') || !traits.shared, refused.message);
      }
      if (unshared()) return;
      for (const workers of [1, 2, 256]) equal(create({ ...SMALL, workers }).share().workers, workers);
      equal(create({ shared: true, capacity: 64 }).share().workers, 16);
    },
  );

  clause(
    6,
    'workers without shared: true is a PidBug that names it',
    { source: 'the contract: PidAllocatorOptions.workers', once: true },
    () => {
      for (const options of [{ workers: 4 }, { workers: 4, shared: false }]) {
        const refused = throwsPidBug(() => create(options));
        ok(refused.message.includes('workers'), refused.message);
      }
    },
  );

  clause(
    7,
    'share, detach and declareGone are a PidBug on an allocator that is not shared, which stays as it is',
    { source: MANY, once: true },
    () => {
      const a = create({ shared: false });
      fork(a, a.initPidNs);
      const before = picture(a, [a.initPidNs]);
      for (const call of [() => a.share(), () => a.detach(), () => a.declareGone(0), () => a.declareGone(1)]) {
        throwsPidBug(call);
      }
      deepEqual(picture(a, [a.initPidNs]), before);
    },
  );

  clause(
    8,
    'the creator has worker slot 0, and each that attaches one of its own',
    { source: MANY, once: true },
    () => {
      equal(create({ shared: false }).workerSlot, 0);
      if (unshared()) return;
      const a = create(SMALL);
      const slots = [a, attach(a.share()), attach(a.share()), attach(a.share())].map(({ workerSlot }) => workerSlot);
      equal(slots[0], 0);
      equal(new Set(slots).size, 4);
      ok(slots.every((slot) => Number.isInteger(slot) && slot >= 0 && slot < 4));
    },
  );

  clause(
    9,
    'a descriptor names the strategy, the version, capacity and workers, and is the same from every worker',
    { source: 'the contract: PidAllocatorDescriptor', once: true },
    () => {
      if (unshared()) return;
      const a = create(SMALL);
      const descriptor = a.share();
      equal(descriptor.strategy, traits.strategy);
      ok(Number.isInteger(descriptor.version));
      equal(descriptor.capacity, 256);
      equal(descriptor.workers, 4);
      ok(descriptor.buffer instanceof SharedArrayBuffer);
      equal(descriptor.buffer.byteLength, a.stats().reservedBytes);
      const other = attach(descriptor).share();
      equal(other.buffer, descriptor.buffer);
      deepEqual({ ...other }, { ...descriptor });
    },
  );

  clause(10, 'a descriptor that was cloned is as good', { source: ATTACH, once: true }, () => {
    if (unshared()) return;
    const a = create(SMALL);
    const b = attach(structuredClone(a.share()));
    equal(a.pidNr(b.allocPid(b.initPidNs)), 1);
    equal(attach({ ...a.share(), more: 1 }).stats().pids, 1);
  });

  clause(11, 'handles of one worker work in all', { source: MANY, once: true }, () => {
    if (unshared()) return;
    const a = create(SMALL);
    const b = attach(a.share());
    equal(b.initPidNs, a.initPidNs);
    const init = fork(a, a.initPidNs);
    equal(b.findPid(1), init.pid);
    equal(b.childReaper(b.initPidNs), init.task);
    const second = b.allocPid(b.initPidNs);
    b.attachPid(init.task, 1, second);
    equal(a.taskPid(init.task, 1), second);
    equal(a.pidNr(second), 2);
    b.detachPid(init.task, 1);
    throwsPidBug(() => a.pidNr(second));
    if (traits.maxLevel === 0) return;
    const ns = newNs(b, b.initPidNs);
    equal(a.pidNrNs(a.allocPid(ns), ns), 1);
    a.putPidNs(ns);
    b.freePid(some(b.findPidNs(1, ns)));
    throwsPidBug(() => a.nsLevel(ns));
    deepEqual(b.checkInvariants().violations, []);
  });

  clause(
    12,
    'what looks at the whole says the same from every worker that is at rest',
    { source: MANY, once: true },
    () => {
      if (unshared()) return;
      const a = create(SMALL);
      const b = attach(a.share());
      const mine = allocMany(a, a.initPidNs, 40);
      const others = allocMany(b, b.initPidNs, 40);
      for (const pid of mine.splice(0, 15)) b.freePid(pid);
      for (const pid of others.splice(0, 15)) a.freePid(pid);
      b.freeTask(a.allocTask());
      a.allocTask();
      deepEqual(b.stats(), a.stats());
      deepEqual(b.slabInfo(), a.slabInfo());
      deepEqual(b.snapshot(), a.snapshot());
      equal(a.stats().pids, 50);
      equal(a.stats().tasks, 1);
    },
  );

  clause(13, 'after detach every function is a PidBug, and nothing changes', { source: MANY, once: true }, () => {
    if (unshared()) return;
    const a = create(SMALL);
    const b = attach(a.share());
    const all = calls(b, a);
    ok(all.length > 50);
    b.detach();
    const before = picture(a, [a.initPidNs]);
    for (const [op, call] of all) equal(throwsPidBug(call).op, op, op);
    deepEqual(picture(a, [a.initPidNs]), before);
    equal(a.allocPid(a.initPidNs), some(a.findPid(3)));
  });

  clause(14, 'detach leaves pids, tasks and namespaces as they are', { source: MANY, once: true }, () => {
    if (unshared()) return;
    const a = create(SMALL);
    const b = attach(a.share());
    const { pid, task } = fork(b, b.initPidNs);
    for (const other of allocMany(b, b.initPidNs, 100)) b.freePid(other);
    const namespaces = traits.maxLevel === 0 ? [a.initPidNs] : [a.initPidNs, newNs(b, b.initPidNs)];
    const before = picture(a, namespaces);
    b.detach();
    deepEqual(picture(a, namespaces), before);
    equal(a.taskPid(task, PIDTYPE_PID), pid);
    equal(a.childReaper(a.initPidNs), task);
  });

  clause(15, 'detach gives back the free records that the worker kept at hand', { source: MANY, once: true }, () => {
    if (unshared()) return;
    const a = create({ ...SMALL, capacity: 64 });
    const room = exhaust(a);
    const b = attach(a.share());
    ok(exhaust(b) > 0);
    b.detach();
    equal(exhaust(a), room);
  });

  clause(
    16,
    'one worker more than there are slots is EAGAIN, which names workers; a slot that was given back is free',
    { source: ATTACH, once: true },
    () => {
      if (unshared()) return;
      const a = create({ ...SMALL, workers: 3 });
      const others = [attach(a.share()), attach(a.share())];
      const before = bytesOf(a.share());
      const refused = throwsPidError('EAGAIN', () => attach(a.share()));
      equal(refused.op, 'attachPidAllocator');
      ok(refused.message.includes('workers'), refused.message);
      deepEqual(bytesOf(a.share()), before);
      const [{ workerSlot }] = others;
      others[0].detach();
      equal(attach(a.share()).workerSlot, workerSlot);
      throwsPidError('EAGAIN', () => attach(a.share()));
      const single = create({ ...SMALL, workers: 1 });
      throwsPidError('EAGAIN', () => attach(single.share()));
    },
  );

  clause(17, 'what is no descriptor is a PidBug', { source: ATTACH, once: true }, () => {
    if (unshared()) return;
    const a = create(SMALL);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [
      undefined,
      null,
      0,
      7,
      'flat',
      true,
      1n,
      Symbol('d'),
      () => a.share(),
      {},
      [],
      new Map(),
      proxy,
    ]) {
      refuses(a.share(), value, typeof value);
    }
    refuses(a.share(), a.share().buffer, 'the buffer alone');
    refuses(a.share(), a, 'the allocator');
  });

  clause(
    18,
    'a descriptor of another strategy, version, capacity or number of workers is a PidBug, and the block is untouched',
    { source: ATTACH, once: true },
    () => {
      if (unshared()) return;
      const descriptor = create(SMALL).share();
      const wrong: readonly Damaged[] = [
        ...['', 'nobody', `${traits.strategy} `, null, undefined, 1].map((strategy) => ({ strategy })),
        ...[0, descriptor.version + 1, -1, `${descriptor.version}`, Number.NaN, undefined].map((version) => ({
          version,
        })),
        ...[0, 255, 257, '256', null, undefined].map((capacity) => ({ capacity })),
        ...[0, 3, 5, 256, '4', null, undefined].map((workers) => ({ workers })),
      ];
      for (const damaged of wrong) refuses(descriptor, { ...descriptor, ...damaged }, Object.keys(damaged).join());
    },
  );

  clause(
    19,
    'a buffer that is not shared, or has not the length of the block, is a PidBug, and the block is untouched',
    { source: ATTACH, once: true },
    () => {
      if (unshared()) return;
      const descriptor = create(SMALL).share();
      const { byteLength } = descriptor.buffer;
      const plain = new ArrayBuffer(byteLength);
      new Uint8Array(plain).set(new Uint8Array(descriptor.buffer));
      for (const buffer of [
        plain,
        new Uint8Array(plain),
        {},
        null,
        undefined,
        7,
        'buffer',
        new Uint8Array(descriptor.buffer),
      ]) {
        refuses(descriptor, { ...descriptor, buffer }, 'not shared');
      }
      for (const length of [
        0,
        4,
        4095,
        4096,
        8192,
        byteLength / 2,
        byteLength - 4096,
        byteLength - 1,
        byteLength + 4096,
      ]) {
        const damaged = { ...descriptor, buffer: resized(descriptor, length) };
        refuses(damaged, damaged, `${length} bytes`);
      }
    },
  );

  clause(20, 'a block with garbage in it is a PidBug, and is untouched', { source: ATTACH, once: true }, () => {
    if (unshared()) return;
    const descriptor = create(SMALL).share();
    for (const [seed, end] of [
      [1, 64],
      [2, 4096],
      [3, 8192],
      [4, descriptor.buffer.byteLength],
    ]) {
      const damaged = copyOf(descriptor);
      new Uint8Array(damaged.buffer, 0, end).set(
        Uint8Array.from({ length: end }, (_, i) => ((i + seed) * 2_654_435_761) >>> 24),
      );
      refuses(damaged, damaged, `${end} bytes of garbage`);
    }
    for (const fill of [0, 0xff]) {
      const damaged = copyOf(descriptor);
      new Uint8Array(damaged.buffer).fill(fill);
      refuses(damaged, damaged, `filled with ${fill}`);
    }
  });

  clause(
    21,
    'whatever one word of a block says, attaching works or is refused, and what is refused is untouched',
    { source: ATTACH, once: true },
    () => {
      if (unshared()) return;
      const descriptor = create(SMALL).share();
      const damaged = copyOf(descriptor);
      const words = new Int32Array(damaged.buffer, 0, 64);
      for (let at = 0; at < words.length; at++) {
        const right = words[at];
        for (const wrong of [0, -1, 1, right + 1, ~right, right ^ 0x8000_0000, 0x7fff_ffff]) {
          words[at] = wrong;
          let joined: PidAllocator | undefined;
          const refused = refusalOf(() => {
            joined = attach(damaged);
          });
          ok(
            refused === undefined || refused === 'PidBug' || refused === 'PidError',
            `word ${at} as ${wrong}: ${refused}`,
          );
          if (joined === undefined) equal(words[at], wrong);
          words.set(new Int32Array(descriptor.buffer, 0, 64));
        }
      }
    },
  );

  clause(
    22,
    'declareGone is EINVAL for a slot that does not exist and a PidBug for what is no integer, its own slot, and one that nobody has',
    { source: 'the contract: declareGone', once: true },
    () => {
      if (unshared()) return;
      const a = create(SMALL);
      const b = attach(a.share());
      const before = bytesOf(a.share());
      for (const slot of [-1, 4, 256, 2 ** 31]) throwsPidError('EINVAL', () => a.declareGone(slot));
      for (const slot of [0.5, Number.NaN, '1', null, undefined, 1n, {}]) {
        throwsPidBug(() => a.declareGone(slot as unknown as number));
      }
      throwsPidBug(() => a.declareGone(a.workerSlot));
      throwsPidBug(() => b.declareGone(b.workerSlot));
      throwsPidBug(() => a.declareGone(3));
      deepEqual(bytesOf(a.share()), before);
      b.detach();
      throwsPidBug(() => a.declareGone(b.workerSlot));
    },
  );

  clause(
    23,
    'a worker that was not in the middle of anything leaves nothing behind when it is declared gone, and its slot is free',
    { source: 'the contract: declareGone', once: true },
    () => {
      if (unshared()) return;
      const a = create({ ...SMALL, workers: 2 });
      const b = attach(a.share());
      const { pid, task } = fork(b, b.initPidNs);
      for (const other of allocMany(b, b.initPidNs, 50)) b.freePid(other);
      const before = picture(a, [a.initPidNs]);
      a.declareGone(b.workerSlot);
      deepEqual(picture(a, [a.initPidNs]), before);
      deepEqual(a.checkInvariants().violations, []);
      equal(a.taskPid(task, PIDTYPE_PID), pid);
      equal(attach(a.share()).workerSlot, b.workerSlot);
    },
  );

  clause(
    24,
    'a snapshot of a shared allocator restores for one thread and for several, and handles go on working',
    { source: 'the contract: PidAllocatorOptions.snapshot', once: true },
    () => {
      if (unshared()) return;
      const a = create(SMALL);
      const b = attach(a.share());
      const namespaces = traits.maxLevel === 0 ? [a.initPidNs] : [a.initPidNs, b.copyPidNs(CLONE_NEWPID, b.initPidNs)];
      for (const ns of namespaces) for (const w of [a, b]) fork(w, ns);
      const held = a.getPid(b.allocPid(b.initPidNs));
      b.freePid(held);
      const before = picture(a, namespaces);
      const bytes = a.snapshot();
      deepEqual(picture(create({ snapshot: bytes }), namespaces), before);
      deepEqual(picture(create({ snapshot: bytes, shared: false }), namespaces), before);
      const again = create({ snapshot: bytes, shared: true });
      deepEqual(picture(again, namespaces), before);
      const joined = attach(again.share());
      equal(again.share().workers, 4);
      for (const ns of namespaces) joined.freePid(again.allocPid(ns));
      joined.putPid(held);
      notEqual(again.share().buffer, a.share().buffer);
      deepEqual(picture(a, namespaces), before);
    },
  );

  clause(
    25,
    'a snapshot of an allocator for one thread is a PidBug with shared: true, and so is workers beside any',
    { source: 'the contract: PidAllocatorOptions.snapshot', once: true },
    () => {
      const plain = create({ shared: false, memory: 2 ** 20, capacity: 64 }).snapshot();
      throwsPidBug(() => create({ snapshot: plain, shared: true }));
      throwsPidBug(() => create({ snapshot: plain, workers: 4 }));
      if (unshared()) return;
      const shared = create(SMALL).snapshot();
      throwsPidBug(() => create({ snapshot: shared, workers: 4 }));
      throwsPidBug(() => create({ snapshot: shared, shared: true, workers: 4 }));
    },
  );

  clause(
    26,
    'wherever between two writes through Atomics a worker ends, once it is declared gone the others do all that they did, and it took one pid, task or namespace with it at most',
    { source: 'the contract: declareGone', once: true, leaks: true },
    () => {
      if (unshared()) return;
      for (const [name, call] of Object.entries(lastCalls)) {
        for (let steps = 0, ended = true; ended; steps++) {
          const a = create({ ...SMALL, namespaces: 16 });
          const b = attach(a.share());
          const own = deepest(b);
          fork(b, own);
          const pids = allocMany(a, own, 3);
          a.attachPid(a.allocTask(), PIDTYPE_PGID, pids[1]);
          const before = a.stats();
          const made: TaskRef[] = [];
          ended = endsWithin(steps, () => call(b, own, pids, made));
          if (!ended) break;
          a.declareGone(b.workerSlot);
          const when = `${name}, ended after ${steps} steps`;
          for (const task of made) a.freeTask(task);
          for (const kind of ['pids', 'tasks', 'namespaces'] as const)
            ok(
              Math.abs(a.stats()[kind] - before[kind]) <= 1,
              `${when}: ${before[kind]} ${kind}, and then ${a.stats()[kind]}`,
            );
          goesOn(a, own, when);
          equal(attach(a.share()).workerSlot, b.workerSlot);
        }
      }
    },
  );

  clause(
    27,
    'a snapshot leaves the block as it is, byte for byte',
    { source: 'the contract: snapshot', once: true },
    () => {
      if (unshared()) return;
      const a = create(SMALL);
      const b = attach(a.share());
      for (const w of [a, b]) {
        const pids = allocMany(w, w.initPidNs, 60);
        for (const pid of pids.splice(0, 45)) w.freePid(pid);
        w.freeTask(w.allocTask());
      }
      const before = bytesOf(a.share());
      const snapshot = b.snapshot();
      deepEqual(bytesOf(a.share()), before);
      deepEqual(a.snapshot(), snapshot);
    },
  );

  clause(
    28,
    'a kill that detaches ends zapPidNsProcesses with a PidBug, and leaves the namespace to the others',
    { source: 'the contract: detach', once: true },
    () => {
      if (unshared()) return;
      const a = create(SMALL);
      const init = fork(a, a.initPidNs);
      allocMany(a, a.initPidNs, 3);
      const b = attach(a.share());
      throwsPidBug(() => b.zapPidNsProcesses(b.initPidNs, () => b.detach()));
      equal(a.childReaper(a.initPidNs), init.task);
      equal(a.stats().pids, 4);
    },
  );

  /** A namespace as far down as the design goes, below level 2 no more. */
  function deepest(a: PidAllocator): NsRef {
    let ns = a.initPidNs;
    for (let level = 0; level < Math.min(2, traits.maxLevel); level++) ns = newNs(a, ns);
    return ns;
  }
});

/** What a worker is at when it ends. Of the pids, which another one made, a task hangs on the second. Whatever is in `made` is still there. */
type LastCall = (b: PidAllocator, ns: NsRef, pids: readonly PidRef[], made: TaskRef[]) => unknown;

const lastCalls: Readonly<Record<string, LastCall>> = {
  allocPid: (b, ns) => b.allocPid(ns),
  'allocPid of chosen numbers': (b, ns) => b.allocPid(ns, [40]),
  'allocPid on another page': (b, ns) => {
    b.setPidMax(ns, 100_000);
    b.setLastPid(ns, 70_000);
    return b.allocPid(ns);
  },
  freePid: (b, _, [pid]) => b.freePid(pid),
  'putPid of the last reference': (b, _, [pid]) => {
    b.getPid(pid);
    b.freePid(pid);
    b.putPid(pid);
  },
  findGetPid: (b, ns) => b.putPid(some(b.findGetPid(1, ns))),
  attachPid: (b, _, [pid]) => b.attachPid(b.allocTask(), PIDTYPE_PID, pid),
  detachPid: (b, _, [, pid]) => {
    const task = some(b.pidTask(pid, PIDTYPE_PGID));
    b.detachPid(task, PIDTYPE_PGID);
    b.freeTask(task);
  },
  transferPid: (b, _, [, pid]) => b.transferPid(some(b.pidTask(pid, PIDTYPE_PGID)), b.allocTask(), PIDTYPE_PGID),
  copyPidNs: (b) => b.putPidNs(b.copyPidNs(CLONE_NEWPID, b.initPidNs)),
  'more tasks than are at hand': (b, _ns, _pids, made) => {
    for (let i = 0; i < 80; i++) made.push(b.allocTask());
    // Taken off first: where this one ends, nobody knows whether it is still there.
    for (let task = made.pop(); task !== undefined; task = made.pop()) b.freeTask(task);
  },
  detach: (b) => b.detach(),
};

/** Thrown at the step at which a worker ends. */
class Ended extends Error {}

/**
 * Performs `call`, which ends at its step number `steps`, as if its thread were terminated there: that step is not done, nor any
 * after it. A step is a call of `Atomics` that writes. False when the call needs no more steps than that.
 */
function endsWithin(steps: number, call: () => unknown): boolean {
  const writes = ['add', 'and', 'compareExchange', 'exchange', 'or', 'store', 'sub', 'xor'] as const;
  const real = writes.map((name) => Object.getOwnPropertyDescriptor(Atomics, name) as PropertyDescriptor);
  let done = 0;
  let ended = false;
  for (const [i, name] of writes.entries()) {
    const value = (...args: unknown[]): unknown => {
      ended ||= done++ === steps;
      if (ended) throw new Ended(`at step ${steps}`);
      return real[i].value(...args);
    };
    Object.defineProperty(Atomics, name, { ...real[i], value });
  }
  try {
    call();
  } catch (error) {
    if (!ended) throw error;
  } finally {
    for (const [i, name] of writes.entries()) Object.defineProperty(Atomics, name, real[i]);
  }
  return ended;
}

/** One worker does a bit of everything, more than any has at hand, and only leaks are found afterwards. */
function goesOn(a: PidAllocator, ns: NsRef, when: string): void {
  try {
    a.setPidMax(ns, 200_000);
    const pids = allocMany(a, ns, 100);
    const numbers = pids.map((pid) => a.pidNrNs(pid, ns));
    equal(new Set(numbers).size, pids.length);
    for (const [i, pid] of pids.entries()) equal(a.findPidNs(numbers[i], ns), pid);
    const tasks = pids.map((pid) => {
      const task = a.allocTask();
      a.attachPid(task, PIDTYPE_PID, pid);
      return task;
    });
    for (const task of tasks) {
      a.detachPid(task, PIDTYPE_PID);
      a.freeTask(task);
    }
    for (const nr of numbers) equal(a.findPidNs(nr, ns), undefined);
    a.putPidNs(a.copyPidNs(a.traits.maxLevel > 0 ? CLONE_NEWPID : 0, a.initPidNs));
    deepEqual(a.checkInvariants().violations, []);
  } catch (error) {
    throw new Error(`${when}: ${(error as Error).message}`, { cause: error });
  }
}

/** How many tasks there is room for: all are made, and freed again. */
function exhaust(a: PidAllocator): number {
  const tasks = [];
  try {
    for (;;) tasks.push(a.allocTask());
  } catch (error) {
    equal((error as { code?: string }).code, 'ENOMEM');
  }
  for (const task of tasks) a.freeTask(task);
  return tasks.length;
}

/** How a call was refused: undefined when it was not, and the error's message when it is no well-formed refusal. */
function refusalOf(body: () => void): string | undefined {
  let returned = false;
  try {
    return refusal(() => {
      body();
      returned = true;
    }).name;
  } catch (error) {
    return returned ? undefined : String(error);
  }
}
