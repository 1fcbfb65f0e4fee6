import { BITS_PER_PAGE, type ErrnoCode, PID_MAX_LIMIT, RESERVED_PIDS } from '@pidlab/contract';
import { deepEqual, during, equal, ok, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import {
  blockless,
  childless,
  fill,
  fork,
  freeNr,
  mapParts,
  newNs,
  nextNr,
  numbersOf,
  picture,
  taken,
} from '../world.ts';

const SET_TID = 'clone3(2): set_tid';
const SELFTEST = 'selftests clone3_set_tid';

export const settidChapter: Chapter = chapter('SETTID', 'Chosen numbers', (t) => {
  const { booted, clause, level, traits, world } = t;
  const small = traits.rootNumbers === 'small';

  clause(1, 'a chosen number is given', { source: SET_TID }, () => {
    const { a, home } = booted();
    const pid = a.allocPid(home, [777]);
    equal<number>(a.pidNrNs(pid, home), 777);
    equal(a.findPidNs(777, home), pid);
  });

  clause(2, 'a chosen number does not move the cursor', { source: SET_TID }, () => {
    const { a, home } = booted();
    const cursor = a.lastPid(home);
    a.allocPid(home, [777]);
    equal(a.lastPid(home), cursor);
    equal(nextNr(a, home), cursor + 1);
  });

  clause(3, 'levels that the list does not reach are automatic', { source: SET_TID }, () => {
    const { a, home, path } = booted();
    const cursor = a.lastPid(a.initPidNs);
    const pid = a.allocPid(home, [777]);
    if (level === 0) return;
    if (small) equal<number>(a.pidNr(pid), cursor + 1);
    equal(a.lastPid(a.initPidNs), small ? cursor + 1 : cursor);
    for (const ns of path) equal(a.findPidNs(a.pidNrNs(pid, ns), ns), pid);
  });

  clause(
    4,
    'the list chooses for several levels, innermost first, where the design takes numbers there',
    { source: SET_TID },
    () => {
      const { a, home, path } = booted();
      const list = level === 0 ? [777] : [777, 888];
      if (level === 1 && !small) {
        const before = picture(a, path);
        throwsPidError('EINVAL', () => a.allocPid(home, list));
        deepEqual(picture(a, path), before);
        return;
      }
      const cursors = path.map(a.lastPid);
      const pid = a.allocPid(home, list);
      deepEqual<number[]>(
        [...path].reverse().map((ns) => a.pidNrNs(pid, ns)),
        list,
      );
      deepEqual(path.map(a.lastPid), cursors);
    },
  );

  clause(5, 'an empty list is no list', { source: SET_TID }, () => {
    const { a, home } = booted();
    equal<number>(a.pidNrNs(a.allocPid(home, []), home), 2);
    equal(a.lastPid(home), 2);
  });

  clause(6, 'a list longer than the namespace is deep plus one is EINVAL', { source: SELFTEST }, () => {
    const { a, home, path } = booted();
    const before = picture(a, path);
    for (const extra of [1, 2, 40]) {
      const list = Array.from({ length: level + 1 + extra }, (_, i) => 700 + i);
      throwsPidError('EINVAL', () => a.allocPid(home, list));
    }
    deepEqual(picture(a, path), before);
  });

  clause(7, 'a chosen number below 1 is EINVAL', { source: SELFTEST }, () => {
    const { a, home, path } = booted();
    const before = picture(a, path);
    for (const nr of [0, -1, -(2 ** 31)]) throwsPidError('EINVAL', () => a.allocPid(home, [nr]));
    deepEqual(picture(a, path), before);
  });

  clause(8, 'a chosen number at or above pidMax is EINVAL', { source: SELFTEST }, () => {
    const { a, home, path } = booted({ pidMax: 5000 });
    const before = picture(a, path);
    for (const nr of [5000, 5001, PID_MAX_LIMIT, 2 ** 31, 2 ** 52]) {
      throwsPidError('EINVAL', () => a.allocPid(home, [nr]));
    }
    deepEqual(picture(a, path), before);
    // Where there is no reaper only 1 could be chosen, and that is at pidMax too.
    if (traits.maxLevel === 0) return;
    const fresh = newNs(a, a.initPidNs);
    a.setPidMax(fresh, 1);
    throwsPidError('EINVAL', () => a.allocPid(fresh, [1]));
  });

  clause(9, 'pidMax - 1 can be chosen, and follows pidMax when that is set', { source: SET_TID }, () => {
    const { a, home } = booted({ pidMax: 5000 });
    a.allocPid(home, [4999]);
    a.setPidMax(home, 400);
    throwsPidError('EINVAL', () => a.allocPid(home, [400]));
    a.allocPid(home, [399]);
    deepEqual(taken(a, home), [1, 399, 4999]);
  });

  clause(10, 'a chosen number that is taken is EEXIST, and nothing has changed', { source: SET_TID }, () => {
    const { a, home, path } = booted();
    a.allocPid(home, [777]);
    const before = picture(a, path);
    const cursors = path.map(a.lastPid);
    throwsPidError('EEXIST', () => a.allocPid(home, [777]));
    throwsPidError('EEXIST', () => a.allocPid(home, [1]));
    deepEqual(picture(a, path), before);
    deepEqual(path.map(a.lastPid), cursors);
  });

  clause(
    11,
    'before a namespace has its reaper only 1 can be chosen',
    { source: 'alloc_pid(), mainline: set_tid' },
    () => {
      const { a, home, path } = world();
      if (level === 1) fork(a, a.initPidNs);
      const before = picture(a, path);
      for (const nr of [2, 300, 777]) throwsPidError('EINVAL', () => a.allocPid(home, [nr]));
      deepEqual(picture(a, path), before);
      equal<number>(a.pidNrNs(a.allocPid(home, [1]), home), 1);
    },
  );

  clause(12, 'a chosen 1 leaves the cursor at 0, and 1 is stepped over', { source: SET_TID }, () => {
    const { a, home } = world();
    a.allocPid(home, [1]);
    equal(a.lastPid(home), 0);
    equal(nextNr(a, home), 2);
  });

  clause(
    13,
    'a chosen number of the root that is taken is EEXIST, and the inner one is given back',
    { source: SET_TID },
    () => {
      const { a, home, path } = booted();
      if (level === 0 || !small) return throwsNothingElse();
      const before = picture(a, path);
      const cursors = path.map(a.lastPid);
      throwsPidError('EEXIST', () => a.allocPid(home, [777, 1]));
      throwsPidError('EEXIST', () => a.allocPid(home, [777, 2]));
      deepEqual(picture(a, path), before);
      deepEqual(path.map(a.lastPid), cursors);
      function throwsNothingElse(): void {
        throwsPidError('EEXIST', () => a.allocPid(home, [1]));
        throwsPidError('EINVAL', () => a.allocPid(home, [777, 1]));
      }
    },
  );

  clause(14, 'each number of the list obeys its own level’s pidMax', { source: 'mainline pidns 6.14' }, () => {
    const { a, home } = booted({ pidMax: 5000 });
    if (level === 0) {
      throwsPidError('EINVAL', () => a.allocPid(home, [6000]));
      return;
    }
    a.setPidMax(a.initPidNs, 600);
    throwsPidError('EINVAL', () => a.allocPid(home, [777, 600]));
    throwsPidError('EINVAL', () => a.allocPid(home, [5000, 599]));
    if (small) equal<number>(a.pidNr(a.allocPid(home, [777, 599])), 599);
  });

  clause(15, 'numbers below the floor can be chosen at any time', { source: SET_TID }, () => {
    const { a, home } = booted();
    a.setLastPid(home, 20_000);
    for (const nr of [2, 299, 300]) equal<number>(a.pidNrNs(a.allocPid(home, [nr]), home), nr);
  });

  clause(16, 'a freed number can be chosen at once', { source: SET_TID }, () => {
    const { a, home } = booted();
    for (let i = 0; i < 10; i++) a.freePid(a.allocPid(home, [777]));
    equal(a.findPidNs(777, home), undefined);
  });

  clause(17, 'automatic numbers step over chosen ones', { source: SET_TID }, () => {
    const { a, home } = booted();
    a.allocPid(home, [2]);
    a.allocPid(home, [4]);
    deepEqual([nextNr(a, home), nextNr(a, home)], [3, 5]);
  });

  clause(18, 'the last free number can be chosen in a full map', { source: SET_TID }, () => {
    const { a, home } = booted({ pidMax: 310 });
    fill(a, home);
    freeNr(a, home, 17);
    equal<number>(a.pidNrNs(a.allocPid(home, [17]), home), 17);
    throwsPidError('EEXIST', () => a.allocPid(home, [17]));
  });

  clause(
    19,
    'where an automatic level is full it is EAGAIN and the chosen number is given back',
    { source: SET_TID, once: true },
    () => {
      const { a } = booted({ pidMax: 301 });
      if (childless(a)) return;
      const child = newNs(a, a.initPidNs);
      fork(a, child);
      const filler = fill(a, a.initPidNs);
      if (small) {
        throwsPidError('EAGAIN', () => a.allocPid(child, [777]));
        deepEqual(taken(a, child), [1]);
        a.freePid(filler.at(-1)!);
      }
      equal<number>(a.pidNrNs(a.allocPid(child, [777]), child), 777);
    },
  );

  clause(
    20,
    'in a namespace that takes no new pids a chosen number is ENOMEM',
    { source: 'disable_pid_allocation(), mainline' },
    () => {
      const { a, home } = booted();
      a.disablePidAllocation(home);
      throwsPidError('ENOMEM', () => a.allocPid(home, [777]));
      deepEqual(taken(a, home), [1]);
    },
  );

  clause(21, 'a chosen number brings its page, and holds the namespace like any other', { source: SET_TID }, () => {
    const { a, home } = booted({ pidMax: PID_MAX_LIMIT });
    const before = mapParts(a);
    const pid = a.allocPid(home, [7 * BITS_PER_PAGE]);
    if (traits.map === 'tree') ok(mapParts(a) > before);
    else if (!blockless(a)) equal(mapParts(a), before + 1);
    a.freePid(pid);
    deepEqual(taken(a, home), [1]);
  });

  clause(22, 'the list is read and not kept', { source: 'the contract: allocPid' }, () => {
    const { a, home } = booted();
    const list = [777];
    const pid = a.allocPid(home, list);
    list[0] = 5;
    equal<number>(a.pidNrNs(pid, home), 777);
    deepEqual(Object.isFrozen(list), false);
    equal<number>(a.pidNrNs(a.allocPid(home, Object.freeze([778])), home), 778);
  });

  clause(
    23,
    'of several reasons the first counts: EINVAL for the list, ENOMEM for a closed namespace, EEXIST or EAGAIN level by level; in mainline level by level, and ENOMEM for a closed one last',
    { source: 'the contract: allocPid' },
    () => {
      const isMainline = traits.rules === 'mainline';
      const { a, home, path } = booted();
      const before = picture(a, path);
      const refused = (code: ErrnoCode, list: number[]): unknown =>
        during(`allocPid(home, [${list}])`, () => throwsPidError(code, () => a.allocPid(home, list)));
      const carries = numbersOf(a, home);
      refused('EEXIST', [1]);
      refused('EINVAL', [1, ...Array<number>(carries).fill(1)]);
      if (carries > 1) {
        // Taken innermost, and out of range or taken further up; and above a root that is full.
        refused(isMainline ? 'EEXIST' : 'EINVAL', [1, 0]);
        refused('EINVAL', [777, 0]);
        refused('EEXIST', [1, 1]);
        const root = a.initPidNs;
        a.setPidMax(root, RESERVED_PIDS + 1);
        const filler = fill(a, root);
        refused('EEXIST', [1]);
        refused('EAGAIN', [777]);
        for (const pid of filler) a.freePid(pid);
        a.setPidMax(root, PID_MAX_LIMIT);
      }
      a.disablePidAllocation(home);
      refused(isMainline ? 'EEXIST' : 'ENOMEM', [1]);
      refused('ENOMEM', [777]);
      refused('EINVAL', [0]);
      refused('EINVAL', [a.pidMax(home)]);
      deepEqual(picture(a, path), before);
    },
  );
});
