import { BITS_PER_PAGE, PID_MAX_LIMIT, type PidRef, RESERVED_PIDS } from '@pidlab/contract';
import { deepEqual, equal, ok, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import {
  allocAt,
  allocMany,
  blockless,
  childless,
  fill,
  freeNr,
  mapParts,
  newNs,
  nextNr,
  nextNrs,
  numbersOf,
  picture,
  pidAt,
  taken,
} from '../world.ts';

const ALLOC_PIDMAP = 'alloc_pidmap(), 2.6.24';
const NS_LAST_PID = 'ns_last_pid, mainline since 3.3';
const PID_MAX = 'mainline pidns 6.14';
const NEXT_PIDMAP = 'next_pidmap(), 2.6.24';

/** From 1 up to and without `end`. */
function upTo(end: number): number[] {
  return Array.from({ length: end - 1 }, (_, i) => i + 1);
}

export const pidmapChapter: Chapter = chapter('PIDMAP', 'The numbers of one namespace', (t) => {
  const { clause, create, traits, world } = t;

  clause(1, 'the first numbers of a namespace are 1, 2, 3, …', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world();
    equal(a.lastPid(home), 0);
    deepEqual(nextNrs(a, home, 50), upTo(51));
  });

  clause(2, 'lastPid is the number last given out', { source: NS_LAST_PID }, () => {
    const { a, home } = world();
    for (const nr of nextNrs(a, home, 5).slice(-1)) equal(a.lastPid(home), nr);
    allocAt(a, home, 1000);
    equal(a.lastPid(home), 1000);
  });

  clause(3, 'the candidate is lastPid + 1, though lower numbers are free', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world();
    allocMany(a, home, 5);
    freeNr(a, home, 2);
    freeNr(a, home, 5);
    equal(nextNr(a, home), 6);
  });

  clause(4, 'freeing does not move the cursor', { source: 'free_pidmap(), 2.6.24' }, () => {
    const { a, home } = world();
    allocMany(a, home, 9);
    for (const nr of [9, 1, 4]) {
      freeNr(a, home, nr);
      equal(a.lastPid(home), 9);
    }
  });

  clause(5, 'a freed number comes back only after a whole cycle', { source: ALLOC_PIDMAP }, () => {
    const { a, home, floor } = world({ pidMax: 310 });
    allocMany(a, home, 309);
    freeNr(a, home, floor + 3);
    allocAt(a, home, floor + 3);
    freeNr(a, home, floor + 3);
    freeNr(a, home, floor + 1);
    freeNr(a, home, floor + 5);
    deepEqual(nextNrs(a, home, 3), [floor + 5, floor + 1, floor + 3]);
  });

  clause(6, 'at pidMax the candidate is the floor', { source: ALLOC_PIDMAP }, () => {
    const { a, home, floor } = world({ pidMax: 1000 });
    a.setLastPid(home, 998);
    deepEqual(nextNrs(a, home, 3), [999, floor, floor + 1]);
  });

  clause(
    7,
    'with pidMax 400 and the cursor at 395 the numbers are 396 397 398 399 and then from the floor',
    { source: 'observed on Linux 6.18' },
    () => {
      const { a, home, floor } = world({ pidMax: 400 });
      a.setLastPid(home, 395);
      deepEqual(nextNrs(a, home, 6), [396, 397, 398, 399, floor, floor + 1]);
    },
  );

  clause(8, 'numbers below the floor are not given out again after a wrap', { source: ALLOC_PIDMAP }, () => {
    const { a, home, floor } = world({ pidMax: 320 });
    allocMany(a, home, 319);
    for (const nr of [5, 304, 310]) freeNr(a, home, nr);
    deepEqual(nextNrs(a, home, floor <= 5 ? 3 : 2), floor <= 5 ? [5, 304, 310] : [304, 310]);
    throwsPidError('EAGAIN', () => a.allocPid(home));
  });

  clause(9, 'numbers below the floor are given out again when the cursor is set back', { source: NS_LAST_PID }, () => {
    const { a, home } = world({ pidMax: 320 });
    allocMany(a, home, 319);
    freeNr(a, home, 5);
    a.setLastPid(home, 3);
    equal(nextNr(a, home), 5);
  });

  clause(10, 'after setLastPid the candidate is one more', { source: NS_LAST_PID }, () => {
    const { a, home } = world();
    for (const nr of [9_999, 0, 299, 20_000]) {
      a.setLastPid(home, nr);
      equal(a.lastPid(home), nr);
      equal(nextNr(a, home), nr + 1);
    }
  });

  clause(11, 'where the candidate is taken the next free number of the page is', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world();
    allocMany(a, home, 100);
    for (const nr of [40, 64, 65]) freeNr(a, home, nr);
    a.setLastPid(home, 10);
    deepEqual(nextNrs(a, home, 4), [40, 64, 65, 101]);
  });

  clause(12, 'where the page’s rest is taken the search goes on in the next page', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world({ pidMax: PID_MAX_LIMIT });
    a.setLastPid(home, BITS_PER_PAGE - 3);
    deepEqual(
      nextNrs(a, home, 4),
      [-2, -1, 0, 1].map((d) => BITS_PER_PAGE + d),
    );
    a.setLastPid(home, BITS_PER_PAGE - 3);
    equal(nextNr(a, home), BITS_PER_PAGE + 2);
  });

  clause(13, 'after the last page the search goes on in page 0, at the floor', { source: ALLOC_PIDMAP }, () => {
    const { a, home, floor } = world({ pidMax: BITS_PER_PAGE + 4 });
    a.setLastPid(home, BITS_PER_PAGE);
    deepEqual(nextNrs(a, home, 4), [BITS_PER_PAGE + 1, BITS_PER_PAGE + 2, BITS_PER_PAGE + 3, floor]);
    a.setLastPid(home, BITS_PER_PAGE);
    equal(nextNr(a, home), floor + 1);
  });

  clause(14, 'a number at or above pidMax is never given out', { source: 'selftests pid_namespace/pid_max' }, () => {
    const { a, home } = world({ pidMax: 400 });
    for (let i = 0; i < 2000; i++) {
      const pid = a.allocPid(home);
      ok(a.pidNrNs(pid, home) < 400);
      a.freePid(pid);
    }
  });

  clause(15, 'pidMax may be a page’s edge, or next to it', { source: ALLOC_PIDMAP }, () => {
    for (const pidMax of [BITS_PER_PAGE - 1, BITS_PER_PAGE, BITS_PER_PAGE + 1]) {
      const { a, home, floor } = world({ pidMax });
      a.setLastPid(home, pidMax - 3);
      deepEqual(nextNrs(a, home, 3), [pidMax - 2, pidMax - 1, floor]);
    }
  });

  clause(
    16,
    'option floors says where allocation goes on, in the root and elsewhere',
    { source: 'RESERVED_PIDS, 2.6.24' },
    () => {
      const floors = { root: 5, child: 7 };
      const { a, home, floor } = world({ pidMax: 400, floors });
      equal(floor, t.level === 0 ? 5 : 7);
      a.setLastPid(home, 399);
      deepEqual(nextNrs(a, home, 2), [floor, floor + 1]);
    },
  );

  clause(
    17,
    'a floor of 1 gives every number again',
    { source: 'RESERVED_PIDS_NON_DFLT, pidspaces patch, January 2006' },
    () => {
      const { a, home } = world({ pidMax: 301, floors: { root: 1, child: 1 } });
      fill(a, home);
      for (const nr of [1, 2, 150]) freeNr(a, home, nr);
      deepEqual(nextNrs(a, home, 3), [1, 2, 150]);
    },
  );

  clause(18, 'a full map of one page is EAGAIN, and nothing has changed', { source: ALLOC_PIDMAP }, () => {
    const { a, home, path } = world({ pidMax: 301 });
    deepEqual(
      fill(a, home).map((pid) => a.pidNrNs(pid, home) as number),
      upTo(301),
    );
    const before = picture(a, path);
    throwsPidError('EAGAIN', () => a.allocPid(home));
    deepEqual(picture(a, path), before);
  });

  clause(19, 'a full map of two pages is EAGAIN, and every number was given out', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world({ pidMax: BITS_PER_PAGE + 40 });
    equal(fill(a, home).length, BITS_PER_PAGE + 39);
    deepEqual(taken(a, home), upTo(BITS_PER_PAGE + 40));
    throwsPidError('EAGAIN', () => a.allocPid(home));
  });

  clause(
    20,
    'a full map gives the one number that is freed, wherever the cursor is',
    { source: 'alloc_pid(), mainline' },
    () => {
      const { a, home } = world({ pidMax: 330 });
      fill(a, home);
      for (const cursor of [0, 299, 300, 314, 315, 316, 328, 329]) {
        freeNr(a, home, 315);
        a.setLastPid(home, cursor);
        equal(nextNr(a, home), 315);
      }
    },
  );

  clause(
    21,
    'on one page the last free number may be lastPid itself',
    { source: 'alloc_pid(), mainline; not in alloc_pidmap(), 2.6.24' },
    () => {
      const { a, home } = world({ pidMax: 330 });
      fill(a, home);
      for (const nr of [300, 317, 329]) {
        freeNr(a, home, nr);
        a.setLastPid(home, nr);
        equal(nextNr(a, home), nr);
      }
    },
  );

  clause(
    22,
    'on two pages the last free number may be lastPid itself',
    { source: 'alloc_pid(), mainline; not in alloc_pidmap(), 2.6.24' },
    () => {
      const { a, home } = world({ pidMax: BITS_PER_PAGE + 10 });
      fill(a, home);
      for (const nr of [300, 20_000, BITS_PER_PAGE - 1, BITS_PER_PAGE, BITS_PER_PAGE + 9]) {
        freeNr(a, home, nr);
        a.setLastPid(home, nr);
        equal(nextNr(a, home), nr);
      }
    },
  );

  clause(23, 'on two pages the one free number is found from every side', { source: 'alloc_pid(), mainline' }, () => {
    const { a, home } = world({ pidMax: BITS_PER_PAGE + 10 });
    fill(a, home);
    for (const nr of [301, BITS_PER_PAGE - 1, BITS_PER_PAGE, BITS_PER_PAGE + 9]) {
      for (const cursor of [
        0,
        299,
        301,
        BITS_PER_PAGE - 2,
        BITS_PER_PAGE - 1,
        BITS_PER_PAGE,
        BITS_PER_PAGE + 8,
        BITS_PER_PAGE + 9,
      ]) {
        freeNr(a, home, nr);
        a.setLastPid(home, cursor);
        equal(nextNr(a, home), nr, `number ${nr} with the cursor at ${cursor}`);
      }
    }
  });

  clause(
    24,
    'below the floor a free number is found above the cursor and not below it',
    { source: 'alloc_pid(), mainline' },
    () => {
      const { a, home, floor } = world({ pidMax: 310 });
      fill(a, home);
      freeNr(a, home, 20);
      for (const cursor of [20, 21, 299, 309]) {
        a.setLastPid(home, cursor);
        if (floor <= 20 || (traits.rules === 'mainline' && cursor < floor)) {
          equal(nextNr(a, home), 20);
          freeNr(a, home, 20);
        } else {
          throwsPidError('EAGAIN', () => a.allocPid(home));
        }
      }
      a.setLastPid(home, 19);
      equal(nextNr(a, home), 20);
    },
  );

  clause(25, 'lowering pidMax leaves live pids alone', { source: PID_MAX }, () => {
    const { a, home } = world();
    const pid = allocAt(a, home, 5000);
    a.setPidMax(home, 400);
    equal(a.pidMax(home), 400);
    equal(a.findPidNs(5000, home), pid);
    equal<number>(a.pidNrNs(pid, home), 5000);
    deepEqual(taken(a, home), [5000]);
    a.freePid(pid);
    deepEqual(taken(a, home), []);
  });

  clause(
    26,
    'new pids obey a lowered pidMax, wherever the cursor is',
    { source: 'selftests pid_namespace/pid_max' },
    () => {
      const { a, home, floor } = world();
      for (const cursor of [399, 400, 401, 5000, 32_000]) {
        a.setPidMax(home, 400);
        a.setLastPid(home, cursor);
        const pid = a.allocPid(home);
        equal<number>(a.pidNrNs(pid, home), floor);
        a.freePid(pid);
      }
    },
  );

  clause(27, 'raising pidMax opens a full map', { source: PID_MAX }, () => {
    const { a, home } = world({ pidMax: 310 });
    fill(a, home);
    a.setPidMax(home, 312);
    deepEqual(nextNrs(a, home, 2), [310, 311]);
    throwsPidError('EAGAIN', () => a.allocPid(home));
    a.setPidMax(home, PID_MAX_LIMIT);
    equal(nextNr(a, home), 312);
  });

  clause(28, 'lastPid may be anything from 0 up to PID_MAX_LIMIT - 1', { source: NS_LAST_PID }, () => {
    const { a, home } = world();
    for (const nr of [0, 1, PID_MAX_LIMIT - 1]) {
      a.setLastPid(home, nr);
      equal(a.lastPid(home), nr);
    }
    for (const nr of [-1, PID_MAX_LIMIT, 2 ** 31, 2 ** 52]) {
      throwsPidError('EINVAL', () => a.setLastPid(home, nr));
      equal(a.lastPid(home), PID_MAX_LIMIT - 1);
    }
  });

  clause(29, 'the very last number is PID_MAX_LIMIT - 1', { source: ALLOC_PIDMAP }, () => {
    const { a, home, floor } = world({ pidMax: PID_MAX_LIMIT });
    a.setLastPid(home, PID_MAX_LIMIT - 2);
    deepEqual(nextNrs(a, home, 2), [PID_MAX_LIMIT - 1, floor]);
    equal(a.findPidNs(PID_MAX_LIMIT - 1, home), pidAt(a, home, PID_MAX_LIMIT - 1));
    equal(a.nextPidmap(home, floor), PID_MAX_LIMIT - 1);
  });

  clause(30, 'pidMax may be anything from 1 up to PID_MAX_LIMIT', { source: 'the contract: setPidMax' }, () => {
    const { a, home } = world();
    for (const pidMax of [PID_MAX_LIMIT, RESERVED_PIDS, 2, 1]) {
      a.setPidMax(home, pidMax);
      equal(a.pidMax(home), pidMax);
    }
    for (const pidMax of [0, -1, PID_MAX_LIMIT + 1, 2 ** 40]) {
      throwsPidError('EINVAL', () => a.setPidMax(home, pidMax));
      equal(a.pidMax(home), 1);
    }
  });

  clause(31, 'cursor and pidMax are each namespace’s own', { source: PID_MAX, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
    a.setPidMax(one, 400);
    a.setLastPid(two, 70);
    deepEqual([a.initPidNs, one, two].map(a.lastPid), [0, 0, 70]);
    deepEqual([a.initPidNs, one, two].map(a.pidMax), [32_768, 400, PID_MAX_LIMIT]);
    equal(nextNr(a, one), 1);
    equal(nextNr(a, two), 71);
  });

  clause(32, 'nextPidmap is the smallest taken number above', { source: NEXT_PIDMAP }, () => {
    const { a, home } = world();
    for (const nr of [3, 4, 700]) allocAt(a, home, nr);
    deepEqual(
      [0, 2, 3, 4, 699].map((last) => a.nextPidmap(home, last)),
      [3, 3, 4, 700, 700],
    );
  });

  clause(33, 'nextPidmap steps over pages that are not there', { source: NEXT_PIDMAP }, () => {
    const { a, home } = world({ pidMax: PID_MAX_LIMIT });
    const far = [5, 3 * BITS_PER_PAGE, 3 * BITS_PER_PAGE + 1, 127 * BITS_PER_PAGE + 9];
    for (const nr of far) allocAt(a, home, nr);
    deepEqual(taken(a, home), far);
  });

  clause(34, 'nextPidmap is none where no higher number is taken', { source: NEXT_PIDMAP }, () => {
    const { a, home } = world();
    equal(a.nextPidmap(home, 0), undefined);
    allocAt(a, home, 9);
    for (const last of [9, 10, 32_767, 32_768, PID_MAX_LIMIT - 1, PID_MAX_LIMIT, 2 ** 31 - 1]) {
      equal(a.nextPidmap(home, last), undefined);
    }
  });

  clause(35, 'bit 0 is always taken and never listed, found or given out', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world({ pidMax: 301, floors: { root: 1, child: 1 } });
    equal(fill(a, home).length, 300);
    equal(a.nextPidmap(home, 0), 1);
    equal(a.findPidNs(0, home), undefined);
  });

  clause(
    36,
    'nextPidmap knows the namespace’s own map: contained pids only where they take a number of it',
    { source: NEXT_PIDMAP, once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const child = newNs(a, a.initPidNs);
      allocMany(a, child, 3);
      deepEqual(taken(a, child), [1, 2, 3]);
      deepEqual(taken(a, a.initPidNs), t.traits.rootNumbers === 'small' ? [1, 2, 3] : []);
    },
  );

  clause(37, 'a page is there from the first number in it', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world({ pidMax: PID_MAX_LIMIT });
    allocMany(a, home, 2);
    if (blockless(a)) return;
    const few = mapParts(a);
    allocMany(a, home, 20);
    equal(mapParts(a), few);
    allocAt(a, home, 5 * BITS_PER_PAGE);
    const more = mapParts(a);
    if (traits.map === 'tree') ok(more > few);
    else equal(more, few + 1);
    allocMany(a, home, 20);
    equal(mapParts(a), more);
    allocAt(a, home, 9 * BITS_PER_PAGE - 1);
    if (traits.map === 'tree') ok(mapParts(a) > more);
    else equal(mapParts(a), more + 1);
  });

  clause(
    38,
    'when the last number of a page is freed the page stays, and a tree is what it was before',
    { source: 'free_pidmap(), 2.6.24; idr_remove(), mainline' },
    () => {
      const { a, home } = world({ pidMax: PID_MAX_LIMIT });
      allocMany(a, home, 2);
      if (blockless(a)) return;
      const before = mapParts(a);
      const kept = traits.map === 'tree' ? 0 : 1;
      a.freePid(allocAt(a, home, 2 * BITS_PER_PAGE + 1));
      equal(mapParts(a), before + kept);
      const pid = allocAt(a, home, 2 * BITS_PER_PAGE + 1);
      ok(mapParts(a) > before);
      a.freePid(pid);
      equal(mapParts(a), before + kept);
    },
  );

  clause(39, 'a full page is stepped over until a number of it is freed', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world({ pidMax: 2 * BITS_PER_PAGE });
    allocMany(a, home, BITS_PER_PAGE - 1);
    equal(nextNr(a, home), BITS_PER_PAGE);
    a.setLastPid(home, 0);
    equal(nextNr(a, home), BITS_PER_PAGE + 1);
    freeNr(a, home, 12_345);
    a.setLastPid(home, 0);
    deepEqual(nextNrs(a, home, 2), [12_345, BITS_PER_PAGE + 2]);
  });

  clause(40, 'no number is given out twice while it is taken', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world({ pidMax: 700 });
    const live: { readonly nr: number; readonly pid: PidRef }[] = [];
    const numbers = new Set<number>();
    for (let i = 0; i < 5000; i++) {
      const pid = a.allocPid(home);
      const nr = a.pidNrNs(pid, home);
      ok(!numbers.has(nr), `number ${nr} was taken`);
      numbers.add(nr);
      live.push({ nr, pid });
      // Frees a number that depends on everything before, and keeps a few hundred alive.
      if (live.length > 350) {
        const [victim] = live.splice((i * 37) % live.length, 1);
        a.freePid(victim.pid);
        numbers.delete(victim.nr);
      }
    }
    deepEqual(
      taken(a, home),
      [...numbers].sort((x, y) => x - y),
    );
  });

  clause(41, 'numbers of each word and of its edges can be taken, found and freed', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world();
    const edges = [31, 32, 33, 62, 63, 64, 65, 4095, 4096, 32_735, 32_736, 32_766, 32_767];
    for (const nr of edges) allocAt(a, home, nr);
    deepEqual(taken(a, home), edges);
    for (const nr of edges) freeNr(a, home, nr);
    deepEqual(taken(a, home), []);
  });

  clause(
    42,
    'a namespace can have all 4,194,303 numbers, and then EAGAIN',
    { source: 'PID_MAX_LIMIT, include/linux/threads.h', scale: true },
    () => {
      const a = create({ capacity: PID_MAX_LIMIT, pidMax: PID_MAX_LIMIT });
      const root = a.initPidNs;
      equal(numbersOf(a, root), 1);
      let pid = a.allocPid(root);
      for (let nr = 2; nr < PID_MAX_LIMIT; nr++) pid = a.allocPid(root);
      equal<number>(a.pidNrNs(pid, root), PID_MAX_LIMIT - 1);
      throwsPidError('EAGAIN', () => a.allocPid(root));
      equal(a.stats().pids, PID_MAX_LIMIT - 1);
      for (const nr of [300, 2_000_000, PID_MAX_LIMIT - 1]) {
        freeNr(a, root, nr);
        equal(nextNr(a, root), nr);
      }
      equal(a.nextPidmap(root, 3_000_000), 3_000_001);
    },
  );

  clause(43, 'a number that had to be searched for moves the cursor like any other', { source: ALLOC_PIDMAP }, () => {
    const { a, home } = world();
    allocMany(a, home, 6);
    a.setLastPid(home, 2);
    equal(nextNr(a, home), 7);
    equal(a.lastPid(home), 7);
    freeNr(a, home, 3);
    equal(nextNr(a, home), 8);
  });

  clause(
    44,
    'where nothing is free above a cursor that has not come to the floor, numbers go on at the floor, or in mainline at 1',
    { source: 'alloc_pid(), mainline: pid_min' },
    () => {
      const { a, home, floor } = world({ pidMax: 310 });
      fill(a, home);
      for (const nr of [5, 200]) freeNr(a, home, nr);
      a.setLastPid(home, 250);
      if (traits.rules === 'mainline' || floor <= 5) {
        deepEqual(nextNrs(a, home, 2), [5, 200]);
        freeNr(a, home, 5);
      } else {
        throwsPidError('EAGAIN', () => a.allocPid(home));
      }
      // Once the cursor has been there, it is the floor for both.
      for (const cursor of [300, 309]) {
        a.setLastPid(home, cursor);
        if (floor <= 5) freeNr(a, home, nextNr(a, home));
        else throwsPidError('EAGAIN', () => a.allocPid(home));
      }
    },
  );

  clause(
    45,
    'where pidMax is not above the floor numbers go on at 1 after the end, and with a pidMax of 1 there is none',
    { source: 'the contract: setPidMax' },
    () => {
      const { a, home } = world();
      a.setPidMax(home, 10);
      deepEqual(nextNrs(a, home, 9), upTo(10));
      throwsPidError('EAGAIN', () => a.allocPid(home));
      for (const nr of [7, 4]) freeNr(a, home, nr);
      deepEqual(nextNrs(a, home, 2), [4, 7]);
      freeNr(a, home, 2);
      a.setLastPid(home, 5_000);
      equal(nextNr(a, home), 2);
      for (const nr of [1, 9]) freeNr(a, home, nr);
      a.setPidMax(home, 1);
      for (const cursor of [5_000, 0]) {
        a.setLastPid(home, cursor);
        throwsPidError('EAGAIN', () => a.allocPid(home));
      }
      a.setPidMax(home, 300);
      deepEqual(nextNrs(a, home, 2), [1, 9]);
    },
  );
});
