import {
  CLONE_NEWPID,
  ERRNO,
  MAX_NR_PIDSPACES,
  type NsRef,
  PID_MAX_LIMIT,
  PidBug,
  PidError,
  type PidRef,
} from '@pidlab/contract';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  createPidAllocator,
  type PidspaceAllocator,
  pidspacePidToVpid,
  pidspaceVpidToPid,
  pidToPidspace,
} from '../src/index.ts';
import { PID } from '../src/layout.ts';

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

const NR_MAX = 2 ** 31 - 1;
const LAST_SPACE = MAX_NR_PIDSPACES - 1;
const NO_INTEGERS: readonly unknown[] = [
  undefined,
  null,
  '1',
  1n,
  Symbol('s'),
  {},
  [1],
  Number.NaN,
  0.5,
  Number.POSITIVE_INFINITY,
];

function create(): PidspaceAllocator {
  return createPidAllocator({ namespaces: 600, capacity: 1000, generationBase: 7 });
}

/** The code of the PidError that `run` throws. */
function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PidError) {
      expect(error.errno).toBe(ERRNO[error.code]);
      return error.code;
    }
    throw error;
  }
  return 'nothing was thrown';
}

/** All numbers that the root sees, in the order of `findGePid`. */
function listed(a: PidspaceAllocator): number[] {
  const numbers: number[] = [];
  for (let pid = a.findGePid(0, a.initPidNs); pid !== undefined; ) {
    const nr = a.pidNr(pid);
    numbers.push(nr);
    pid = nr === NR_MAX ? undefined : a.findGePid(nr + 1, a.initPidNs);
  }
  return numbers;
}

describe('shift and mask', () => {
  const spaces = fc.integer({ min: 0, max: LAST_SPACE });
  const vpids = fc.integer({ min: 0, max: PID_MAX_LIMIT - 1 });

  test('there and back again', () => {
    fc.assert(
      fc.property(spaces, vpids, (space, vpid) => {
        const nr = pidspaceVpidToPid(space, vpid);
        expect(nr).toBe(space * 2 ** 22 + vpid);
        expect([pidToPidspace(nr), pidspacePidToVpid(nr)]).toEqual([space, vpid]);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: NR_MAX }), (nr) => {
        expect(pidspaceVpidToPid(pidToPidspace(nr), pidspacePidToVpid(nr))).toBe(nr);
      }),
    );
  });

  test('the sign bit is never set: the largest of all is 2^31 - 1', () => {
    expect(pidspaceVpidToPid(LAST_SPACE, PID_MAX_LIMIT - 1)).toBe(NR_MAX);
    for (let space = 0; space <= LAST_SPACE; space++) {
      expect(pidspaceVpidToPid(space, PID_MAX_LIMIT - 1)).toBe((space + 1) * 2 ** 22 - 1);
    }
    expect(Object.is(pidspaceVpidToPid(-0, -0), 0)).toBe(true);
  });

  test.each([
    ['pidToPidspace', (value: number) => pidToPidspace(value), [-1, NR_MAX + 1, -(2 ** 31)]],
    ['pidspacePidToVpid', (value: number) => pidspacePidToVpid(value), [-1, NR_MAX + 1, 2 ** 32]],
    ['pidspaceVpidToPid', (value: number) => pidspaceVpidToPid(value, 1), [-1, MAX_NR_PIDSPACES, 2 ** 31]],
    ['pidspaceVpidToPid', (value: number) => pidspaceVpidToPid(1, value), [-1, PID_MAX_LIMIT, 2 ** 31]],
    ['pidspaceInit', (value: number) => create().pidspaceInit(value), [-1, MAX_NR_PIDSPACES]],
    ['pidspaceFree', (value: number) => create().pidspaceFree(value), [-1, MAX_NR_PIDSPACES]],
  ] as const)('%s refuses what is no integer, and says the range of what is', (op, call, outside) => {
    for (const value of NO_INTEGERS) expect(() => call(value as number)).toThrow(PidBug);
    for (const value of outside) {
      expect(() => call(value)).toThrow(new RegExp(`^${op}: EINVAL: \\w+ is ${value}; .* in \\[0, \\d+\\]$`));
      expect(codeOf(() => call(value))).toBe('EINVAL');
    }
  });
});

describe('spaces by id', () => {
  test('511 is the last, 512 is EINVAL, 0 exists', () => {
    const a = create();
    const last = a.pidspaceInit(LAST_SPACE);
    expect(a.pidNr(a.allocPid(last))).toBe(LAST_SPACE * 2 ** 22 + 1);
    expect([a.nsLevel(last), a.nsParent(last), a.pidMax(last), a.lastPid(last)]).toEqual([
      1,
      a.initPidNs,
      PID_MAX_LIMIT,
      1,
    ]);
    expect(codeOf(() => a.pidspaceInit(MAX_NR_PIDSPACES))).toBe('EINVAL');
    expect(codeOf(() => a.pidspaceInit(0))).toBe('EBUSY');
    expect(codeOf(() => a.pidspaceInit(LAST_SPACE))).toBe('EBUSY');
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('copyPidNs owns the lowest free id, past those that were made by hand', () => {
    const a = create();
    for (const space of [1, 2, 4]) a.pidspaceInit(space);
    const idOf = (ns: NsRef) => pidToPidspace(a.pidNr(a.allocPid(ns)));
    const namespaces = [1, 2, 3].map(() => a.copyPidNs(CLONE_NEWPID, a.initPidNs));
    expect(namespaces.map(idOf)).toEqual([3, 5, 6]);
    a.pidspaceFree(2);
    expect(idOf(a.copyPidNs(CLONE_NEWPID, a.initPidNs))).toBe(2);
  });

  test('an id is free again only when the last number in it is', () => {
    const a = create();
    const ns = a.pidspaceInit(9);
    const pids = [a.allocPid(ns), a.allocPid(ns)];
    a.pidspaceFree(9);
    expect(codeOf(() => a.pidspaceInit(9))).toBe('EBUSY');
    a.freePid(pids[0]);
    expect(codeOf(() => a.pidspaceInit(9))).toBe('EBUSY');
    // It still works: its pids keep it.
    expect(a.findPidNs(2, ns)).toBe(pids[1]);
    expect(a.pidNr(a.allocPid(ns))).toBe(9 * 2 ** 22 + 3);
    a.freePid(a.findPidNs(3, ns) as PidRef);
    a.freePid(pids[1]);
    expect(() => a.nsLevel(ns)).toThrow(PidBug);
    const again = a.pidspaceInit(9);
    expect(a.pidNr(a.allocPid(again))).toBe(9 * 2 ** 22 + 1);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('a dead pid of a space is not seen through the one that has its id later', () => {
    const a = create();
    const ns = a.pidspaceInit(9);
    const pid = a.getPid(a.allocPid(ns));
    a.pidspaceFree(9);
    a.freePid(pid);
    const again = a.pidspaceInit(9);
    const other = a.allocPid(again);
    expect([a.pidNr(pid), a.pidNr(other)]).toEqual([9 * 2 ** 22 + 1, 9 * 2 ** 22 + 1]);
    expect([a.pidNrNs(pid, again), a.pidNrNs(other, again), a.pidNs(pid)]).toEqual([0, 1, undefined]);
    expect(a.findPid(9 * 2 ** 22 + 1)).toBe(other);
  });

  test('pidspaceFree is a PidBug for what nobody made, what nobody holds, and the root', () => {
    const a = create();
    expect(() => a.pidspaceFree(5)).toThrow(/^pidspaceFree: space 5 does not exist$/);
    expect(() => a.pidspaceFree(0)).toThrow(/^pidspaceFree: space 0 is the root/);
    const ns = a.pidspaceInit(5);
    a.allocPid(ns);
    a.pidspaceFree(5);
    expect(() => a.pidspaceFree(5)).toThrow(/^pidspaceFree: no caller holds a reference/);
    expect(() => a.pidspaceFree(5)).toThrow(PidBug);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('pidspaceFree gives back one reference of any caller', () => {
    const a = create();
    const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
    a.getPidNs(ns);
    a.pidspaceFree(1);
    expect(a.nsLevel(ns)).toBe(1);
    a.pidspaceFree(1);
    expect(() => a.nsLevel(ns)).toThrow(PidBug);
  });

  test('511 spaces beside the root, then ENOSPC, and ENOMEM or EBUSY leave nothing behind', () => {
    const a = create();
    const spaces = Array.from({ length: LAST_SPACE }, () => a.copyPidNs(CLONE_NEWPID, a.initPidNs));
    expect(spaces.map((ns) => pidToPidspace(a.pidNr(a.allocPid(ns))))).toEqual(spaces.map((_, i) => i + 1));
    const before = a.snapshot();
    expect(codeOf(() => a.copyPidNs(CLONE_NEWPID, a.initPidNs))).toBe('ENOSPC');
    for (let space = 0; space <= LAST_SPACE; space++) expect(codeOf(() => a.pidspaceInit(space))).toBe('EBUSY');
    expect(Buffer.compare(a.snapshot(), before)).toBe(0);

    const small = createPidAllocator({ memory: 2 ** 20, capacity: 1 });
    let made = 0;
    while (codeOf(() => small.pidspaceInit(LAST_SPACE - made)) === 'nothing was thrown') made++;
    expect(made).toBeGreaterThan(50);
    expect(codeOf(() => small.pidspaceInit(1))).toBe('ENOMEM');
    expect(small.checkInvariants().violations).toEqual([]);
    small.pidspaceFree(LAST_SPACE);
    expect(small.nsLevel(small.pidspaceInit(1))).toBe(1);
  });
});

describe('numbers across spaces', () => {
  test('findGePid walks all of them from the root, ascending, whatever the gaps', () => {
    const inSpace = fc.record({
      space: fc.integer({ min: 0, max: LAST_SPACE }),
      vpid: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: PID_MAX_LIMIT - 1 })),
    });
    fc.assert(
      fc.property(fc.array(inSpace, { maxLength: 30 }), fc.integer({ min: 0, max: NR_MAX }), (places, from) => {
        const a = createPidAllocator({ pidMax: PID_MAX_LIMIT, namespaces: 40, capacity: 100 });
        const namespaces = new Map<number, NsRef>([[0, a.initPidNs]]);
        const numbers = new Set<number>();
        for (const { space, vpid } of places) {
          const ns = namespaces.get(space) ?? a.pidspaceInit(space);
          namespaces.set(space, ns);
          const nr = pidspaceVpidToPid(space, vpid);
          if (numbers.has(nr)) continue;
          a.setLastPid(ns, vpid - 1);
          expect<number>(a.pidNr(a.allocPid(ns))).toBe(nr);
          numbers.add(nr);
        }
        const ascending = [...numbers].sort((x, y) => x - y);
        expect(listed(a)).toEqual(ascending);
        const next = a.findGePid(from, a.initPidNs);
        expect(next === undefined ? undefined : a.pidNr(next)).toBe(ascending.find((nr) => nr >= from));
      }),
      { numRuns: 60 },
    );
  });

  test('a space sees its own numbers and no others, and the root none by the low part alone', () => {
    const a = create();
    const [one, two] = [a.pidspaceInit(1), a.pidspaceInit(2)];
    a.setLastPid(one, 499);
    const pid = a.allocPid(one);
    expect(a.findPidNs(500, one)).toBe(pid);
    expect([a.findPidNs(500, two), a.findPid(500), a.findPidNs(pidspaceVpidToPid(1, 500), one)]).toEqual(
      Array(3).fill(undefined),
    );
    expect(a.findPid(pidspaceVpidToPid(1, 500))).toBe(pid);
    expect(a.findGePid(0, two)).toBeUndefined();
    expect(a.nextPidmap(a.initPidNs, 0)).toBeUndefined();
  });

  test('every pid is one line of one cache, with one number', () => {
    const a = create();
    a.allocPid(a.initPidNs);
    a.allocPid(a.pidspaceInit(7));
    expect(a.slabInfo().slice(2)).toMatchObject([{ name: 'pid_1', objectBytes: 64, activeObjects: 2 }]);
    expect(a.stats().hashTables.map(({ name }) => name)).toEqual(['pid_hash']);
  });
});

describe('what must hold of spaces', () => {
  const at = (handle: number): number => (handle % 2 ** 24) * 16;

  test.each<
    [RegExp, (words: Int32Array, of: { ns: number; pid: number; root: number; spaces: number; space: number }) => void]
  >([
    [/^the root has space 3$/m, (w, { root, space }) => (w[root + space] = 3)],
    [/^namespace \d+ does not own its space 8$/m, (w, { ns, space }) => (w[ns + space] = 8)],
    [/^namespace \d+ does not own its space -1$/m, (w, { ns, space }) => (w[ns + space] = -1)],
    [/^namespace \d+ does not own its space 0$/m, (w, { ns, space }) => (w[ns + space] = 0)],
    [/^2 space ids are owned by 1 namespaces$/m, (w, { ns, spaces }) => (w[spaces + 100] = ns)],
    [/^0 space ids are owned by 1 namespaces$/m, (w, { spaces }) => (w[spaces + 7] = 0)],
    [/^pid \d+ has a number of space 7$/m, (w, { ns, space }) => (w[ns + space] = 6)],
    [/^number 1 of pid \d+ is not found from its slot \d+$/m, (w, { pid }) => (w[pid + PID.at.nr] ^= 1 << 22)],
  ])('%s', async (sentence, corrupt) => {
    const { HEADER, NS } = await import('@pidlab/core');
    const a = create();
    const ns = a.pidspaceInit(7);
    const pid = a.allocPid(ns);
    expect(a.checkInvariants().violations).toEqual([]);
    const places = { ns: at(ns), pid: at(pid), root: at(a.initPidNs), spaces: HEADER.at.spaces, space: NS.at.space };
    corrupt(made.state!.words, places);
    expect(a.checkInvariants().violations.join('\n')).toMatch(sentence);
  });
});

test('a listing of the root goes on behind the largest number that there can be', () => {
  const a = createPidAllocator({ memory: 2 ** 22, capacity: 1 });
  const last = a.pidspaceInit(LAST_SPACE);
  const init = a.allocPid(last);
  a.setLastPid(last, PID_MAX_LIMIT - 2);
  const largest = a.allocPid(last);
  const root = a.allocPid(a.initPidNs);
  expect(a.pidNr(largest)).toBe(NR_MAX);
  const listed: PidRef[] = [];
  for (let pid = a.findGePid(0, a.initPidNs); pid !== undefined; pid = a.findGePid(a.pidNr(pid) + 1, a.initPidNs))
    listed.push(pid);
  expect(listed).toEqual([root, init, largest]);
  expect(a.findGePid(NR_MAX + 1, last)).toBeUndefined();
  expect(() => a.findGePid(NR_MAX + 2, a.initPidNs)).toThrow(/\[0, 2147483648\]/);
});
