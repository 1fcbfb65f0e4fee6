/** Everything that can be asked of a pair, asked. */
import type { NsRef, PidAllocator, PidRef, PidType, TaskRef } from '@pidlab/contract';
import { alive, count, type Pair, type Twin } from './pair.ts';

/** With more namespaces than this, a pid's number is asked for in some of them only. */
const VIEWERS = 12;
const TYPES: readonly PidType[] = [0, 1, 2, 3];

/** Throws when the sides differ in anything, or when the subject's invariants do not hold. */
export function compareAll(p: Pair): void {
  const broken = p.subject.checkInvariants().violations;
  if (broken.length > 0) throw new Error(`checkInvariants: ${broken.slice(0, 5).join('; ')}`);
  const namespaces = alive(p, p.namespaces);
  const pids = alive(p, p.pids);
  const tasks = alive(p, p.tasks);
  for (const side of ['model', 'subject'] as const) {
    const { stats } = p[side];
    const found = stats();
    same('stats', [namespaces.length, pids.length, tasks.length], [found.namespaces, found.pids, found.tasks]);
  }
  same('slabInfo', activeObjects(p.model), activeObjects(p.subject));
  for (const ns of namespaces) compareNs(p, ns);
  const viewers =
    namespaces.length > VIEWERS ? namespaces.filter((_, i) => i % (namespaces.length >> 3) === 0) : namespaces;
  for (const pid of pids) comparePid(p, pid, viewers);
  for (const task of tasks) compareTask(p, task, viewers);
  for (const pid of p.pids.gone) isRefused(p, () => p.subject.pidCount(pid.subject));
  for (const ns of p.namespaces.gone) isRefused(p, () => p.subject.nsLevel(ns.subject));
  for (const task of p.tasks.gone) isRefused(p, () => p.subject.taskActivePidNs(task.subject));
  count(p, 'full comparison');
}

/** The caches with something in them. */
function activeObjects(a: PidAllocator): string[] {
  const used = a.slabInfo().filter((cache) => cache.activeObjects > 0);
  return used.map((cache) => `${cache.name}: ${cache.activeObjects}`).sort();
}

function compareNs(p: Pair, ns: Twin<NsRef>): void {
  const { model: m, subject: s } = p;
  same('lastPid', m.lastPid(ns.model), s.lastPid(ns.subject));
  same('pidMax', m.pidMax(ns.model), s.pidMax(ns.subject));
  same('nsLevel', m.nsLevel(ns.model), s.nsLevel(ns.subject));
  same('nsParent', inSubject(p, m.nsParent(ns.model)), s.nsParent(ns.subject));
  same('childReaper', inSubject(p, m.childReaper(ns.model)), s.childReaper(ns.subject));
  same('taken numbers', taken(m, ns.model), taken(s, ns.subject));
  const expected = listed(m, ns.model);
  const translated = expected.map(([nr, pid]) => [nr, inSubject(p, pid)]);
  same('findGePid, all over', translated, listed(s, ns.subject));
  for (const [nr, pid] of expected) same('findPidNs', inSubject(p, pid), s.findPidNs(nr, ns.subject));
}

function taken(a: PidAllocator, ns: NsRef): number[] {
  const numbers: number[] = [];
  for (let nr = a.nextPidmap(ns, 0); nr !== undefined; nr = a.nextPidmap(ns, nr)) numbers.push(nr);
  return numbers;
}

function listed(a: PidAllocator, ns: NsRef): [number, PidRef][] {
  const found: [number, PidRef][] = [];
  for (let pid = a.findGePid(0, ns); pid !== undefined; ) {
    const nr: number = a.pidNrNs(pid, ns);
    found.push([nr, pid]);
    pid = a.findGePid(nr + 1, ns);
  }
  return found;
}

function comparePid(p: Pair, pid: Twin<PidRef>, viewers: readonly Twin<NsRef>[]): void {
  const { model: m, subject: s } = p;
  same('pidNr', m.pidNr(pid.model), s.pidNr(pid.subject));
  same('pidCount', m.pidCount(pid.model), s.pidCount(pid.subject));
  same('pidNs', inSubject(p, m.pidNs(pid.model)), s.pidNs(pid.subject));
  same('isContainerInit', m.isContainerInit(pid.model), s.isContainerInit(pid.subject));
  for (const ns of viewers) same('pidNrNs', m.pidNrNs(pid.model, ns.model), s.pidNrNs(pid.subject, ns.subject));
  for (const type of TYPES) {
    const expected = tasksOf(m, pid.model, type).map((task) => inSubject(p, task));
    same(`tasks of type ${type}`, expected, tasksOf(s, pid.subject, type));
  }
}

function tasksOf(a: PidAllocator, pid: PidRef, type: PidType): TaskRef[] {
  const tasks: TaskRef[] = [];
  for (let task = a.pidTask(pid, type); task !== undefined; task = a.nextPidTask(task, type)) tasks.push(task);
  return tasks;
}

function compareTask(p: Pair, task: Twin<TaskRef>, viewers: readonly Twin<NsRef>[]): void {
  const { model: m, subject: s } = p;
  same('taskActivePidNs', inSubject(p, m.taskActivePidNs(task.model)), s.taskActivePidNs(task.subject));
  for (const type of TYPES) same('taskPid', inSubject(p, m.taskPid(task.model, type)), s.taskPid(task.subject, type));
  for (const ns of viewers) {
    same('taskPidNrNs', m.taskPidNrNs(task.model, ns.model), s.taskPidNrNs(task.subject, ns.subject));
    same('taskTgidNrNs', m.taskTgidNrNs(task.model, ns.model), s.taskTgidNrNs(task.subject, ns.subject));
    same('taskPgrpNrNs', m.taskPgrpNrNs(task.model, ns.model), s.taskPgrpNrNs(task.subject, ns.subject));
    same('taskSessionNrNs', m.taskSessionNrNs(task.model, ns.model), s.taskSessionNrNs(task.subject, ns.subject));
  }
}

/** What the subject calls it. */
function inSubject(p: Pair, handle: number | undefined): number | undefined {
  return handle === undefined ? undefined : p.twins.get(handle);
}

function isRefused(p: Pair, body: () => unknown): void {
  let answer: unknown;
  try {
    answer = body();
  } catch (error) {
    if ((error as Error).name === 'PidBug') return;
    throw error;
  }
  throw new Error(`a stale handle was honoured: the answer was ${answer}, after ${p.log.at(-1)}`);
}

function same(what: string, expected: unknown, actual: unknown): void {
  if (Object.is(expected, actual)) return;
  const [e, a] = [JSON.stringify(expected), JSON.stringify(actual)];
  if (e !== a || typeof expected !== 'object') throw new Error(`${what}: the model says ${e}, the subject says ${a}`);
}
