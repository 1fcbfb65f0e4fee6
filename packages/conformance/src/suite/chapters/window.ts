import { BITS_PER_PAGE, type NsRef, type PidAllocator, type PidAllocatorOptions, type PidRef } from '@pidlab/contract';
import { deepEqual, equal, ok, some, throwsPidBug, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocMany, freeNr, newNs, nextNr, nextNrs, taken } from '../world.ts';

const WINDOW = 'the contract: PidAllocatorOptions.window';

/** Small, since some are compared as a whole. */
const SMALL: PidAllocatorOptions = { shared: true, capacity: 1_024, namespaces: 16, memory: 2 ** 21, workers: 4 };

export const windowChapter: Chapter = chapter('WINDOW', 'Workers that draw numbers from windows of their own', (t) => {
  const { clause, create, traits } = t;

  /** Whether the design is for one thread only; where it says so, this makes sure that windows are refused too. */
  function unshared(): boolean {
    if (traits.shared) return false;
    throwsPidBug(() => create({ window: 8 }));
    return true;
  }

  /** Workers of one allocator, whose root begins at 300, where windows do. */
  function crew(options: PidAllocatorOptions, size = 2): PidAllocator[] {
    const a = create({ ...SMALL, ...options });
    a.setLastPid(a.initPidNs, 299);
    return [a, ...Array.from({ length: size - 1 }, () => some(t.attach)(a.share()))];
  }

  const root = (a: PidAllocator): NsRef => a.initPidNs;
  const next = (a: PidAllocator): number => nextNr(a, root(a));

  clause(
    1,
    'window is a power of two from 1 to 32,768, and anything else a PidBug that names it',
    { source: WINDOW, once: true },
    () => {
      const wrong = [null, 0, -1, -2, 3, 6, 500, 513, BITS_PER_PAGE + 1, 2 * BITS_PER_PAGE, 2 ** 31, 2 ** 32, 1.5, 0.5];
      for (const window of [...wrong, Number.NaN, Number.POSITIVE_INFINITY, '8', '', 8n, {}, [8], true, Symbol('8')]) {
        const refused = throwsPidBug(() => create({ shared: true, window } as unknown as PidAllocatorOptions));
        ok(refused.message.includes('window') || !traits.shared, refused.message);
      }
      if (unshared()) return;
      for (const window of [1, 2, 512, BITS_PER_PAGE, undefined]) {
        equal(next(create({ ...SMALL, ...(window === undefined ? {} : { window }) })), 1);
      }
    },
  );

  clause(2, 'window without shared: true is a PidBug that names it', { source: WINDOW, once: true }, () => {
    for (const options of [{ window: 8 }, { window: 1 }, { window: 8, shared: false }]) {
      const refused = throwsPidBug(() => create(options));
      ok(refused.message.includes('window'), refused.message);
    }
  });

  clause(
    3,
    'window beside a snapshot is a PidBug; a snapshot of a shared allocator brings its own',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a] = crew({ window: 8 });
      const snapshot = a.snapshot();
      throwsPidBug(() => create({ snapshot, window: 8 }));
      throwsPidBug(() => create({ snapshot, shared: true, window: 8 }));
      const again = create({ snapshot, shared: true });
      const other = some(t.attach)(again.share());
      deepEqual([next(again), next(other), next(again)], [300, 304, 301]);
    },
  );

  clause(
    4,
    'each worker draws from a window of its own, from a multiple of the window up to the next',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b] = crew({ window: 8 });
      deepEqual([next(a), next(b), next(a), next(b)], [300, 304, 301, 305]);
      deepEqual(nextNrs(a, root(a), 3), [302, 303, 312]);
      deepEqual(nextNrs(b, root(b), 7), [306, 307, 308, 309, 310, 311, 320]);
      deepEqual(nextNrs(a, root(a), 8), [313, 314, 315, 316, 317, 318, 319, 328]);
    },
  );

  clause(
    5,
    'with a window of 1 all workers draw from one cursor, in the order of Linux',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      for (const options of [{ window: 1 }, { window: undefined } as unknown as PidAllocatorOptions]) {
        const [a, b] = crew(options);
        const numbers = Array.from({ length: 40 }, (_, i) => next(i % 2 === 0 ? a : b));
        deepEqual(
          numbers,
          numbers.map((_, i) => 300 + i),
        );
        equal(a.lastPid(root(a)), 339);
      }
    },
  );

  clause(
    6,
    'one worker alone is given the very same numbers whatever the window is, and lastPid says so',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      for (const window of [2, 8, 64, 512, BITS_PER_PAGE]) {
        for (const floor of [1, 5, 300]) compare(window, floor);
      }
    },
  );

  /** A few thousand calls on an allocator with windows, and on one without, which have to come to the same. */
  function compare(window: number, floor: number): void {
    const options = { capacity: 1_024, namespaces: 16, memory: 2 ** 21, floors: { root: floor, child: floor } };
    const pair = [create({ ...options, shared: true, window: 1 }), create({ ...options, shared: true, window })];
    const spaces = pair.map((a) => (traits.maxLevel === 0 ? [root(a)] : [root(a), newNs(a, root(a))]));
    const live = pair.map((): PidRef[] => []);
    let seed = window + floor;
    const below = (limit: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * limit);
    };
    for (const [i, a] of pair.entries()) for (const ns of some(spaces[i])) a.setPidMax(ns, 700);
    for (let step = 0; step < 3_000; step++) {
      const [what, where, nr, victim] = [below(100), below(spaces[0]!.length), below(700), below(2 ** 20)];
      const answers = pair.map((a, i) => {
        const ns = some(spaces[i]?.[where]);
        const mine = some(live[i]);
        if (what < 55) return attempt(a, ns, mine);
        if (what < 94) return mine.length === 0 ? 0 : a.freePid(some(mine.splice(victim % mine.length, 1)[0]));
        if (what < 96) return a.setLastPid(ns, nr);
        if (what < 98) return a.setPidMax(ns, 320 + (nr % 380));
        return attempt(a, ns, mine, [1 + (nr % 300)]);
      });
      equal(answers[1], answers[0], `step ${step}, window ${window}, floor ${floor}`);
      deepEqual(
        pair.map((a, i) => some(spaces[i]).map(a.lastPid))[1],
        pair.map((a, i) => some(spaces[i]).map(a.lastPid))[0],
      );
    }
    const [plain, windowed] = pair.map((a, i) => some(spaces[i]).map((ns) => taken(a, ns)));
    deepEqual(windowed, plain);
  }

  clause(
    7,
    'a snapshot is the same whoever takes it, and goes on where one worker alone had come to',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b] = crew({ window: 64 });
      allocMany(a, root(a), 5);
      deepEqual(b.snapshot(), a.snapshot());
      for (const shared of [false, true]) equal(next(create({ snapshot: a.snapshot(), shared })), 305);
      equal(next(a), 305);
      allocMany(b, root(b), 3);
      deepEqual(b.snapshot(), a.snapshot());
      const again = create({ snapshot: a.snapshot() });
      equal(next(again), 323);
    },
  );

  clause(
    8,
    'numbers below the floor are drawn one by one, so that none of them is left out',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b] = crew({ window: 512, floors: { root: 300, child: 300 } });
      a.setLastPid(root(a), 0);
      const numbers = Array.from({ length: 299 }, (_, i) => next(i % 3 === 0 ? a : b));
      deepEqual(
        numbers,
        numbers.map((_, i) => i + 1),
      );
      deepEqual([next(b), next(a), next(b)], [300, 512, 301]);
    },
  );

  clause(
    9,
    'nothing is reserved: EAGAIN only when every number is taken, those of other workers’ windows too',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b] = crew({ window: 16, pidMax: 340 });
      a.setLastPid(root(a), 319);
      equal(nextNrs(a, root(a), 20).at(-1), 339);
      a.setLastPid(root(a), 299);
      equal(next(a), 300);
      const numbers = nextNrs(b, root(b), 19);
      // Its own window, and then what is left of that of a.
      deepEqual(numbers, [...numbers.slice(0, 16).map((_, i) => 304 + i), 301, 302, 303]);
      for (const w of [a, b]) throwsPidError('EAGAIN', () => w.allocPid(root(w)));
      freeNr(a, root(a), 317);
      equal(next(a), 317);
      freeNr(b, root(b), 308);
      equal(next(b), 308);
      throwsPidError('EAGAIN', () => a.allocPid(root(a)));
    },
  );

  clause(10, 'setLastPid voids the windows of all workers at once', { source: WINDOW, once: true }, () => {
    if (unshared()) return;
    const [a, b, c] = crew({ window: 16 }, 3);
    deepEqual([a, b, c].map(next), [300, 304, 320]);
    for (const setter of [a, b]) {
      setter.setLastPid(root(a), 999);
      for (const w of [a, b, c]) equal(w.lastPid(root(w)), 999);
      deepEqual([b, c, a].map(next), [1_000, 1_008, 1_024]);
      setter.setLastPid(root(a), 2_000);
      deepEqual([c, b, a].map(next), [2_001, 2_016, 2_032]);
      setter.setLastPid(root(a), 299);
      for (const w of [a, b, c]) freeNr(w, root(w), next(w));
      for (const nr of [1_000, 1_008, 1_024, 2_001, 2_016, 2_032]) freeNr(a, root(a), nr);
    }
  });

  clause(
    11,
    'once setPidMax is lower no window gives out a number at or above it, and what is below stays',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b] = crew({ window: 64 });
      deepEqual([next(a), next(b)], [300, 320]);
      b.setPidMax(root(b), 303);
      // b has nothing left in its window, and goes on at the floor, which voids that of a.
      deepEqual([next(a), next(b)], [301, 302]);
      throwsPidError('EAGAIN', () => a.allocPid(root(a)));
      a.setPidMax(root(a), 310);
      for (const nr of [...nextNrs(a, root(a), 4), ...nextNrs(b, root(b), 3)]) ok(nr < 310, `number ${nr}`);
      throwsPidError('EAGAIN', () => b.allocPid(root(b)));
    },
  );

  clause(
    12,
    'an allocation that goes on at the floor voids the windows of all workers',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b] = crew({ window: 16, pidMax: 340 });
      deepEqual([next(a), next(b)], [300, 304]);
      const rest = nextNrs(b, root(b), 35);
      deepEqual(
        rest,
        rest.map((_, i) => 305 + i),
      );
      // Round again, it comes to what was left of the window of a, which was [300, 304).
      equal(next(b), 301);
      for (const nr of rest) freeNr(b, root(b), nr);
      equal(next(a), 305);
    },
  );

  clause(
    13,
    'a number that was given back comes again after a whole cycle, and not from a window that has gone past it',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b] = crew({ window: 16, pidMax: 400, floors: { root: 300, child: 300 } });
      const pids = [...allocMany(a, root(a), 4), ...allocMany(b, root(b), 10)];
      const given = new Set(pids.map((pid) => a.pidNrNs(pid, root(a)) as number));
      for (const pid of pids) b.freePid(pid);
      // Of the 86 others at most a window is left to the worker that does not come to the end first.
      let between = 0;
      while (!given.has(next(between % 2 === 0 ? a : b))) between++;
      ok(between >= 70 && between <= 86, `a number came back after ${between} others`);
    },
  );

  clause(
    14,
    'a namespace in the memory of one that is gone begins anew, whatever window a worker had there',
    { source: WINDOW, once: true },
    () => {
      if (unshared() || traits.maxLevel === 0) return;
      const [a, b] = crew({ window: 64, floors: { root: 300, child: 300 } });
      for (let round = 0; round < 5; round++) {
        const ns = newNs(a, root(a));
        a.setLastPid(ns, 299);
        for (const w of [a, b]) w.freePid(w.allocPid(ns));
        a.putPidNs(ns);
        const later = newNs(a, root(a));
        equal(b.lastPid(later), 0);
        deepEqual([nextNr(a, later), nextNr(b, later)], [1, 2]);
        for (const nr of [1, 2]) freeNr(a, later, nr);
        a.putPidNs(later);
      }
    },
  );

  clause(
    15,
    'a namespace without a pid whose first allocation fails begins with 1 again, whatever windows there are',
    { source: WINDOW, once: true },
    () => {
      if (unshared() || traits.maxLevel === 0) return;
      const [a, b] = crew({ window: 64, floors: { root: 300, child: 300 } });
      const ns = newNs(a, root(a));
      a.setLastPid(ns, 299);
      const pids = [a.allocPid(ns), b.allocPid(ns)];
      deepEqual(
        pids.map((pid) => a.pidNrNs(pid, ns)),
        [300, 320],
      );
      for (const pid of pids) a.freePid(pid);
      if (traits.maxNumbers === 1) a.setPidMax(ns, 1);
      else a.setPidMax(root(a), 1);
      throwsPidError('EAGAIN', () => a.allocPid(ns));
      if (traits.maxNumbers === 1) a.setPidMax(ns, 32_768);
      else a.setPidMax(root(a), 32_768);
      a.setLastPid(root(a), 5_000);
      equal(b.lastPid(ns), 0);
      deepEqual([nextNr(b, ns), nextNr(a, ns)], [1, 2]);
    },
  );

  clause(
    16,
    'a worker that is declared gone leaves no window, and what was in it comes round like any number',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b] = crew({ window: 16, pidMax: 340, floors: { root: 300, child: 300 } });
      deepEqual([next(a), next(b)], [300, 304]);
      a.declareGone(b.workerSlot);
      const c = some(t.attach)(a.share());
      equal(c.workerSlot, b.workerSlot);
      equal(next(c), 320);
      equal(new Set(nextNrs(a, root(a), 37)).size, 37);
      throwsPidError('EAGAIN', () => a.allocPid(root(a)));
      deepEqual(a.checkInvariants(), { violations: [], leaked: [] });
      freeNr(a, root(a), 306);
      equal(next(c), 306);
    },
  );

  clause(
    17,
    'a worker has windows of many namespaces at once, and where it has no room for one it draws one by one',
    { source: WINDOW, once: true },
    () => {
      if (unshared() || traits.maxLevel === 0) return;
      const a = create({ shared: true, capacity: 4_096, namespaces: 128, window: 64, workers: 4 });
      const b = some(t.attach)(a.share());
      const spaces = Array.from({ length: 100 }, () => newNs(a, root(a)));
      for (const ns of spaces) a.setLastPid(ns, 299);
      for (let i = 0; i < 5; i++) {
        for (const ns of spaces) {
          equal(nextNr(a, ns), 300 + i);
          equal(a.lastPid(ns), 300 + i);
        }
      }
      const own = spaces.filter((ns) => nextNr(b, ns) === 320);
      ok(own.length >= 4 && own.length <= 32, `a has windows of ${own.length} namespaces`);
      deepEqual(
        spaces.filter((ns) => !own.includes(ns)).map((ns) => a.findPidNs(305, ns) !== undefined),
        spaces.filter((ns) => !own.includes(ns)).map(() => true),
      );
    },
  );

  clause(
    18,
    'lastPid is where this worker goes on, or else where the last window ends, which is below pidMax',
    { source: WINDOW, once: true },
    () => {
      if (unshared()) return;
      const [a, b, c] = crew({ window: 16 }, 3);
      deepEqual([next(a), next(b), next(b)], [300, 304, 305]);
      deepEqual(
        [a, b, c].map((w) => w.lastPid(root(w))),
        [300, 305, 319],
      );
      const [d, e] = crew({ window: 64, pidMax: 310 });
      equal(next(d), 300);
      equal(e.lastPid(root(e)), 309);
    },
  );

  clause(
    19,
    'a worker that has no room for a window voids those of all workers when it goes on at the floor',
    { source: WINDOW, once: true },
    () => {
      if (unshared() || traits.maxLevel === 0) return;
      const floors = { root: 300, child: 300 };
      const a = create({ shared: true, capacity: 4_096, namespaces: 128, window: 64, workers: 4, floors });
      const b = some(t.attach)(a.share());
      const spaces = Array.from({ length: 100 }, () => newNs(a, root(a)));
      for (const ns of spaces) {
        a.setLastPid(ns, 299);
        equal(nextNr(a, ns), 300);
      }
      // Where a has a window, the cursor is at its end.
      const ns = some(spaces.find((each) => b.lastPid(each) === 300));
      a.setPidMax(ns, 340);
      equal(nextNr(b, ns), 301);
      deepEqual(nextNrs(a, ns, 22).slice(-3), [339, 302, 303]);
      freeNr(a, ns, 302);
      // Not from its window, which was to go on at 302.
      equal(nextNr(b, ns), 304);
    },
  );
});

/** The number that an allocation gets, or the code of its refusal. */
function attempt(a: PidAllocator, ns: NsRef, live: PidRef[], setTid?: readonly number[]): number | string {
  try {
    const pid = a.allocPid(ns, setTid);
    live.push(pid);
    return a.pidNrNs(pid, ns);
  } catch (error) {
    // By name, as everywhere in the suite: a strategy may bring a contract of its own.
    const { name, code } = error as { name?: string; code?: string };
    if (name === 'PidError' || name === 'PidBug') return code ?? name;
    throw error;
  }
}
