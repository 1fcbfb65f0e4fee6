import {
  BITS_PER_PAGE,
  CLONE_NEWPID,
  CLONE_THREAD,
  MAX_PID_NS_LEVEL,
  type NsRef,
  PID_MAX_LIMIT,
} from '@pidlab/contract';
import { deepEqual, equal, notEqual, ok, some, throwsPidBug, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import {
  allocAt,
  allocMany,
  blockless,
  childless,
  fill,
  fork,
  mapParts,
  nest,
  newNs,
  nextNr,
  picture,
  seen,
  taken,
} from '../world.ts';

const COPY = 'copy_pid_ns(), 2.6.24';
const PUT = 'put_pid_ns(), free_pid_ns(), 2.6.24';
const BY_PAGE = 'Emelyanov, "Reference counting of pid namespaces by pids", July 2007; page 0 counted exactly';
const DISABLE = 'disable_pid_allocation(), mainline';

export const nsChapter: Chapter = chapter('NS', 'Namespaces', (t) => {
  const { booted, clause, create, traits, world } = t;

  clause(1, 'without CLONE_NEWPID it is the same namespace with one more reference', { source: COPY }, () => {
    const { a, home } = world();
    for (const flags of [0, 0x100, CLONE_THREAD]) equal(a.copyPidNs(flags, home), home);
    if (home === a.initPidNs) return;
    for (let i = 0; i < 4; i++) {
      equal(a.nsLevel(home), 1);
      a.putPidNs(home);
    }
    throwsPidBug(() => a.nsLevel(home));
  });

  clause(2, 'with CLONE_NEWPID it is a child one level down, or ENOSPC where the design ends', { source: COPY }, () => {
    const { a, home } = world();
    const [child] = nest(a, home, 1);
    if (child === undefined) return;
    notEqual(child, home);
    equal(a.nsLevel(child), a.nsLevel(home) + 1);
    equal(a.nsParent(child), home);
    equal<number>(a.pidMax(child), PID_MAX_LIMIT);
    equal(a.lastPid(child), 0);
    deepEqual(taken(a, child), []);
  });

  clause(3, 'flags that mean something else mean nothing here', { source: 'clone(2)', once: true }, () => {
    const a = create();
    equal(a.copyPidNs(0x8000 | 0x100, a.initPidNs), a.initPidNs);
    if (childless(a)) return;
    equal(a.nsLevel(a.copyPidNs(CLONE_NEWPID | 0x8000 | 0x100, a.initPidNs)), 1);
  });

  clause(4, 'CLONE_NEWPID with CLONE_THREAD is EINVAL', { source: COPY }, () => {
    const { a, home, path } = world();
    const before = picture(a, path);
    throwsPidError('EINVAL', () => a.copyPidNs(CLONE_NEWPID | CLONE_THREAD, home));
    deepEqual(picture(a, path), before);
  });

  clause(
    5,
    'namespaces nest down to maxLevel, and one deeper is ENOSPC with nothing changed',
    { source: 'create_pid_namespace(), mainline: MAX_PID_NS_LEVEL', once: true },
    () => {
      const a = create();
      const nested = nest(a, a.initPidNs, MAX_PID_NS_LEVEL + 1);
      equal(nested.length, traits.maxLevel);
      const deepest = nested.at(-1) ?? a.initPidNs;
      equal(a.nsLevel(deepest), traits.maxLevel);
      const before = picture(a, [a.initPidNs, ...nested]);
      const { usedBytes } = a.stats();
      for (let i = 0; i < 5; i++) throwsPidError('ENOSPC', () => newNs(a, deepest));
      deepEqual(picture(a, [a.initPidNs, ...nested]), before);
      equal(a.stats().usedBytes, usedBytes);
      equal(nextNr(a, deepest), 1);
    },
  );

  clause(
    6,
    'nsParent and nsLevel lead from any namespace to the root',
    { source: 'struct pid_namespace, 2.6.24' },
    () => {
      const { a, home } = world();
      let at: NsRef = nest(a, home, 5).at(-1) ?? home;
      for (let level = a.nsLevel(at); level > 0; level--) {
        equal(a.nsLevel(at), level);
        at = some(a.nsParent(at));
      }
      equal(at, a.initPidNs);
      equal(a.nsParent(at), undefined);
    },
  );

  clause(7, 'getPidNs takes a reference and returns the namespace', { source: 'get_pid_ns(), 2.6.24' }, () => {
    const { a, home } = world();
    equal(a.getPidNs(home), home);
    a.putPidNs(home);
    equal(a.nsLevel(home), t.level);
  });

  clause(8, 'an empty namespace goes with its last reference', { source: PUT, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const ns = newNs(a, a.initPidNs);
    equal(a.stats().namespaces, 2);
    a.putPidNs(ns);
    equal(a.stats().namespaces, 1);
    throwsPidBug(() => a.nsLevel(ns));
  });

  clause(9, 'the root is never destroyed, however often it is put', { source: PUT, once: true }, () => {
    const a = create();
    for (let i = 0; i < 10; i++) a.putPidNs(a.initPidNs);
    equal(nextNr(a, a.initPidNs), 1);
    for (let i = 0; i < 10; i++) a.getPidNs(a.initPidNs);
    a.freePid(some(a.findPid(1)));
    a.putPidNs(a.initPidNs);
    equal(a.nsLevel(a.initPidNs), 0);
    equal(nextNr(a, a.initPidNs), 2);
  });

  clause(
    10,
    'putting a reference that was never taken is a bug, also while pids or children hold the namespace',
    { source: 'the contract: putPidNs', once: true },
    () => {
      const { a, home } = booted();
      if (childless(a)) return;
      const ns = newNs(a, home);
      const pid = a.allocPid(ns);
      a.putPidNs(ns);
      const before = picture(a, [home, ns]);
      throwsPidBug(() => a.putPidNs(ns));
      deepEqual(picture(a, [home, ns]), before);
      a.freePid(pid);
      throwsPidBug(() => a.putPidNs(ns));
    },
  );

  clause(11, 'live pids hold their namespace: it goes with the last of them', { source: BY_PAGE, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const ns = newNs(a, a.initPidNs);
    const pids = allocMany(a, ns, 5);
    a.putPidNs(ns);
    for (const pid of pids) {
      equal(a.nsLevel(ns), 1);
      equal(a.findPidNs(a.pidNrNs(pid, ns), ns), pid);
      a.freePid(pid);
    }
    throwsPidBug(() => a.nsLevel(ns));
    equal(a.stats().namespaces, 1);
  });

  clause(
    12,
    'page 0 is counted like any other: number 1 alone holds the namespace',
    { source: BY_PAGE, once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const ns = newNs(a, a.initPidNs);
      const init = a.allocPid(ns);
      a.putPidNs(ns);
      equal<number>(a.pidNrNs(init, ns), 1);
      equal(a.stats().namespaces, 2);
      a.freePid(init);
      equal(a.stats().namespaces, 1);
    },
  );

  clause(
    13,
    'taking and freeing numbers of page 0 again and again takes and puts nothing too much',
    { source: BY_PAGE, once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const ns = newNs(a, a.initPidNs);
      for (let i = 0; i < 20; i++) a.freePid(a.allocPid(ns));
      equal(a.nsLevel(ns), 1);
      const last = a.allocPid(ns);
      a.putPidNs(ns);
      equal(a.nsLevel(ns), 1);
      a.freePid(last);
      throwsPidBug(() => a.nsLevel(ns));
    },
  );

  clause(14, 'pids of several pages hold it until the last page is empty', { source: BY_PAGE, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      const ns = newNs(a, a.initPidNs);
      const pids = [7, BITS_PER_PAGE, 5 * BITS_PER_PAGE - 1].map((nr) => allocAt(a, ns, nr));
      a.putPidNs(ns);
      for (const i of order) {
        equal(a.nsLevel(ns), 1);
        a.freePid(pids[i]);
      }
      throwsPidBug(() => a.nsLevel(ns));
    }
  });

  clause(15, 'chosen numbers hold it like others', { source: 'clone3(2): set_tid', once: true }, () => {
    const { a, home } = booted();
    if (childless(a)) return;
    const ns = newNs(a, home);
    const init = a.allocPid(ns, [1]);
    a.putPidNs(ns);
    equal(a.nsLevel(ns), a.nsLevel(home) + 1);
    a.freePid(init);
    throwsPidBug(() => a.nsLevel(ns));
  });

  clause(16, 'a failed allocation takes no reference that stays', { source: BY_PAGE, once: true }, () => {
    const a = create({ pidMax: 301 });
    if (childless(a)) return;
    const ns = newNs(a, a.initPidNs);
    a.setPidMax(ns, 301);
    const pids = fill(a, ns);
    for (let i = 0; i < 10; i++) throwsPidError('EAGAIN', () => a.allocPid(ns));
    a.putPidNs(ns);
    for (const pid of pids) a.freePid(pid);
    equal(a.stats().namespaces, 1);
    const late = newNs(a, a.initPidNs);
    fill(a, a.initPidNs);
    if (traits.rootNumbers === 'small') throwsPidError('EAGAIN', () => a.allocPid(late));
    a.putPidNs(late);
    throwsPidBug(() => a.nsLevel(late));
  });

  clause(17, 'a child holds its parent', { source: COPY }, () => {
    const { a, home } = world();
    const [child] = nest(a, home, 1);
    if (child === undefined) return;
    const before = a.stats().namespaces;
    a.putPidNs(home);
    equal(a.nsParent(child), home);
    equal(nextNr(a, child), 1);
    equal(a.stats().namespaces, before);
  });

  clause(18, 'a chain is destroyed from the inside to the root, however deep', { source: PUT, once: true }, () => {
    const a = create();
    const nested = nest(a, a.initPidNs, MAX_PID_NS_LEVEL);
    const deepest = nested.at(-1);
    if (deepest === undefined) return;
    const pid = a.allocPid(deepest);
    for (const ns of nested) a.putPidNs(ns);
    equal(a.stats().namespaces, nested.length + 1);
    a.freePid(pid);
    equal(a.stats().namespaces, 1);
    for (const ns of nested) throwsPidBug(() => a.nsLevel(ns));
  });

  clause(19, 'destroying a chain stops where somebody else holds a namespace', { source: PUT, once: true }, () => {
    const a = create();
    const nested = nest(a, a.initPidNs, 6);
    const held = nested[Math.floor(nested.length / 2)];
    if (held === undefined) return;
    a.getPidNs(held);
    for (const ns of nested) a.putPidNs(ns);
    equal(a.nsLevel(held), nested.indexOf(held) + 1);
    equal(a.stats().namespaces, a.nsLevel(held) + 1);
    a.putPidNs(held);
    equal(a.stats().namespaces, 1);
  });

  clause(20, 'the pages, or nodes, of a dead namespace’s map are free again', { source: PUT, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    if (blockless(a)) return;
    const before = mapParts(a);
    const ns = newNs(a, a.initPidNs);
    const pids = [0, 1, 2, 3].map((page) => allocAt(a, ns, page * BITS_PER_PAGE + 5));
    ok(mapParts(a) >= before + 4);
    const root = traits.map !== 'tree' && traits.rootNumbers === 'small' && before === 0 ? 1 : 0;
    a.putPidNs(ns);
    for (const pid of pids) a.freePid(pid);
    equal(mapParts(a), before + root);
  });

  clause(21, 'a namespace made in a dead one’s memory starts fresh', { source: COPY, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    for (let i = 0; i < 20; i++) {
      const ns = newNs(a, a.initPidNs);
      equal(a.lastPid(ns), 0);
      equal<number>(a.pidMax(ns), PID_MAX_LIMIT);
      equal(a.childReaper(ns), undefined);
      deepEqual(seen(a, ns), []);
      deepEqual(taken(a, ns), []);
      const { pid, task } = fork(a, ns);
      equal<number>(a.pidNrNs(pid, ns), 1);
      allocAt(a, ns, 4 * BITS_PER_PAGE);
      a.setPidMax(ns, 400);
      a.disablePidAllocation(ns);
      a.freePid(some(a.findPidNs(4 * BITS_PER_PAGE, ns)));
      a.detachPid(task, 0);
      a.freeTask(task);
      a.putPidNs(ns);
    }
    equal(a.stats().namespaces, 1);
  });

  clause(22, 'a pid object can outlive its namespace, and does not hold it', { source: BY_PAGE, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const ns = newNs(a, a.initPidNs);
    const pid = a.getPid(a.allocPid(ns));
    a.freePid(pid);
    a.putPidNs(ns);
    equal(a.stats().namespaces, 1);
    equal(a.stats().pids, 1);
    equal(a.pidCount(pid), 1);
    a.putPid(pid);
    equal(a.stats().pids, 0);
  });

  clause(23, 'disablePidAllocation closes one namespace and no other', { source: DISABLE, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
    a.disablePidAllocation(one);
    throwsPidError('ENOMEM', () => a.allocPid(one));
    equal(nextNr(a, two), 1);
    some(a.allocPid(a.initPidNs));
  });

  clause(24, 'it can be said twice, and stays said', { source: DISABLE }, () => {
    const { a, home } = world();
    a.disablePidAllocation(home);
    a.disablePidAllocation(home);
    a.setLastPid(home, 50);
    a.setPidMax(home, 1000);
    throwsPidError('ENOMEM', () => a.allocPid(home));
  });

  clause(
    25,
    'what lives in a closed namespace is found, translated, hung on and freed as before',
    { source: DISABLE },
    () => {
      const { a, home } = booted();
      const { pid, task } = fork(a, home);
      a.disablePidAllocation(home);
      equal(a.findPidNs(2, home), pid);
      equal(a.findGePid(2, home), pid);
      const other = a.allocTask();
      a.attachPid(other, 2, pid);
      a.detachPid(task, 0);
      a.detachPid(other, 2);
      deepEqual(taken(a, home), [1]);
    },
  );

  clause(26, 'pids of a child keep their numbers in a namespace above that was closed', { source: DISABLE }, () => {
    const { a, home } = booted();
    const [child] = nest(a, home, 1);
    if (child === undefined) return;
    const pid = a.allocPid(child);
    const nr = a.pidNrNs(pid, home);
    a.disablePidAllocation(home);
    equal(a.findPidNs(nr, home), pid);
    a.freePid(pid);
    equal(a.findPidNs(nr, home), undefined);
  });

  clause(
    27,
    'pidNs, nsParent and taskActivePidNs take no reference',
    { source: 'the contract: nsParent', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const ns = newNs(a, a.initPidNs);
      const { pid, task } = fork(a, ns);
      a.pidNs(pid);
      a.taskActivePidNs(task);
      for (const below of nest(a, ns, 1)) {
        a.nsParent(below);
        a.putPidNs(below);
      }
      a.putPidNs(ns);
      a.detachPid(task, 0);
      equal(a.stats().namespaces, 1);
    },
  );

  clause(28, 'a closed, empty namespace goes like any other', { source: PUT, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const ns = newNs(a, a.initPidNs);
    a.disablePidAllocation(ns);
    a.putPidNs(ns);
    equal(a.stats().namespaces, 1);
    equal(nextNr(a, newNs(a, a.initPidNs)), 1);
  });

  clause(
    29,
    'maxNamespaces fit at once, one more is ENOSPC, and one that goes makes room for one',
    { source: 'MAX_NR_PIDSPACES, pidspaces patch, January 2006', scale: true },
    () => {
      const limit = Math.min(traits.maxNamespaces, 2000);
      const a = create({ namespaces: limit + 1 });
      if (childless(a)) return;
      const spaces = Array.from({ length: limit }, () => newNs(a, a.initPidNs));
      equal(a.stats().namespaces, limit + 1);
      for (const ns of spaces) equal(nextNr(a, ns), 1);
      if (limit < traits.maxNamespaces) {
        some(newNs(a, a.initPidNs));
        return;
      }
      throwsPidError('ENOSPC', () => newNs(a, a.initPidNs));
      const gone = spaces[Math.floor(limit / 3)];
      a.putPidNs(gone);
      throwsPidError('ENOSPC', () => newNs(a, a.initPidNs));
      a.freePid(some(a.findPidNs(1, gone)));
      const fresh = newNs(a, a.initPidNs);
      equal(nextNr(a, fresh), 1);
      throwsPidError('ENOSPC', () => newNs(a, a.initPidNs));
      equal(a.findGePid(0, fresh), a.findPidNs(1, fresh));
    },
  );

  clause(
    30,
    'a hundred thousand namespaces live side by side, or as many as the design has',
    { source: 'the contract: Traits', scale: true },
    () => {
      const wanted = 100_000;
      const a = create({ namespaces: wanted, capacity: wanted, pidMax: PID_MAX_LIMIT });
      if (childless(a)) return;
      const spaces: NsRef[] = [];
      while (spaces.length < Math.min(wanted, traits.maxNamespaces)) spaces.push(newNs(a, a.initPidNs));
      if (spaces.length < wanted) throwsPidError('ENOSPC', () => newNs(a, a.initPidNs));
      for (const ns of spaces) a.allocPid(ns);
      for (let i = 0; i < spaces.length; i += 97)
        equal<number>(a.pidNrNs(some(a.findPidNs(1, spaces[i])), spaces[i]), 1);
      equal(a.stats().namespaces, spaces.length + 1);
      for (const ns of spaces) {
        a.putPidNs(ns);
        a.freePid(some(a.findPidNs(1, ns)));
      }
      equal(a.stats().namespaces, 1);
      equal(a.stats().pids, 0);
    },
  );

  clause(
    31,
    'a namespace that only its pids hold keeps its numbers to itself',
    { source: 'Franke, pidspaces patch, January 2006', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const left = newNs(a, a.initPidNs);
      const survivor = a.allocPid(left);
      a.putPidNs(left);
      const fresh = newNs(a, a.initPidNs);
      const newcomer = a.allocPid(fresh);
      notEqual(a.pidNr(newcomer), a.pidNr(survivor));
      equal(a.findPid(a.pidNr(survivor)), survivor);
      equal(a.findPidNs(1, left), survivor);
      equal(a.findPidNs(1, fresh), newcomer);
      deepEqual(seen(a, a.initPidNs), [a.pidNr(survivor), a.pidNr(newcomer)]);
    },
  );
});
