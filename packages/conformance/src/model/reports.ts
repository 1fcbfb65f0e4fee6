/** Looking at the whole (semantics: caches). */
import { type Findings, type NsRef, PAGE_SIZE, type SlabInfo, type Stats } from '@pidlab/contract';
import { accounts, freePages, slabPages } from './memory.ts';
import type { State } from './state.ts';

export function slabInfo(s: State): SlabInfo[] {
  if (!accounts(s.traits)) return [];
  return [...s.memory.caches.values()].map((cache) => ({
    ...cache,
    // A number of the model's is never used twice, and none runs out.
    retiredObjects: 0,
    totalObjects: cache.slabs * cache.objectsPerSlab,
  }));
}

export function stats(s: State): Stats {
  const { memory } = s;
  const counts = { pids: s.pids.size, namespaces: s.namespaces.size, tasks: s.tasks.size };
  if (!accounts(s.traits))
    return { ...counts, reservedBytes: 0, usedBytes: 0, pages: { slab: 0, pidmap: 0, free: 0 }, hashTables: [] };
  return {
    ...counts,
    reservedBytes: memory.pages * PAGE_SIZE,
    usedBytes: (memory.fixedPages + memory.peakPages) * PAGE_SIZE,
    pages: { slab: slabPages(memory), pidmap: memory.pidmapPages, free: freePages(memory) },
    hashTables: memory.hashSlots === 0 ? [] : [{ name: 'pid_hash', slots: memory.hashSlots }],
  };
}

/** Whether the records agree with each other; the model is the measure of others, so it had better be sound. */
export function checkInvariants(s: State): Findings {
  const wrong: string[] = [];
  const expect = (holds: boolean, otherwise: string): void => {
    if (!holds) wrong.push(otherwise);
  };
  const childrenOf = new Map<NsRef, number>();
  for (const { parent } of s.namespaces.values())
    if (parent !== undefined) childrenOf.set(parent, (childrenOf.get(parent) ?? 0) + 1);
  for (const ns of s.namespaces.values()) {
    for (const [nr, ref] of ns.taken) {
      const pid = s.pids.get(ref);
      const carries = pid?.alive === true && pid.numbers.some((number) => number.ns === ns.ref && number.nr === nr);
      expect(carries, `number ${nr} of namespace ${ns.ref} is taken by pid ${ref}, which does not carry it`);
    }
    const children = childrenOf.get(ns.ref) ?? 0;
    expect(ns.children === children, `namespace ${ns.ref} counts ${ns.children} children and has ${children}`);
    const held = ns.ref === s.root || ns.callers > 0 || children > 0 || ns.taken.size > 0;
    expect(held, `namespace ${ns.ref} lives and nobody holds it`);
    expect(ns.reaper === undefined || s.tasks.has(ns.reaper), `the reaper of namespace ${ns.ref} is gone`);
  }
  for (const pid of s.pids.values()) {
    expect(pid.count > 0, `pid ${pid.ref} has ${pid.count} references`);
    for (const { ns, nr } of pid.alive ? pid.numbers : []) {
      expect(s.namespaces.get(ns)?.taken.get(nr) === pid.ref, `pid ${pid.ref} carries ${nr} without having taken it`);
    }
    for (const [type, list] of pid.tasks.entries()) {
      expect(pid.alive || list.length === 0, `pid ${pid.ref} is dead and has tasks`);
      for (const task of list) {
        const points = s.tasks.get(task)?.pids.get(type as 0 | 1 | 2 | 3) === pid.ref;
        expect(points, `task ${task} is on a list of pid ${pid.ref} and does not know it`);
      }
    }
  }
  for (const task of s.tasks.values()) {
    for (const [type, pid] of task.pids) {
      expect(s.pids.get(pid)?.tasks[type]?.includes(task.ref) === true, `task ${task.ref} is missing on pid ${pid}`);
    }
  }
  return { violations: wrong, leaked: [] };
}
