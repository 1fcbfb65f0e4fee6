/** A burst that is over leaves its pages to whoever needs them, and no old handle means anything in them. */
import { CLONE_NEWPID, type NsRef, PidBug, PidError, type PidRef, type TaskRef } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { HEADER } from '../src/layout.ts';
import { reclaimPages } from '../src/memory/reclaim.ts';
import { type Made, make } from './design.ts';

const MEMORY = 2 ** 21;

/** Makes until there is no memory. */
function fill<T>(one: () => T): T[] {
  const made: T[] = [];
  for (;;) {
    try {
      made.push(one());
    } catch (error) {
      if (!(error instanceof PidError) || error.code !== 'ENOMEM') throw error;
      return made;
    }
  }
}

const newNs = ({ a }: Made): NsRef => a.copyPidNs(CLONE_NEWPID, a.initPidNs);
const block = (): Made => make({ memory: MEMORY, capacity: 1, pidMax: 4_194_304, generationBase: 1000 });

function mustHold({ a }: Made): void {
  expect(a.checkInvariants()).toEqual({ violations: [], leaked: [] });
}

const unused: Made = block();
/** How many namespaces a block has room for that did nothing before. */
const ROOM: number = fill(() => newNs(unused)).length;

describe('after a burst of pids and tasks', () => {
  function burst(made: Made): { pids: PidRef[]; tasks: TaskRef[] } {
    const pids: PidRef[] = [];
    const tasks = fill(() => {
      pids.push(made.a.allocPid(made.a.initPidNs));
      return made.a.allocTask();
    });
    return { pids, tasks };
  }

  test('there is room for as many namespaces as ever, and old handles are refused', () => {
    const made = block();
    const { a } = made;
    const { pids, tasks } = burst(made);
    expect(() => newNs(made)).toThrow(PidError);
    for (const pid of pids) a.freePid(pid);
    for (const task of tasks) a.freeTask(task);
    const namespaces = fill(() => newNs(made));
    expect(namespaces.length).toBeGreaterThan(ROOM - 20);
    mustHold(made);
    // Their bitmaps are where the records were; some have every bit set.
    for (const ns of namespaces.slice(-8)) for (let i = 0; i < 2_000; i++) attempt(() => a.allocPid(ns));
    expect(pids.filter((pid) => !isRefused(() => a.pidNr(pid)))).toEqual([]);
    expect(tasks.filter((task) => !isRefused(() => a.taskActivePidNs(task)))).toEqual([]);
    for (const ns of namespaces) a.nsLevel(ns);
    mustHold(made);
  });

  test('what lives on keeps its page, and the pages between are for other caches', () => {
    const made = block();
    const { a } = made;
    const { pids, tasks } = burst(made);
    const kept = pids.filter((_, i) => i % 1_000 === 999);
    for (const pid of pids) if (!kept.includes(pid)) a.freePid(pid);
    for (const task of tasks) a.freeTask(task);
    const more = fill(() => a.allocTask());
    expect(more.length).toBeGreaterThan(tasks.length);
    mustHold(made);
    for (const pid of kept) expect(a.findPid(a.pidNr(pid))).toBe(pid);
    expect(tasks.filter((task) => !isRefused(() => a.freeTask(task)))).toEqual([]);
    const again = make({ snapshot: a.snapshot() });
    mustHold(again);
    expect(again.a.stats()).toEqual(a.stats());
  });

  test('bursts of one kind and of another, many times over', () => {
    const made = block();
    const { a } = made;
    const rooms: number[] = [];
    for (let round = 0; round < 6; round++) {
      const { pids, tasks } = burst(made);
      for (const pid of pids) a.freePid(pid);
      for (const task of tasks) a.freeTask(task);
      const namespaces = fill(() => newNs(made));
      for (const ns of namespaces) a.putPidNs(ns);
      rooms.push(pids.length, namespaces.length);
      mustHold(made);
    }
    expect(Math.min(...rooms.filter((_, i) => i % 2 === 0))).toBeGreaterThan(rooms[0]! * 0.9);
    expect(Math.min(...rooms.filter((_, i) => i % 2 === 1))).toBeGreaterThan(ROOM - 20);
    expect(a.stats()).toMatchObject({ pids: 0, tasks: 0, namespaces: 1 });
  });
});

test('after a burst of bitmaps there is room for as many pids as ever', () => {
  const fresh = block();
  const room = fill(() => fresh.a.allocPid(fresh.a.initPidNs)).length;
  const made = block();
  const { a } = made;
  const namespaces = fill(() => newNs(made));
  for (const ns of namespaces) a.putPidNs(ns);
  const pids = fill(() => a.allocPid(a.initPidNs));
  expect(pids.length).toBeGreaterThan(room * 0.9);
  mustHold(made);
});

test('a dead pid does not take what is in the place of its namespace for that', () => {
  const made = block();
  const { a } = made;
  const namespaces = fill(() => newNs(made));
  for (const ns of namespaces.slice(-40)) a.putPidNs(ns);
  const dead = namespaces.slice(20, 30).map((ns) => a.getPid(a.allocPid(ns)));
  for (const pid of dead) a.freePid(pid);
  for (const ns of namespaces.slice(0, -40)) a.putPidNs(ns);
  fill(() => a.allocTask());
  for (const pid of dead) expect([a.pidNs(pid), a.pidNrNs(pid, a.initPidNs)]).toEqual([undefined, expect.any(Number)]);
  mustHold(made);
  for (const pid of dead) a.putPid(pid);
  mustHold(made);
});

test('empty pages are looked for when a sixteenth has been freed, and not each time that the block is full', () => {
  const made = block();
  const { a, s } = made;
  const tasks = fill(() => a.allocTask());
  const end = s.words[HEADER.at.slabEnd];
  const last = tasks.splice(-Math.floor(tasks.length / 20));
  for (const task of last) a.freeTask(task);
  expect([reclaimPages(s), s.words[HEADER.at.slabEnd]]).toEqual([false, end]);
  for (const task of tasks.splice(-Math.floor(tasks.length / 40))) a.freeTask(task);
  expect(reclaimPages(s)).toBe(true);
  expect(s.words[HEADER.at.slabEnd]).toBeLessThan(end!);
  expect(reclaimPages(s)).toBe(false);
  mustHold(made);
});

test('a page whose generations are nearly used up stays where it is', () => {
  const made = make({ memory: MEMORY, capacity: 1, generationBase: 2 ** 29 - 2 ** 20 });
  const { a, s } = made;
  const tasks = fill(() => a.allocTask());
  for (const task of tasks) a.freeTask(task);
  expect(reclaimPages(s)).toBe(false);
  mustHold(made);
});

/** Whether that is a PidBug. */
function isRefused(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch (error) {
    return error instanceof PidBug;
  }
}

/** One that may be refused. */
function attempt(one: () => unknown): void {
  try {
    one();
  } catch (error) {
    if (!(error instanceof PidError)) throw error;
  }
}
