import {
  BITS_PER_PAGE,
  CLONE_NEWPID,
  CLONE_THREAD,
  ERRNO,
  MAX_NR_PIDSPACES,
  MAX_PID_NS_LEVEL,
  PAGE_SIZE,
  PID_MAX_DEFAULT,
  PID_MAX_LIMIT,
  PID_MAX_LIMIT_SHIFT,
  PIDMAP_ENTRIES,
  PIDTYPE_MAX,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  RESERVED_PIDS,
  RESERVED_PIDS_NON_DFLT,
} from '@pidlab/contract';
import { deepEqual, equal, ok, show } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { blockless, childless, fork, newNs, seen, taken } from '../world.ts';

export const constChapter: Chapter = chapter('CONST', 'Constants, traits and a new allocator', (t) => {
  const { clause, createByDefault, traits, world } = t;

  clause(
    1,
    'a page of a pidmap has a bit for each of 32,768 numbers',
    { source: 'kernel/pid.c, 2.6.24', once: true },
    () => {
      equal<number>(PAGE_SIZE, 4096);
      equal<number>(BITS_PER_PAGE, PAGE_SIZE * 8);
    },
  );

  clause(
    2,
    'no number is 2^22 or larger, and 128 pages cover them all',
    { source: 'include/linux/threads.h, 2.6.24', once: true },
    () => {
      equal<number>(PID_MAX_DEFAULT, 32_768);
      equal<number>(PID_MAX_LIMIT, 2 ** PID_MAX_LIMIT_SHIFT);
      equal<number>(PID_MAX_LIMIT, PIDMAP_ENTRIES * BITS_PER_PAGE);
    },
  );

  clause(
    3,
    'the floor after a wrap is 300, and 1 in a space other than the root',
    { source: 'RESERVED_PIDS, kernel/pid.c, 2.6.24; Franke, pidspaces patch, January 2006', once: true },
    () => {
      equal<number>(RESERVED_PIDS, 300);
      equal<number>(RESERVED_PIDS_NON_DFLT, 1);
    },
  );

  clause(
    4,
    'a number of the largest space still has no sign bit',
    { source: 'Franke, pidspaces patch, January 2006', once: true },
    () => {
      equal<number>(MAX_NR_PIDSPACES, 512);
      equal(MAX_NR_PIDSPACES * PID_MAX_LIMIT - 1, 2 ** 31 - 1);
    },
  );

  clause(
    5,
    'namespaces nest at most 32 deep',
    { source: 'MAX_PID_NS_LEVEL, kernel/pid_namespace.c', once: true },
    () => {
      equal<number>(MAX_PID_NS_LEVEL, 32);
      ok(traits.maxLevel <= MAX_PID_NS_LEVEL);
    },
  );

  clause(6, 'the flags have the values of clone(2)', { source: 'clone(2)', once: true }, () => {
    equal<number>(CLONE_NEWPID, 0x2000_0000);
    equal<number>(CLONE_THREAD, 0x0001_0000);
  });

  clause(7, 'the four roles are 0 to 3', { source: 'enum pid_type, include/linux/pid.h', once: true }, () => {
    deepEqual<number[]>([PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX], [0, 1, 2, 3, 4]);
  });

  clause(8, 'error numbers are those of Linux, negative', { source: 'errno(3)', once: true }, () => {
    const { ESRCH, EAGAIN, ENOMEM, EBUSY, EEXIST, EINVAL, ENOSPC } = ERRNO;
    deepEqual<number[]>([ESRCH, EAGAIN, ENOMEM, EBUSY, EEXIST, EINVAL, ENOSPC], [-3, -11, -12, -16, -17, -22, -28]);
  });

  clause(
    9,
    'traits are well formed, and every allocator shows them',
    { source: 'the contract: Traits', once: true },
    () => {
      ok(typeof traits.strategy === 'string' && traits.strategy !== '');
      ok(Number.isInteger(traits.maxLevel) && traits.maxLevel >= 0);
      ok(traits.maxNamespaces === Number.POSITIVE_INFINITY || Number.isInteger(traits.maxNamespaces));
      ok(Number.isInteger(traits.maxNumbers) && traits.maxNumbers >= 1 && traits.maxNumbers <= traits.maxLevel + 1);
      ok(traits.rootNumbers === 'small' || traits.rootNumbers === 'encoded');
      for (const floor of [traits.floors.root, traits.floors.child]) ok(floor >= 1 && floor <= RESERVED_PIDS);
      ok(['pidmap', 'tree', undefined].includes(traits.map));
      ok(['checked', 'mainline', undefined].includes(traits.rules));
      equal(typeof traits.shared, 'boolean');
      deepEqual(createByDefault().traits, traits);
    },
  );

  clause(
    10,
    'a new allocator has an empty root at level 0, with pidMax 32,768 and the cursor at 0',
    { source: 'init_pid_ns, kernel/pid.c, 2.6.24', once: true },
    () => {
      const a = createByDefault();
      const root = a.initPidNs;
      equal(a.nsLevel(root), 0);
      equal(a.nsParent(root), undefined);
      equal(a.childReaper(root), undefined);
      equal<number>(a.pidMax(root), PID_MAX_DEFAULT);
      equal(a.lastPid(root), 0);
      deepEqual(taken(a, root), []);
      deepEqual(seen(a, root), []);
      const { pids, tasks, namespaces } = a.stats();
      deepEqual({ pids, tasks, namespaces }, { pids: 0, tasks: 0, namespaces: 1 });
    },
  );

  clause(11, 'option pidMax is the root’s', { source: 'the contract: PidAllocatorOptions', once: true }, () => {
    for (const pidMax of [1, RESERVED_PIDS, 40_000, PID_MAX_LIMIT]) {
      const a = createByDefault({ pidMax });
      equal(a.pidMax(a.initPidNs), pidMax);
    }
  });

  clause(
    12,
    'a new namespace starts with all numbers, whatever its parent’s pidMax',
    { source: 'mainline pidns 6.14; the contract: PidAllocatorOptions', once: true },
    () => {
      const a = createByDefault({ pidMax: 500 });
      if (childless(a)) return;
      const ns = newNs(a, a.initPidNs);
      equal<number>(a.pidMax(ns), PID_MAX_LIMIT);
      equal(a.lastPid(ns), 0);
      equal(a.childReaper(ns), undefined);
    },
  );

  clause(13, 'the functions may be taken off the object', { source: 'the contract: PidAllocator' }, () => {
    const { a, home } = world();
    const { allocPid, findPidNs, pidNrNs, freePid, lastPid } = a;
    const pid = allocPid(home);
    equal(findPidNs(pidNrNs(pid, home), home), pid);
    equal(lastPid(home), 1);
    freePid(pid);
    equal(findPidNs(1, home), undefined);
  });

  clause(14, 'allocators have nothing in common', { source: 'the contract: CreatePidAllocator' }, () => {
    const one = world();
    const two = world();
    fork(one.a, one.home);
    one.a.setLastPid(one.home, 77);
    equal(two.a.lastPid(two.home), 0);
    deepEqual(seen(two.a, two.home), []);
  });

  clause(
    15,
    'a design that keeps objects accounts for no memory, and one with a block for all of it',
    { source: 'the contract: Traits.memory', once: true },
    () => {
      const a = createByDefault();
      if (blockless(a)) return equal(traits.shared, false);
      ok(traits.memory === undefined || traits.memory === 'block', `traits.memory is ${show(traits.memory)}`);
      const { reservedBytes, usedBytes, hashTables } = a.stats();
      ok(reservedBytes > 0 && usedBytes > 0, `the block has ${reservedBytes} bytes, of which ${usedBytes} are in use`);
      equal(hashTables.length > 0, traits.map !== 'tree');
      ok(a.slabInfo().length > 0, 'there is no slab cache');
    },
  );
});
