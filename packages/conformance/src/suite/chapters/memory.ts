import { BITS_PER_PAGE, type NsRef, PAGE_SIZE, PID_MAX_LIMIT, PIDTYPE_PID } from '@pidlab/contract';
import { deepEqual, equal, ok, type Refusal, throwsPidBug, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import {
  allocAt,
  allocMany,
  blockless,
  childless,
  fork,
  leave,
  listed,
  nest,
  newNs,
  nextNr,
  picture,
  taken,
} from '../world.ts';

const KMEM = 'kmem_cache_alloc() returning NULL in alloc_pid(), 2.6.24';
const MIB = 2 ** 20;
const TIGHT = { memory: MIB, capacity: 256, namespaces: 8 };

/** Does it until there is no memory; says how often it went well. */
function exhaust(body: (i: number) => void): { done: number; refused: Refusal } {
  for (let done = 0; done < 1_000_000; done++) {
    try {
      body(done);
    } catch (error) {
      const refused = throwsPidError('ENOMEM', () => {
        throw error;
      });
      return { done, refused };
    }
  }
  throw new Error('a million went into one mebibyte');
}

export const memoryChapter: Chapter = chapter('MEMORY', 'The block and its end', (t) => {
  const { booted, clause, create, traits, world } = t;

  clause(
    1,
    'the block has the bytes that were asked for, in whole pages',
    { source: 'the contract: memory', once: true },
    () => {
      for (const memory of [MIB, MIB + 1, 3 * MIB + PAGE_SIZE - 1, 64 * MIB, 1024 * MIB]) {
        const a = create({ memory, capacity: 100, namespaces: 1 });
        if (blockless(a)) return;
        equal(a.stats().reservedBytes, Math.floor(memory / PAGE_SIZE) * PAGE_SIZE);
      }
      equal(create({ memory: MIB }).stats().reservedBytes, MIB);
    },
  );

  clause(2, 'used and free pages add up', { source: 'the contract: Stats' }, () => {
    const { a, home } = booted({ memory: 4 * MIB, capacity: 1000 });
    if (blockless(a)) return;
    const check = (): void => {
      const { reservedBytes, usedBytes, pages } = a.stats();
      ok(usedBytes <= reservedBytes && usedBytes >= (pages.slab + pages.pidmap) * PAGE_SIZE);
      ok(pages.free >= 0 && (pages.slab + pages.pidmap + pages.free) * PAGE_SIZE <= reservedBytes);
    };
    check();
    for (let i = 0; i < 1000; i++) fork(a, home);
    check();
  });

  clause(3, 'by default capacity pids with a task each have room, and more', { source: 'the contract: memory' }, () => {
    for (const capacity of [1, 300, 5000]) {
      const { a, home } = world({ capacity, pidMax: PID_MAX_LIMIT });
      for (let i = 0; i < capacity; i++) fork(a, home);
      equal(a.stats().pids, capacity);
    }
  });

  clause(
    4,
    'by default so many namespaces have room, with a pid each',
    { source: 'the contract: namespaces', once: true },
    () => {
      if (childless(create())) return;
      const count = Math.min(500, traits.maxNamespaces);
      const a = create({ capacity: count, namespaces: count });
      for (let i = 0; i < count; i++) fork(a, newNs(a, a.initPidNs));
      equal(a.stats().namespaces, count + 1);
    },
  );

  clause(5, 'pids until the block is full are ENOMEM, with the option that raises it', { source: KMEM }, () => {
    const { a, home, path } = world({ ...TIGHT, pidMax: PID_MAX_LIMIT });
    if (blockless(a)) {
      // More than a mebibyte has lines of 64 bytes for: the option has no effect.
      equal(allocMany(a, home, 20_000).length, a.stats().pids);
      return;
    }
    const { done, refused } = exhaust(() => a.allocPid(home));
    ok(done > 256, `only ${done} pids in a mebibyte`);
    ok(/\bmemory\b/.test(refused.message), refused.message);
    const before = picture(a, path);
    for (let i = 0; i < 3; i++) throwsPidError('ENOMEM', () => a.allocPid(home));
    deepEqual(picture(a, path), before);
    equal(a.stats().pids, done);
  });

  clause(6, 'and one that is freed makes room for one', { source: KMEM }, () => {
    const { a, home, path } = world({ ...TIGHT, pidMax: PID_MAX_LIMIT });
    if (blockless(a)) return;
    exhaust(() => a.allocPid(home));
    const pid = listed(a, home)[100];
    // The same numbers again: others may want a page or a node.
    const givers = traits.rootNumbers === 'small' ? path : [home];
    for (const ns of givers) a.setLastPid(ns, a.pidNrNs(pid, ns) - 1);
    const nr: number = a.pidNrNs(pid, home);
    a.freePid(pid);
    equal(nextNr(a, home), nr);
    throwsPidError('ENOMEM', () => a.allocPid(home));
  });

  clause(7, 'tasks until the block is full are ENOMEM, with the option that raises it', { source: KMEM }, () => {
    const { a, home } = booted(TIGHT);
    if (blockless(a)) return;
    const { done, refused } = exhaust(() => a.allocTask());
    ok(/\bmemory\b/.test(refused.message), refused.message);
    equal(refused.op, 'allocTask');
    equal(a.stats().tasks, done + t.level + 1);
    const task = a.childReaper(home)!;
    a.detachPid(task, PIDTYPE_PID);
    a.freeTask(task);
    a.allocTask();
    throwsPidError('ENOMEM', () => a.allocTask());
  });

  clause(
    8,
    'namespaces until the block is full are ENOMEM, with everything undone',
    { source: 'create_pid_namespace(), 2.6.24', once: true },
    () => {
      const a = create(TIGHT);
      if (childless(a) || blockless(a)) return;
      leave(a, 20);
      const spaces: NsRef[] = [];
      const { refused } = exhaust(() => spaces.push(newNs(a, a.initPidNs)) + fork(a, spaces.at(-1)!).pid);
      ok(/\bmemory\b/.test(refused.message), refused.message);
      ok(spaces.length > 0);
      const before = picture(a, [a.initPidNs, ...spaces]);
      for (let i = 0; i < 3; i++) {
        try {
          a.putPidNs(newNs(a, a.initPidNs));
        } catch (error) {
          throwsPidError('ENOMEM', () => {
            throw error;
          });
        }
      }
      deepEqual(picture(a, [a.initPidNs, ...spaces]), before);
    },
  );

  clause(
    9,
    'a page of a pidmap that cannot be had is ENOMEM, and nothing has changed',
    { source: 'alloc_pidmap(), 2.6.24' },
    () => {
      const { a, home, path } = world({ ...TIGHT, pidMax: PID_MAX_LIMIT });
      if (blockless(a)) return;
      allocMany(a, home, 2);
      leave(a, 0);
      const before = picture(a, path);
      for (const page of [1, 2, 127]) {
        a.setLastPid(home, page * BITS_PER_PAGE + 4);
        // Where page 0 still has free numbers above the cursor's start the allocator may fall back to them.
        try {
          a.freePid(a.allocPid(home));
        } catch (error) {
          const refused = throwsPidError('ENOMEM', () => {
            throw error;
          });
          ok(/\bmemory\b/.test(refused.message), refused.message);
        }
        deepEqual(picture(a, path), before);
      }
      deepEqual(taken(a, home), [1, 2]);
    },
  );

  clause(
    10,
    'a chosen number for which there is no page or node is ENOMEM, and nothing has changed',
    { source: 'clone3(2): set_tid' },
    () => {
      const { a, home, path } = booted({ ...TIGHT, pidMax: PID_MAX_LIMIT });
      if (blockless(a)) return;
      leave(a, 0);
      const chosen = (i: number): number => (3 + i) * BITS_PER_PAGE;
      const { done } = exhaust((i) => a.allocPid(home, [chosen(i)]));
      // A tree has some nodes left of the slab that it has begun, and a pidmap no page.
      equal(done > 0, traits.map === 'tree');
      const before = picture(a, path);
      const cursor = a.lastPid(home);
      const refused = throwsPidError('ENOMEM', () => a.allocPid(home, [chosen(done)]));
      ok(/\bmemory\b/.test(refused.message), refused.message);
      deepEqual(picture(a, path), before);
      equal(a.lastPid(home), cursor);
      // And without memory for a pid nobody looks any more whether its number is taken.
      exhaust(() => a.allocPid(home));
      // What a tree lacks in the end may be nodes.
      if (traits.map !== 'tree') throwsPidError('ENOMEM', () => a.allocPid(home, [1]));
    },
  );

  clause(
    11,
    'wherever on its way an allocation runs out of memory, all it took is given back',
    { source: 'alloc_pid(), 2.6.24' },
    () => {
      for (let pages = 0; pages <= 8; pages++) {
        const { a, home, path } = world(TIGHT);
        if (blockless(a)) return;
        const all = [...path, ...nest(a, home, 4)];
        const deepest = all.at(-1)!;
        leave(a, pages);
        const before = picture(a, all);
        try {
          a.freePid(a.allocPid(deepest));
          ok(pages > 0, 'a pid was made of nothing');
        } catch (error) {
          const refused = throwsPidError('ENOMEM', () => {
            throw error;
          });
          ok(pages < 8, refused.message);
        }
        deepEqual(picture(a, all), before);
      }
    },
  );

  clause(
    12,
    'wherever on its way copyPidNs runs out of memory, everything is undone',
    { source: 'create_pid_namespace(), 2.6.24' },
    () => {
      if (t.level === traits.maxLevel) {
        const { a, home } = world();
        equal(nest(a, home, 1).length, 0);
        return;
      }
      for (let pages = 0; pages <= 4; pages++) {
        const { a, home, path } = booted(TIGHT);
        if (blockless(a)) return;
        leave(a, pages);
        const made: NsRef[] = [];
        const { refused } = exhaust(() => made.push(newNs(a, home)));
        equal(refused.op, 'copyPidNs');
        const before = picture(a, path);
        throwsPidError('ENOMEM', () => newNs(a, home));
        deepEqual(picture(a, path), before);
        for (const ns of made) a.putPidNs(ns);
        for (let i = 0; i < made.length; i++) newNs(a, home);
      }
    },
  );

  clause(
    13,
    'the pages, or nodes, of a dead namespace’s map can be had by others',
    { source: 'free_pid_ns(), 2.6.24', once: true },
    () => {
      const a = create({ ...TIGHT, pidMax: PID_MAX_LIMIT });
      if (childless(a) || blockless(a)) return;
      // A slab of the root's pids, so that only pidmap pages are wanted later: slabs keep what they have.
      a.freePid(a.allocPid(a.initPidNs));
      const ns = newNs(a, a.initPidNs);
      const pids = [1, 2, 3, 4, 5, 6].map((page) => allocAt(a, ns, page * BITS_PER_PAGE));
      leave(a, 0);
      equal(a.stats().pages.free, 0);
      a.putPidNs(ns);
      for (const pid of pids) a.freePid(pid);
      const { free } = a.stats().pages;
      if (traits.map !== 'tree') ok(free >= 6, `${free} pages are free`);
      for (const page of [1, 2, 3, 4]) allocAt(a, a.initPidNs, page * BITS_PER_PAGE);
    },
  );

  clause(
    14,
    'an empty namespace costs at most two pages',
    { source: 'the contract: PidAllocatorOptions', once: true },
    () => {
      if (childless(create())) return;
      const a = create();
      newNs(a, a.initPidNs);
      const before = a.stats().pages.free;
      const count = 100;
      for (let i = 0; i < count; i++) newNs(a, a.initPidNs);
      ok(before - a.stats().pages.free <= 2 * count);
    },
  );

  clause(
    15,
    'what does not fit at all is refused when the allocator is made',
    { source: 'the contract: CreatePidAllocator', once: true },
    () => {
      const tooMany = { memory: MIB, capacity: PID_MAX_LIMIT };
      // What has no hash tables has nothing that must fit for the capacity.
      if (traits.map === 'tree') create(tooMany);
      else if (!blockless(create())) throwsPidBug(() => create(tooMany));
      else blockless(create(tooMany));
      throwsPidBug(() => create({ memory: MIB - 1 }));
      throwsPidBug(() => create({ memory: 1024 * MIB + 1 }));
    },
  );

  clause(16, 'freeing, putting, finding and detaching need no memory', { source: KMEM }, () => {
    const { a, home } = booted(TIGHT);
    const processes = Array.from({ length: 100 }, () => fork(a, home));
    if (!blockless(a)) leave(a, 0);
    for (const { pid, task } of processes) {
      equal(a.findGetPid(a.pidNrNs(pid, home), home), pid);
      a.detachPid(task, PIDTYPE_PID);
      a.putPid(pid);
      a.freeTask(task);
    }
    deepEqual(taken(a, home), [1]);
  });

  clause(17, 'a new allocator uses little of what it reserves', { source: 'the contract: memory', once: true }, () => {
    const { usedBytes, reservedBytes, hashTables } = create({ capacity: PID_MAX_LIMIT }).stats();
    const hashBytes = hashTables.reduce((sum, { slots }) => sum + slots * 8, 0);
    const pageTableBytes = (reservedBytes / PAGE_SIZE) * 4;
    ok(
      usedBytes <= hashBytes + pageTableBytes + 64 * PAGE_SIZE,
      `${usedBytes} bytes of ${reservedBytes} before the first pid`,
    );
  });
});
