import { PID_MAX_LIMIT, PIDTYPE_MAX, type PidType } from '@pidlab/contract';
import { deepEqual, equal, notEqual, ok, some, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import {
  allocAt,
  allocMany,
  childless,
  fill,
  freeNr,
  listed,
  nest,
  newNs,
  nextNr,
  nextNrs,
  numbersOf,
  picture,
  taken,
} from '../world.ts';

const ALLOC_PID = 'alloc_pid(), 2.6.24';

export const allocChapter: Chapter = chapter('ALLOC', 'A pid is made', (t) => {
  const { clause, create, traits, world } = t;
  const small = traits.rootNumbers === 'small';

  clause(1, 'a new pid has one reference', { source: ALLOC_PID }, () => {
    const { a, home } = world();
    equal(a.pidCount(a.allocPid(home)), 1);
  });

  clause(2, 'a new pid has no tasks of any type', { source: ALLOC_PID }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    for (let type = 0; type < PIDTYPE_MAX; type++) equal(a.pidTask(pid, type as PidType), undefined);
  });

  clause(3, 'a new pid is found in its namespace and in every ancestor', { source: ALLOC_PID }, () => {
    const { a, home, path } = world();
    const all = [...path, ...nest(a, home, 3)];
    const pid = a.allocPid(all.at(-1)!);
    for (const ns of all) {
      const nr = a.pidNrNs(pid, ns);
      ok(nr > 0, `level ${a.nsLevel(ns)} does not see it`);
      equal(a.findPidNs(nr, ns), pid);
    }
  });

  clause(4, 'a pid belongs to the namespace it was made in', { source: 'ns_of_pid(), 2.6.24' }, () => {
    const { a, home } = world();
    for (const ns of [home, ...nest(a, home, 2)]) equal(a.pidNs(a.allocPid(ns)), ns);
  });

  clause(5, 'two pids are two handles, and a later one is not an earlier one’s again', { source: ALLOC_PID }, () => {
    const { a, home } = world();
    const first = a.allocPid(home);
    const second = a.allocPid(home);
    notEqual(first, second);
    a.freePid(first);
    const third = a.allocPid(home);
    ok(third !== first && third !== second);
  });

  clause(
    6,
    'every namespace counts for itself: two siblings both have a number 1',
    { source: ALLOC_PID, once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
      deepEqual([nextNr(a, one), nextNr(a, two), nextNr(a, one), nextNr(a, two)], [1, 1, 2, 2]);
    },
  );

  clause(
    7,
    'a contained pid takes a number of the root, or carries an encoded one that takes none',
    { source: 'alloc_pid(), 2.6.24; pidspaces patch, January 2006', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const root = a.initPidNs;
      const child = newNs(a, root);
      allocMany(a, root, 10);
      const pid = a.allocPid(child);
      if (small) {
        equal<number>(a.pidNr(pid), 11);
        equal(a.lastPid(root), 11);
      } else {
        ok(a.pidNr(pid) >= PID_MAX_LIMIT && a.pidNr(pid) < 2 ** 31);
        equal(a.pidNr(pid) % PID_MAX_LIMIT, 1);
        equal(a.lastPid(root), 10);
      }
    },
  );

  clause(8, 'a pid takes a number at every level that the design gives one', { source: ALLOC_PID }, () => {
    const { a, home, path } = world();
    const all = [...path, ...nest(a, home, 4)];
    for (const [i, ns] of all.entries()) a.setLastPid(ns, 100 * (i + 1));
    const deepest = all.at(-1)!;
    const pid = a.allocPid(deepest);
    const carried = numbersOf(a, deepest);
    let moved = 0;
    for (const [i, ns] of all.entries()) {
      if (a.lastPid(ns) === 100 * (i + 1)) continue;
      moved++;
      equal<number>(a.pidNrNs(pid, ns), 100 * (i + 1) + 1);
      deepEqual(taken(a, ns), [100 * (i + 1) + 1]);
    }
    equal(moved, carried);
    equal(a.lastPid(deepest), 100 * all.length + 1);
  });

  clause(9, 'each level obeys its own pidMax', { source: 'mainline pidns 6.14' }, () => {
    const { a, home } = world();
    const nested = nest(a, home, 3);
    const limits = nested.map((ns, i) => {
      a.setPidMax(ns, 500 + 100 * i);
      a.setLastPid(ns, 500 + 100 * i - 1);
      return a.pidMax(ns);
    });
    for (const ns of nested) {
      const pid = a.allocPid(ns);
      for (const [i, above] of nested.entries()) ok(a.pidNrNs(pid, above) < limits[i]);
    }
  });

  clause(
    10,
    'numbers are taken innermost first: a full namespace leaves its ancestors’ cursors alone',
    { source: ALLOC_PID },
    () => {
      const { a, home, path } = world({ pidMax: 301 });
      fill(a, home);
      const cursors = path.slice(0, -1).map(a.lastPid);
      for (let i = 0; i < 5; i++) throwsPidError('EAGAIN', () => a.allocPid(home));
      deepEqual(path.slice(0, -1).map(a.lastPid), cursors);
    },
  );

  clause(
    11,
    'where the root is full a contained pid is EAGAIN and gives its number back, unless its number is encoded',
    { source: ALLOC_PID, once: true },
    () => {
      const a = create({ pidMax: 301 });
      if (childless(a)) return;
      const root = a.initPidNs;
      const child = newNs(a, root);
      fill(a, root);
      if (!small) {
        equal(nextNr(a, child), 1);
        return;
      }
      const before = picture(a, [root, child]);
      for (let i = 0; i < 3; i++) throwsPidError('EAGAIN', () => a.allocPid(child));
      deepEqual(picture(a, [root, child]), before);
      deepEqual(taken(a, child), []);
      freeNr(a, root, 300);
      const pid = a.allocPid(child);
      equal<number>(a.pidNr(pid), 300);
      deepEqual(taken(a, child), [a.pidNrNs(pid, child)]);
    },
  );

  clause(12, 'whichever level is full, all numbers taken on the way are given back', { source: ALLOC_PID }, () => {
    const { a, home } = world();
    const nested = nest(a, home, 4);
    const deepest = nested.at(-1) ?? home;
    const all = [home, ...nested];
    for (const ns of all) {
      if (ns === deepest) continue;
      const limit = a.pidMax(ns);
      a.setPidMax(ns, 301);
      const filler = fill(a, ns);
      const before = picture(a, all);
      if (numbersOf(a, deepest) > a.nsLevel(deepest) - a.nsLevel(ns)) {
        throwsPidError('EAGAIN', () => a.allocPid(deepest));
        deepEqual(picture(a, all), before);
      } else {
        a.freePid(a.allocPid(deepest));
      }
      for (const pid of filler) a.freePid(pid);
      a.setPidMax(ns, limit);
    }
    a.freePid(a.allocPid(deepest));
    for (const ns of all) deepEqual(taken(a, ns), []);
  });

  clause(13, 'after EAGAIN one freed pid makes room for one', { source: ALLOC_PID }, () => {
    const { a, home } = world({ pidMax: 310 });
    const pids = fill(a, home);
    a.freePid(pids[304]);
    equal(nextNr(a, home), 305);
    throwsPidError('EAGAIN', () => a.allocPid(home));
  });

  clause(14, 'a failed allocation leaks no object', { source: ALLOC_PID }, () => {
    const { a, home } = world({ pidMax: 301 });
    fill(a, home);
    const { pids, usedBytes } = a.stats();
    for (let i = 0; i < 1000; i++) throwsPidError('EAGAIN', () => a.allocPid(home));
    equal(a.stats().pids, pids);
    equal(a.stats().usedBytes, usedBytes);
  });

  clause(
    15,
    'making and freeing pids for ever uses no more memory',
    { source: 'alloc_pid(), free_pid(), 2.6.24' },
    () => {
      const { a, home } = world({ pidMax: 400 });
      for (let i = 0; i < 500; i++) a.freePid(a.allocPid(home));
      const { usedBytes } = a.stats();
      for (let i = 0; i < 5000; i++) a.freePid(a.allocPid(home));
      equal(a.stats().usedBytes, usedBytes);
      equal(a.stats().pids, 0);
    },
  );

  clause(
    16,
    'a namespace that takes no new pids is ENOMEM, and nothing has changed, in mainline but for the cursors',
    { source: 'disable_pid_allocation(), mainline' },
    () => {
      const { a, home, path } = world();
      allocMany(a, home, 3);
      a.disablePidAllocation(home);
      const before = picture(a, path);
      const cursors = path.map(a.lastPid);
      throwsPidError('ENOMEM', () => a.allocPid(home));
      deepEqual(picture(a, path), before);
      const moved = traits.rules === 'mainline' ? 1 : 0;
      deepEqual(
        path.map(a.lastPid),
        cursors.map((last, i) => last + (small || i === t.level ? moved : 0)),
      );
    },
  );

  clause(17, 'the root sees no two pids under one number', { source: ALLOC_PID, once: true }, () => {
    const a = create();
    const spaces = [a.initPidNs];
    if (traits.maxLevel > 0) for (let i = 0; i < 9; i++) spaces.push(newNs(a, a.initPidNs));
    for (let i = 0; i < 200; i++) a.allocPid(spaces[(i * 7) % spaces.length]);
    const numbers = listed(a, a.initPidNs).map(a.pidNr);
    equal(numbers.length, 200);
    equal(new Set(numbers).size, 200);
  });

  clause(18, 'freed in any order, all numbers are free again at every level', { source: 'free_pid(), 2.6.24' }, () => {
    const { a, home, path } = world();
    const pids = allocMany(a, home, 101);
    for (let i = 0; i < 101; i++) a.freePid(pids[(i * 37) % 101]);
    for (const ns of path) deepEqual(taken(a, ns), []);
    equal(a.stats().pids, 0);
  });

  clause(
    19,
    'cursors may have moved when an allocation failed, and the next one goes on from there',
    { source: ALLOC_PID, once: true },
    () => {
      const a = create({ pidMax: 301 });
      if (childless(a)) return;
      const child = newNs(a, a.initPidNs);
      allocMany(a, child, 1);
      fill(a, a.initPidNs);
      if (small) throwsPidError('EAGAIN', () => a.allocPid(child));
      freeNr(a, a.initPidNs, 300);
      const cursor = a.lastPid(child);
      ok(cursor === 1 || cursor === 2);
      equal(nextNr(a, child), cursor + 1);
    },
  );

  clause(
    20,
    'options that are fine one by one are fine together',
    { source: 'the contract: PidAllocatorOptions' },
    () => {
      const { a, home, floor } = world({
        capacity: 500,
        namespaces: 4,
        memory: 4 << 20,
        pidMax: 600,
        floors: { root: 10, child: 20 },
        hash: 'kernel',
        generationBase: 77,
      });
      a.setLastPid(home, 598);
      deepEqual(nextNrs(a, home, 2), [599, floor]);
      some(a.findPidNs(599, home));
      allocAt(a, home, 42);
    },
  );

  clause(
    21,
    'a namespace without pids begins with 1, however often making the first one failed',
    { source: 'alloc_pid(), mainline', once: true },
    () => {
      const a = create({ pidMax: 301 });
      if (childless(a)) return;
      const child = newNs(a, a.initPidNs);
      fill(a, a.initPidNs);
      for (let i = 0; i < 3 && small; i++) throwsPidError('EAGAIN', () => a.allocPid(child));
      freeNr(a, a.initPidNs, 300);
      equal(nextNr(a, child), 1);
    },
  );

  clause(
    22,
    'where a namespace takes no new pids and one above is full, ENOMEM comes first, or in mainline EAGAIN',
    { source: 'alloc_pid(), mainline: PIDNS_ADDING', once: true },
    () => {
      const a = create({ pidMax: 301 });
      if (childless(a)) return;
      const child = newNs(a, a.initPidNs);
      fill(a, a.initPidNs);
      a.disablePidAllocation(child);
      throwsPidError(traits.rules === 'mainline' && small ? 'EAGAIN' : 'ENOMEM', () => a.allocPid(child));
      // It was the first there, and it is none: a namespace that is closed does not begin anew.
      equal(a.lastPid(child), traits.rules === 'mainline' ? 1 : 0);
      equal(a.nextPidmap(child, 0), undefined);
    },
  );
});
