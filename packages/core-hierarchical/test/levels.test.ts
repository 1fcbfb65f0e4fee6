import { CLONE_NEWPID, MAX_PID_NS_LEVEL, type NsRef, type PidAllocator, PidError, type PidRef } from '@pidlab/contract';
import { describe, expect, test, vi } from 'vitest';
import { createPidAllocator } from '../src/index.ts';
import { UPID, upidAt } from '../src/layout.ts';

// The state under the allocator that was made last, so that tests can look at its words.
const made = vi.hoisted(() => ({ state: undefined as import('@pidlab/core').State | undefined }));
vi.mock('@pidlab/core', async (original) => {
  const core = await original<typeof import('@pidlab/core')>();
  return {
    ...core,
    variantOf: (...[design, bindAll]: Parameters<typeof core.variantOf>) =>
      core.variantOf(design, (s) => {
        made.state = s;
        return bindAll(s);
      }),
  };
});

const LEVELS = MAX_PID_NS_LEVEL + 1;
const OPTIONS = { memory: 2 ** 23, capacity: 100, generationBase: 7 };

/** The namespaces from the root down to the deepest. */
function tower(): { a: PidAllocator; path: NsRef[] } {
  const a = createPidAllocator(OPTIONS);
  const path = [a.initPidNs];
  while (path.length < LEVELS) path.push(a.copyPidNs(CLONE_NEWPID, path[path.length - 1]));
  return { a, path };
}

/** Word offset of the record that a handle means. */
const at = (handle: number): number => (handle % 2 ** 24) * 16;

function errorOf(run: () => unknown): PidError {
  try {
    run();
  } catch (error) {
    if (error instanceof PidError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('hierarchical', () => {
  test('has one cache for each level, pid_1 to pid_33, whose objects grow by three words a number', () => {
    const { a, path } = tower();
    for (const ns of path) a.allocPid(ns);
    const caches = a.slabInfo().slice(2);
    expect(caches.map(({ name }) => name)).toEqual(path.map((_, level) => `pid_${level + 1}`));
    for (const [level, { objectBytes, activeObjects, objectsPerSlab, slabs }] of caches.entries()) {
      expect(objectBytes).toBe(Math.ceil(((7 + 3 * (level + 1)) * 4) / 64) * 64);
      expect([activeObjects, objectsPerSlab, slabs]).toEqual([1, Math.floor(4096 / objectBytes), 1]);
    }
    expect(caches.slice(0, 9).map(({ objectBytes }) => objectBytes)).toEqual([
      64, 64, 64, 128, 128, 128, 128, 128, 192,
    ]);
  });

  test('gives a pid a number at every level, and each level sees its own', () => {
    const { a, path } = tower();
    const deepest = path[LEVELS - 1];
    // Each level has had some pids of its own, so that no two levels agree.
    for (const [level, ns] of path.entries()) a.setLastPid(ns, 1000 * level + 300);
    const pid = a.allocPid(deepest);
    const numbers = path.map((_, level) => 1000 * level + 301);
    expect(path.map((ns) => a.pidNrNs(pid, ns))).toEqual(numbers);
    expect(path.map((ns, level) => a.findPidNs(numbers[level], ns))).toEqual(path.map(() => pid));
    const { words } = made.state!;
    expect(path.map((_, level) => words[upidAt(at(pid), level) + UPID.at.nr])).toEqual(numbers);
    a.freePid(pid);
    expect(path.map((ns, level) => a.findPidNs(numbers[level], ns))).toEqual(path.map(() => undefined));
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('the ends of a tower: level 33 is ENOSPC, and the tower goes down when its last pid goes', () => {
    const { a, path } = tower();
    expect(errorOf(() => a.copyPidNs(CLONE_NEWPID, path[LEVELS - 1])).code).toBe('ENOSPC');
    const pid = a.allocPid(path[LEVELS - 1]);
    for (const ns of path) a.putPidNs(ns);
    expect(a.stats().namespaces).toBe(LEVELS);
    a.freePid(pid);
    expect(a.stats().namespaces).toBe(1);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  // Level for level: the map there is full when a pid of the deepest namespace asks it for a number.
  test.each(Array.from({ length: LEVELS }, (_, level) => level))(
    'a full map at level %i leaves nothing behind but cursors',
    (level) => {
      const { a, path } = tower();
      const deepest = path[LEVELS - 1];
      a.allocPid(deepest); // a namespace without pids would begin anew
      // Two records on the free list, so that none has to be cut: one may go to the pid that fills the map.
      const spare = [a.allocPid(deepest), a.allocPid(deepest)];
      for (const pid of spare) a.freePid(pid);
      a.setPidMax(path[level], 301);
      const filled: PidRef[] = [];
      for (;;) {
        a.setLastPid(path[level], 299); // the floor is the only number that is left to automatic allocation then
        try {
          filled.push(a.allocPid(path[level]));
        } catch (error) {
          expect(error).toMatchObject({ code: 'EAGAIN' });
          break;
        }
      }
      expect(filled).toHaveLength(1);
      const lasts = path.map((ns) => a.lastPid(ns));
      const before = a.snapshot();

      const error = errorOf(() => a.allocPid(deepest));
      expect([error.code, error.op]).toEqual(['EAGAIN', 'allocPid']);
      expect(error.message).toContain(`the namespace at level ${level};`);

      // The levels within were asked, and moved their cursors; those without were not.
      expect(path.map((ns) => a.lastPid(ns))).toEqual(lasts.map((last, i) => (i > level ? last + 1 : last)));
      for (const [i, ns] of path.entries()) a.setLastPid(ns, lasts[i]);
      expect(a.checkInvariants().violations).toEqual([]);
      // The record went through a life of its own: that, and the numbers that it had, are all that differs.
      const differing = differingWords(before, a.snapshot());
      const within = spare.map((pid) => differing.filter((word) => word >= at(pid) && word < at(pid) + RECORD_WORDS));
      expect(differing.length).toBeGreaterThan(0);
      expect(within).toContainEqual(differing);
    },
  );

  test('a chosen number that is taken at some level leaves nothing behind either', () => {
    const { a, path } = tower();
    for (const ns of path) {
      const pid = a.allocPid(ns);
      a.attachPid(a.allocTask(), 0, pid);
    }
    const deepest = path[LEVELS - 1];
    const nothing = a.stats().pids;
    for (let level = 0; level < LEVELS; level++) {
      const setTid = path.map((_, i) => (LEVELS - 1 - i === level ? 1 : 777)).slice(0, LEVELS - level);
      expect(errorOf(() => a.allocPid(deepest, setTid)).code).toBe('EEXIST');
      expect(path.map((ns) => a.findPidNs(777, ns))).toEqual(path.map(() => undefined));
      expect(path.map((ns) => a.nextPidmap(ns, 776))).toEqual(path.map(() => undefined));
    }
    expect(a.stats().pids).toBe(nothing);
    expect(a.checkInvariants().violations).toEqual([]);
    expect(
      a.pidNr(
        a.allocPid(
          deepest,
          path.map(() => 777),
        ),
      ),
    ).toBe(777);
  });

  test('says of a number that the namespace at its level did not give it', () => {
    const { a, path } = tower();
    // Most wrong serials lead to another slot. Of those that lead to the right one only the design can tell.
    const pid = a.allocPid(path[2]);
    const s = made.state!;
    const serialAt = upidAt(at(pid), 1) + UPID.at.ns;
    const right = s.words[serialAt];
    const said = new Set<string>();
    for (let wrong = right + 1; wrong < right + 5000 && said.size < 2; wrong++) {
      s.words[serialAt] = wrong;
      for (const sentence of a.checkInvariants().violations) said.add(sentence.replaceAll(/\d+/g, 'N'));
    }
    expect([...said].sort()).toEqual([
      'number N of pid N is not found from its slot N',
      'pid N has a number at level N that the namespace there did not give',
    ]);
    s.words[serialAt] = right;
    expect(a.checkInvariants().violations).toEqual([]);
  });
});

/** Words of a snapshot before the block. */
const HEAD_WORDS = 4;
/** Of a pid with 33 numbers. */
const RECORD_WORDS = 7 + 3 * LEVELS;

function differingWords(one: Uint8Array, other: Uint8Array): number[] {
  expect(one.length).toBe(other.length);
  const [x, y] = [new Int32Array(one.buffer), new Int32Array(other.buffer)];
  const words: number[] = [];
  for (let i = HEAD_WORDS; i < x.length; i++) if (x[i] !== y[i]) words.push(i - HEAD_WORDS);
  return words;
}
