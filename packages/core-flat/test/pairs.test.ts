import {
  CLONE_NEWPID,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  PidError,
  type PidType,
} from '@pidlab/contract';
import { describe, expect, test, vi } from 'vitest';
import { createPidAllocator } from '../src/index.ts';
import { FLAT_TASK, PAIR, ROOT_PID, VIRTUAL } from '../src/layout.ts';
import { flatPairAt } from '../src/translate.ts';

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

/** Word offset of the record that a handle means. */
const at = (handle: number): number => (handle % 2 ** 24) * 16;
const TYPES: readonly PidType[] = [PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID];

/** Two containers beside the root, with one process each; their numbers differ from view to view. */
function world() {
  const a = createPidAllocator({ memory: 2 ** 21, capacity: 64, generationBase: 7 });
  const { words, pidHash, vnrHash } = made.state!;
  const root = a.initPidNs;
  const [one, two] = [a.copyPidNs(CLONE_NEWPID, root), a.copyPidNs(CLONE_NEWPID, root)];
  a.setLastPid(one, 500);
  a.setLastPid(two, 600);
  const host = a.allocPid(root);
  const contained = a.allocPid(one);
  const other = a.allocPid(two);
  return { a, words, pidHash, vnrHash, root, one, two, host, contained, other };
}

/** The links that are in the chains of a table. */
function linksIn(words: Int32Array, { base, shift }: { base: number; shift: number }): number[] {
  const links: number[] = [];
  for (let slot = base; slot < base + 2 ** (32 - shift); slot++) {
    for (let link = words[slot]; link > 0; link = words[link]) links.push(link);
  }
  return links.sort((x, y) => x - y);
}

describe('flat', () => {
  test('hashes a contained pid twice, by its global and by its virtual number, and one of the root once', () => {
    const { a, words, pidHash, vnrHash, root, one, two, host, contained, other } = world();
    expect(vnrHash.base).toBeGreaterThan(pidHash.base);
    expect(linksIn(words, pidHash)).toEqual([host, contained, other].map((pid) => at(pid) + ROOT_PID.at.next));
    expect(linksIn(words, vnrHash)).toEqual([contained, other].map((pid) => at(pid) + VIRTUAL.at.vnext));
    expect(a.stats().hashTables.map(({ name }) => name)).toEqual(['pid_hash', 'vpid_hash']);

    expect([1, 2, 3].map((nr) => a.findPid(nr))).toEqual([host, contained, other]);
    expect([1, 2, 3].map((nr) => a.findPidNs(nr, root))).toEqual([host, contained, other]);
    expect([a.findPidNs(501, one), a.findPidNs(601, two)]).toEqual([contained, other]);
    expect([a.findPidNs(2, one), a.findPidNs(601, one), a.findPidNs(501, two), a.findPidNs(501, root)]).toEqual(
      Array(4).fill(undefined),
    );
    for (const pid of [contained, host, other]) a.freePid(pid);
    expect([...linksIn(words, pidHash), ...linksIn(words, vnrHash)]).toEqual([]);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('has pids of one number for the root and of two for all others, both of a line, and tasks of two lines', () => {
    const { a, root, one } = world();
    a.allocTask();
    expect(a.slabInfo().map(({ name, objectBytes, activeObjects }) => [name, objectBytes, activeObjects])).toEqual([
      ['pid_namespace', 1088, 3],
      ['task', 128, 1],
      ['pid_1', 64, 1],
      ['pid_2', 64, 2],
    ]);
    expect(() => a.copyPidNs(CLONE_NEWPID, one)).toThrow(PidError);
    expect(a.copyPidNs(0, root)).toBe(root);
  });

  test.each(TYPES)('keeps both numbers of type %i on the task, so that asking does not touch the pid', (type) => {
    const { a, words, root, one, two, contained } = world();
    const task = a.allocTask();
    const ask = [a.taskPidNrNs, a.taskTgidNrNs, a.taskPgrpNrNs, a.taskSessionNrNs][type];
    expect([root, one, two].map((ns) => ask(task, ns))).toEqual([0, 0, 0]);
    a.attachPid(task, type, contained);
    const pair = flatPairAt(at(task), type);
    expect(words.slice(pair, pair + 2)).toEqual(Int32Array.of(2, 501));

    // The pid's record is overwritten, numbers, namespace and all: the task answers as before, since it does not look there.
    const record = words.slice(at(contained), at(contained) + 16);
    words.fill(-1, at(contained), at(contained) + 16);
    expect([root, one, two].map((ns) => ask(task, ns))).toEqual([2, 501, 0]);
    words.set(record, at(contained));

    // And what it answers is what it remembers, not what the pid says.
    words[pair + PAIR.at.nr] = 77;
    words[pair + PAIR.at.vnr] = 88;
    expect([root, one, two].map((ns) => ask(task, ns))).toEqual([77, 88, 0]);
    expect(a.pidNr(contained)).toBe(2);
    expect(a.checkInvariants().violations.join()).toMatch(
      /^task \d+ has the numbers 77,88,-?\d+ of type \d, not 2,501,-?\d+$/,
    );
    words[pair + PAIR.at.nr] = 2;
    words[pair + PAIR.at.vnr] = 501;
    expect(a.checkInvariants().violations).toEqual([]);

    a.detachPid(task, type);
    expect(words.slice(pair, pair + PAIR.words)).toEqual(new Int32Array(PAIR.words));
    expect([root, one, two].map((ns) => ask(task, ns))).toEqual([0, 0, 0]);
  });

  test('moves the pair to the next task with the pid, and leaves the pairs of other types alone', () => {
    const { a, words, root, one, contained, other } = world();
    const [old, next] = [a.allocTask(), a.allocTask()];
    a.attachPid(old, PIDTYPE_PID, contained);
    a.attachPid(old, PIDTYPE_SID, other);
    a.attachPid(next, PIDTYPE_SID, contained);
    a.transferPid(old, next, PIDTYPE_PID);
    expect([a.taskPidNrNs(old, one), a.taskPidNrNs(next, one)]).toEqual([0, 501]);
    expect([a.taskSessionNrNs(old, root), a.taskSessionNrNs(next, root)]).toEqual([3, 2]);
    const pairs = words.slice(flatPairAt(at(old), 0), flatPairAt(at(old), 3));
    expect(pairs.every((word) => word === 0)).toBe(true);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('a pair that stays behind on a task without a pid is seen, free or in use', () => {
    const { a, words } = world();
    const [used, free] = [a.allocTask(), a.allocTask()];
    a.freeTask(free);
    words[flatPairAt(at(used), 1) + PAIR.at.vnr] = 9;
    expect(a.checkInvariants().violations.join()).toMatch(/^task \d+ has the numbers 0,9,0 of type 1, not 0,0,0$/);
    words[flatPairAt(at(used), 1) + PAIR.at.vnr] = 0;
    words[flatPairAt(at(free), 3) + PAIR.at.ns] = 9;
    expect(a.checkInvariants().violations.join()).toMatch(/^object \d+ of cache task is free and not blank$/);
  });
});

test('the word that fills the line before the pairs of a task belongs to nobody', () => {
  const { a, words } = world();
  const task = at(a.allocTask());
  words[task + FLAT_TASK.at.unused] = 1;
  const { violations } = a.checkInvariants();
  expect(violations).toEqual([`task ${task} has something in the word that fills the line`]);
});
