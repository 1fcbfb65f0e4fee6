import { BITS_PER_PAGE, CLONE_NEWPID, PID_MAX_LIMIT } from '@pidlab/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HEADER, NS, PIDMAP, PIDMAP_NS } from '../src/layout.ts';
import { allocMapPage } from '../src/memory/pages.ts';
import { FULL, NO_MEMORY, TAKEN } from '../src/pids/errors.ts';
import { allocPidmap, freePidmap, takePidmap } from '../src/pids/numbers.ts';
import { isTaken, nextPidmap } from '../src/pids/pidmap.ts';
import type { State } from '../src/types.ts';
import { at, make } from './design.ts';

const { lastPid: LAST_PID, pidMax: PID_MAX, count: COUNT, floor: FLOOR } = NS.at;
const PAGE_2 = 2 * BITS_PER_PAGE;

/** The map of a child namespace, where nothing is taken yet. */
function map(pidMax: number = PID_MAX_LIMIT): { s: State; ns: number; used: (page: number) => number } {
  const { s, a } = make();
  const ns = at(a.copyPidNs(CLONE_NEWPID, a.initPidNs));
  s.words[ns + PID_MAX] = pidMax;
  const used = (page: number) => s.words[ns + PIDMAP_NS.at.pidmap + page * PIDMAP.words + PIDMAP.at.used];
  return { s, ns, used };
}

/** Takes all of `[from, to)`. */
function takeAll(s: State, ns: number, from: number, to: number): void {
  for (let nr = from; nr < to; nr++) if (takePidmap(s, ns, nr) !== nr) expect.fail(`${nr} is not free`);
}

/** Allocates 1, 2, 3, … up to `to`. */
function allocAll(s: State, ns: number, to: number): void {
  for (let nr = 1; nr < to; nr++) if (allocPidmap(s, ns) !== nr) expect.fail(`the number after ${nr - 1} is not ${nr}`);
}

/** Takes everything there is to a block. */
function exhaust(s: State): void {
  while (allocMapPage(s) !== 0);
}

describe('allocPidmap', () => {
  test.each([31, 32, 63, 64, 1023, 1024, 32_735, 32_736, 32_767, 32_768, 65_535, 65_536])(
    'crosses from the number before %i',
    (nr) => {
      const { s, ns } = map();
      s.words[ns + LAST_PID] = nr - 2;
      expect([allocPidmap(s, ns), allocPidmap(s, ns), allocPidmap(s, ns)]).toEqual([nr - 1, nr, nr + 1]);
      expect([nr - 2, nr - 1, nr, nr + 1, nr + 2].map((n) => isTaken(s, ns, n))).toEqual([
        false,
        true,
        true,
        true,
        false,
      ]);
    },
  );

  test('steps over a full page by its count, without reading it', () => {
    const { s, ns, used } = map();
    takeAll(s, ns, 1, PAGE_2 - 1);
    expect([used(0), used(1)]).toEqual([BITS_PER_PAGE - 1, BITS_PER_PAGE - 1]);
    // A number is free in page 0, but its count says that there is none: a scan would find it.
    const entry = ns + PIDMAP_NS.at.pidmap;
    s.words[s.words[entry] << 10] &= ~(1 << 7);
    s.words[ns + LAST_PID] = 1;
    expect(allocPidmap(s, ns)).toBe(PAGE_2 - 1);
    s.words[ns + LAST_PID] = 1;
    expect(allocPidmap(s, ns)).toBe(PAGE_2);
  });

  test('fills page 0 with 32,767 numbers and the next with 32,768', () => {
    const { s, ns, used } = map(PAGE_2);
    allocAll(s, ns, PAGE_2);
    expect([used(0), used(1), used(2)]).toEqual([BITS_PER_PAGE - 1, BITS_PER_PAGE, 0]);
    expect(allocPidmap(s, ns)).toBe(FULL);
    expect(s.words[ns + LAST_PID]).toBe(PAGE_2 - 1);
  });

  test.each([301, 320, 321, 32_767, 32_768, 32_769, 40_000, PAGE_2 - 1, PAGE_2])(
    'gives out every number below a pidMax of %i and no other',
    (pidMax) => {
      const { s, ns } = map(pidMax);
      allocAll(s, ns, pidMax);
      expect(allocPidmap(s, ns)).toBe(FULL);
      for (const free of [300, pidMax - 1]) {
        freePidmap(s, ns, free);
        expect(allocPidmap(s, ns)).toBe(free);
      }
      freePidmap(s, ns, 299); // below the floor: never again
      expect(allocPidmap(s, ns)).toBe(FULL);
    },
  );

  test('finds the last free number when it is the cursor itself', () => {
    for (const [pidMax, cursor] of [
      [400, 350],
      [400, 399],
      [400, 300],
      [PAGE_2, BITS_PER_PAGE],
      [PAGE_2, BITS_PER_PAGE - 1],
      [40_000, 33_000],
    ]) {
      const { s, ns } = map(pidMax);
      takeAll(s, ns, 1, pidMax);
      freePidmap(s, ns, cursor);
      s.words[ns + LAST_PID] = cursor;
      expect(allocPidmap(s, ns)).toBe(cursor);
      expect(allocPidmap(s, ns)).toBe(FULL);
    }
  });

  test('wraps in the middle of a page to the floor, from a cursor at, before and past pidMax', () => {
    for (const cursor of [39_999, 40_000, 41_000, PID_MAX_LIMIT - 1]) {
      const { s, ns } = map(40_000);
      s.words[ns + LAST_PID] = cursor;
      expect(allocPidmap(s, ns)).toBe(300);
    }
    const { s, ns } = map(40_000);
    s.words[ns + FLOOR] = 1;
    s.words[ns + LAST_PID] = 39_999;
    expect(allocPidmap(s, ns)).toBe(1);
  });

  test('uses a free number elsewhere when there is no memory for the page of the next', () => {
    const { s, ns } = map(PAGE_2);
    takeAll(s, ns, 1, 1000);
    exhaust(s);
    s.words[ns + LAST_PID] = BITS_PER_PAGE - 1;
    expect(allocPidmap(s, ns)).toBe(1000);
    expect(takePidmap(s, ns, BITS_PER_PAGE)).toBe(NO_MEMORY);
  });

  test('says that memory is what it lacks, when everything that has a page is taken', () => {
    const { s, ns } = map(PAGE_2);
    takeAll(s, ns, 1, BITS_PER_PAGE);
    exhaust(s);
    const cursor = s.words[ns + LAST_PID];
    expect(allocPidmap(s, ns)).toBe(NO_MEMORY);
    expect(s.words[ns + LAST_PID]).toBe(cursor);
    s.words[ns + LAST_PID] = BITS_PER_PAGE + 5;
    expect(allocPidmap(s, ns)).toBe(NO_MEMORY);
    s.words[ns + PID_MAX] = BITS_PER_PAGE;
    expect(allocPidmap(s, ns)).toBe(FULL);
  });

  test('is the naive search, on any map', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 419 }), { maxLength: 419 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 301, max: 420 }), fc.nat(430), (taken, pidMax, cursor) => {
        const { s, ns } = map(pidMax);
        for (const nr of taken) takePidmap(s, ns, nr);
        s.words[ns + LAST_PID] = cursor;
        const first = cursor + 1 >= pidMax ? 300 : cursor + 1;
        const order = [...range(first, pidMax), ...range(300, Math.min(first, pidMax))];
        expect(allocPidmap(s, ns)).toBe(order.find((nr) => !taken.includes(nr)) ?? FULL);
      }),
      { numRuns: 500 },
    );
    function range(from: number, to: number): number[] {
      return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
    }
  });
});

describe('a chosen number', () => {
  test('is taken once, and the cursor stays', () => {
    const { s, ns } = map();
    expect(takePidmap(s, ns, 70_000)).toBe(70_000);
    expect(takePidmap(s, ns, 70_000)).toBe(TAKEN);
    expect(takePidmap(s, ns, PID_MAX_LIMIT - 1)).toBe(PID_MAX_LIMIT - 1);
    expect(s.words[ns + LAST_PID]).toBe(0);
    expect(s.words[ns + PIDMAP_NS.at.entries]).toBe(128);
  });
});

describe('nextPidmap', () => {
  test('steps over absent and empty pages, to the very last number', () => {
    const { s, ns } = map();
    for (const nr of [5, BITS_PER_PAGE, PID_MAX_LIMIT - 1]) takePidmap(s, ns, nr);
    expect([0, 5, BITS_PER_PAGE - 1].map((last) => nextPidmap(s, ns, last))).toEqual([5, BITS_PER_PAGE, BITS_PER_PAGE]);
    expect(nextPidmap(s, ns, BITS_PER_PAGE)).toBe(PID_MAX_LIMIT - 1);
    for (const last of [PID_MAX_LIMIT - 1, PID_MAX_LIMIT, 0x7fff_ffff]) expect(nextPidmap(s, ns, last)).toBe(0);
    freePidmap(s, ns, BITS_PER_PAGE);
    expect(nextPidmap(s, ns, 5)).toBe(PID_MAX_LIMIT - 1);
  });
});

describe('the references of pages', () => {
  test('one for each page with a number taken, page 0 like the others', () => {
    const { s, ns } = map();
    const held = () => s.words[ns + COUNT];
    expect(held()).toBe(1);
    const counts = [1, 2, BITS_PER_PAGE, BITS_PER_PAGE + 1].map((nr) => {
      takePidmap(s, ns, nr);
      return held();
    });
    expect(counts).toEqual([2, 2, 3, 3]);
    const freed = [2, BITS_PER_PAGE, 1, BITS_PER_PAGE + 1].map((nr) => {
      freePidmap(s, ns, nr);
      return held();
    });
    expect(freed).toEqual([3, 3, 2, 1]);
  });

  test('the last number of a namespace that nobody else holds ends it, and its pages come back blank', () => {
    const { s, a } = make();
    const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
    const nsAt = at(ns);
    takePidmap(s, nsAt, 40_000);
    a.putPidNs(ns);
    expect(a.nsLevel(ns)).toBe(1);
    freePidmap(s, nsAt, 40_000);
    expect(() => a.nsLevel(ns)).toThrow(/stale/);
    expect(s.words[HEADER.at.mapFreeCount]).toBe(2);
    expect(a.checkInvariants().violations).toEqual([]);
  });
});
