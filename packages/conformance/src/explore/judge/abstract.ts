/** What the judge knows at one moment: the reference model, and what calls that are under way have left half done. */
import type { PidRef } from '@pidlab/contract';
import type { NsRecord, PidRecord, State, TaskRecord } from '../../model/state.ts';

/** A moment. It is copied before it is changed. */
export interface Moment {
  readonly model: State;
  /** Pids that are dead while `freePid` still has the allocation's own reference. */
  readonly ending: Set<PidRef>;
}

/** The holder of a number whose pid is not there yet. */
export const UNBORN = 0 as PidRef;

export function firstMoment(model: State): Moment {
  return { model, ending: new Set() };
}

/** One that can be changed. */
export function copyOf({ model, ending }: Moment): Moment {
  return { model: copyOfModel(model), ending: new Set(ending) };
}

function copyOfModel(s: State): State {
  return {
    ...s,
    memory: { ...s.memory, caches: mapOf(s.memory.caches, (cache) => ({ ...cache })) },
    namespaces: mapOf(s.namespaces, copyOfNs),
    pids: mapOf(s.pids, copyOfPid),
    tasks: mapOf(s.tasks, copyOfTask),
  };
}

function copyOfNs(ns: NsRecord): NsRecord {
  return { ...ns, taken: new Map(ns.taken), pages: new Set(ns.pages), windows: new Map(ns.windows) };
}

function copyOfPid(pid: PidRecord): PidRecord {
  return { ...pid, tasks: pid.tasks.map((list) => [...list]) };
}

function copyOfTask(task: TaskRecord): TaskRecord {
  return { ...task, pids: new Map(task.pids) };
}

function mapOf<K, V>(map: ReadonlyMap<K, V>, copy: (value: V) => V): Map<K, V> {
  return new Map([...map].map(([key, value]) => [key, copy(value)]));
}

/** A text that two moments share exactly when they are the same. */
export function keyOf({ model, ending }: Moment): string {
  const parts: unknown[] = [[...ending].sort()];
  for (const ns of sorted(model.namespaces)) {
    const { ref, lastPid, pidMax, disabled, reaper, callers, children } = ns;
    if (model.window > 1)
      parts.push(
        ns.voids,
        [...ns.windows].sort((a, b) => a[0] - b[0]),
      );
    parts.push(
      ref,
      lastPid,
      pidMax,
      disabled,
      reaper,
      callers,
      children,
      [...ns.taken].sort((a, b) => a[0] - b[0]),
    );
  }
  for (const { ref, count, alive, tasks } of sorted(model.pids)) parts.push(ref, count, alive, tasks);
  for (const { ref, pids } of sorted(model.tasks))
    parts.push(
      ref,
      [...pids].sort((a, b) => a[0] - b[0]),
    );
  return JSON.stringify(parts);
}

function sorted<V extends { readonly ref: number }>(map: ReadonlyMap<unknown, V>): V[] {
  return [...map.values()].sort((a, b) => a.ref - b.ref);
}
