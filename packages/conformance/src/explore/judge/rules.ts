/**
 * What each call may do, as a specification for the search (histories/search.ts): at one instant what the reference model does,
 * and with the contract's exceptions step by step. A step is a function of a moment; between two steps of a call there may be
 * steps of others.
 */
import { type NsRef, PIDTYPE_PID, PidBug, PidError, type PidRef, type PidType, type TaskRef } from '@pidlab/contract';
import { DONE, type Specification, type Step } from '../../histories/search.ts';
import { lookUp } from '../../model/find.ts';
import { allocatorOver } from '../../model/index.ts';
import { giveObject, pidCache, takeObject } from '../../model/memory.ts';
import { dropIfUnused } from '../../model/namespaces.ts';
import { startOf, voidWindows, windowFrom } from '../../model/pidmap.ts';
import { encode } from '../../model/pids.ts';
import type { NsRecord, PidRecord, State } from '../../model/state.ts';
import { copyOf, keyOf, type Moment, UNBORN } from './abstract.ts';
import type { Call, Judged, Killed, Result } from './event.ts';
import type { Exception } from './exceptions.ts';

/** Where a call is between two of its steps: JSON, empty at its beginning. */
type At = readonly unknown[];

interface Next {
  readonly moment: Moment;
  /** `undefined` when the call is over. */
  readonly at: At | undefined;
}

/** A number, and the namespace that it is taken of. */
type Taken = readonly [ns: NsRef, nr: number];

type Rule = (m: Moment, event: Judged, at: At) => Next[];

/** Which exception lets an operation be more than one instant, and how. */
const RULES: Readonly<Partial<Record<Call['op'], readonly [Exception, Rule]>>> = {
  allocPid: ['numbers', allocPid],
  freePid: ['freeing', freePid],
  setLastPid: ['windows', setLastPid],
  attachPid: ['tasks', attachPid],
  detachPid: ['tasks', detachPid],
  transferPid: ['tasks', transferPid],
  nextPidTask: ['tasks', nextPidTask],
  findGetPid: ['find-get', findAndGet],
  getTaskPid: ['find-get', findAndGet],
  findGePid: ['walks', walk],
  nextPidmap: ['walks', walk],
  zapPidNsProcesses: ['walks', zap],
};

/** Operations that change nothing. */
const LOOKS: ReadonlySet<Call['op']> = new Set<Call['op']>([
  ...([
    'observe',
    'lastPid',
    'pidMax',
    'nextPidmap',
    'pidCount',
    'findPidNs',
    'findPid',
    'findVpid',
    'findGePid',
  ] as const),
  ...(['pidNrNs', 'pidNr', 'pidVnr', 'pidNs', 'isContainerInit', 'pidTask', 'nextPidTask', 'taskPid'] as const),
  ...([
    'findTaskByPidTypeNs',
    'findTaskByPid',
    'findTaskByVpid',
    'findTaskByPidNs',
    'taskPidNrNs',
    'taskTgidNrNs',
  ] as const),
  ...(['taskPgrpNrNs', 'taskSessionNrNs', 'taskActivePidNs', 'nsLevel', 'nsParent', 'childReaper'] as const),
]);
/** The specification of histories that begin at that moment, with these exceptions. `observe` is the look at the end. */
export function specification(
  initial: Moment,
  allowed: ReadonlySet<Exception>,
  observe: (a: ReturnType<typeof allocatorOver>) => string,
): Specification<Moment, Call, Result> {
  const places: At[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (at: At): number => {
    const key = JSON.stringify(at);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    places.push(at);
    numbers.set(key, places.length);
    return places.length;
  };
  return {
    initial,
    steps(m, event, at): Step<Moment>[] {
      const [exception, rule] = RULES[event.call.op] ?? [];
      const place = at === 0 ? [] : places[at - 1]!;
      const next = rule !== undefined && allowed.has(exception!) ? rule(m, event, place) : atOnce(m, event, observe);
      return next.map(({ moment, at: to }) => ({ state: moment, at: to === undefined ? DONE : numberOf(to) }));
    },
    // An allocation that fails takes numbers on its way, and others may find them taken.
    isLook: ({ call, result }) => LOOKS.has(call.op) || (result.error !== undefined && call.op !== 'allocPid'),
    key: keyOf,
  };
}

// ── one instant ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The call is over. */
function done(moment: Moment): Next[] {
  return [{ moment, at: undefined }];
}

/** It goes on from there, later: what is so now need not be so then. */
function later(m: Moment, ...at: At): Next[] {
  return [{ moment: { ...m }, at }];
}

/** The same after a change. */
function changed(m: Moment, change: (m: Moment) => void, ...at: At): Next[] {
  const moment = copyOf(m);
  change(moment);
  return [{ moment, at }];
}

/** What the model does is what the call did. */
function atOnce(m: Moment, event: Judged, observe?: (a: ReturnType<typeof allocatorOver>) => string): Next[] {
  const isLook = LOOKS.has(event.call.op);
  const moment = isLook ? m : copyOf(m);
  const got = perform(moment, event, observe);
  if (!isSame(got, event.result)) return [];
  return done(got.error !== undefined && event.call.op !== 'allocPid' ? m : moment);
}

/** Makes the call on the model. What it makes has the handle that it had. */
function perform(
  m: Moment,
  { call, result, worker }: Judged,
  observe?: (a: ReturnType<typeof allocatorOver>) => string,
): Result {
  m.model.worker = worker;
  const a = allocatorOver(m.model);
  if (typeof result.value === 'number') m.model.nextRef = result.value;
  try {
    if (call.op === 'observe') return { value: observe!(a) };
    if (call.op === 'putPid' && isOnlyOwn(m, call.args[0] as PidRef)) return { error: 'PidBug' };
    if (call.op === 'zapPidNsProcesses') return zapped(a, call.args[0] as NsRef);
    const method = a[call.op] as (...args: readonly unknown[]) => unknown;
    const value = method(...call.args);
    if (call.op === 'allocPid') return { value: value as number, nrs: numbersOf(m.model, value as PidRef) };
    return value === undefined ? {} : { value: value as number };
  } catch (error) {
    if (error instanceof PidError) return { error: error.code };
    if (error instanceof PidBug) return { error: 'PidBug' };
    throw error;
  }
}

function zapped(a: ReturnType<typeof allocatorOver>, ns: NsRef): Result {
  const killed: Killed[] = [];
  const value = a.zapPidNsProcesses(ns, (pid, nr) => {
    try {
      a.freePid(pid);
      killed.push({ pid, nr });
    } catch {
      killed.push({ pid, nr, error: 'PidBug' });
    }
  });
  return { value, killed };
}

function isSame(a: Result, b: Result): boolean {
  if (a.value !== b.value || a.error !== b.error) return false;
  if (a.killed?.length !== b.killed?.length) return false;
  if (a.killed?.some((k, i) => JSON.stringify(k) !== JSON.stringify(b.killed![i])) === true) return false;
  for (const [ns, nr] of b.nrs ?? []) if ((a.nrs?.get(ns) ?? 0) !== nr) return false;
  return true;
}

function numbersOf(s: State, ref: PidRef): Map<number, number> {
  const pid = s.pids.get(ref)!;
  const nrs = new Map<number, number>(pid.numbers.map(({ ns, nr }) => [ns, nr]));
  return nrs.set(s.root, pid.rootNr);
}

/** The only reference is the allocation's own: either it is alive, or `freePid` is about to drop it. */
function isOnlyOwn({ model, ending }: Moment, pid: PidRef): boolean {
  return ending.has(pid) && model.pids.get(pid)?.count === 1;
}

// ── pids ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The maps that an allocation takes numbers of, innermost first. */
function giversOf({ model }: Moment, ns: NsRef): NsRecord[] {
  const givers: NsRecord[] = [];
  for (
    let at = model.namespaces.get(ns);
    at !== undefined;
    at = at.parent === undefined ? undefined : model.namespaces.get(at.parent)
  ) {
    givers.push(at);
  }
  return givers.slice(0, model.traits.maxNumbers);
}

/**
 * `['at', level, nrs]`: is about to take the number of that level; with `[…, candidate, base, first, pidMax, floor]` it has read
 * the cursor and tries one number after the other. `['cursor', …]`: moves the cursor to what it has taken. `['open', …]`: looks
 * whether the namespace still takes pids. `['back', error, i, nrs]`: gives back what it has. `['reset', last]`: a namespace
 * without a pid begins anew.
 *
 * Where workers have windows: `['draw', …]` tries one number of its own after the other, and `['claim', …]` is about to read the
 * cursor. `['cursor', …]` claims a window if the cursor is where it was, and else `['move', …]` moves it as without. `['void', …]`
 * has moved it back, and voids all windows.
 */
function allocPid(m: Moment, event: Judged, at: At): Next[] {
  const { call, result } = event;
  const ns = call.args[0] as NsRef;
  const setTid = (call.args[1] ?? []) as readonly number[];
  const givers = giversOf(m, ns);
  const isMainline = m.model.traits.rules === 'mainline';
  const [phase] = at;
  if (phase === 'back' || phase === 'drop' || phase === 'reset' || phase === 'anew') return giveUp(m, ns, at);
  if (givers.length === 0) return result.error === 'PidBug' ? done(m) : [];
  if (at.length === 0) {
    const now = perform(copyOf(m), event);
    // By mainline's rules all but a list that is too long and a lack of memory is seen level by level.
    const isLater = isMainline && setTid.length <= givers.length && (now.error === 'EINVAL' || givers[0]!.disabled);
    const isAtOnce = (now.error === 'EINVAL' || now.error === 'ENOMEM') && !isLater;
    if (isAtOnce) return now.error === result.error ? done(m) : [];
    return later(m, 'at', 0, []);
  }
  const [, level, nrs] = at as ['at', number, Taken[]];
  if (phase === 'open') {
    if (givers[0]!.disabled) return result.error === 'ENOMEM' ? later(m, 'back', 0, nrs) : [];
    return later(m, 'at', level, nrs);
  }
  if (level === givers.length) {
    if (isMainline && givers[0]!.disabled) return result.error === 'ENOMEM' ? later(m, 'back', 0, nrs) : [];
    return result.value === undefined ? [] : [bear(m, result.value as PidRef, ns, nrs)];
  }
  const giver = givers[level]!;
  const after = level === 0 && !isMainline ? 'open' : 'at';
  if (phase === 'cursor' || phase === 'move' || phase === 'void') return moveCursor(m, giver, event.worker, at, after);
  const chosen = setTid[level];
  if (chosen !== undefined) {
    const isInvalid = chosen < 1 || chosen >= giver.pidMax || (chosen > 1 && !giver.reaper && !giver.disabled);
    if (isMainline && isInvalid) return result.error === 'EINVAL' ? later(m, 'back', 0, nrs) : [];
    if (!giver.taken.has(chosen)) return takeNr(m, giver, chosen, after, level + 1, [...nrs, [giver.ref, chosen]]);
    return result.error === 'EEXIST' ? later(m, 'back', 0, nrs) : [];
  }
  return automatic(m, giver, event, at, after);
}

/** The next number from the cursor on, and from the floor after the end, that is free when it is looked at. */
function automatic(m: Moment, giver: NsRecord, event: Judged, at: At, after: string): Next[] {
  const { result } = event;
  const [phase, level, nrs, candidate, base, first, pidMax, floor, voids] = at as [
    string,
    number,
    Taken[],
    ...(number | undefined)[],
  ];
  if (phase === 'draw') return draw(m, giver, event, at, after);
  if (phase === 'claim') return readCursor(m, giver, level, nrs, candidate!, base);
  if (candidate === undefined) {
    const own = giver.windows.get(event.worker);
    if (m.model.window === 1) return readCursor(m, giver, level, nrs, giver.pidMax);
    if (own === undefined) return later(m, 'claim', level, nrs, giver.pidMax, giver.voids);
    return later(m, 'draw', level, nrs, own.next, Math.min(own.end, giver.pidMax), giver.pidMax);
  }
  if (candidate === -1) return result.error === 'EAGAIN' ? later(m, 'back', 0, nrs) : [];
  if (giver.taken.has(candidate)) {
    const up = candidate + 1;
    const isEnd = candidate < first! ? up >= first! : up >= pidMax! && floor! >= first!;
    const next = isEnd ? -1 : candidate >= first! && up >= pidMax! ? floor! : up;
    return later(m, 'at', level, nrs, next, base, first, pidMax, floor, voids);
  }
  const wanted = result.nrs?.get(giver.ref);
  if (wanted !== undefined && wanted !== candidate) return [];
  return takeNr(m, giver, candidate, 'cursor', level, nrs, candidate, base, pidMax, voids);
}

/** From where on it is going to look, and to where. */
function readCursor(m: Moment, giver: NsRecord, level: number, nrs: Taken[], pidMax: number, voids?: number): Next[] {
  const { lastPid } = giver;
  const start = startOf(m.model, giver);
  const from = lastPid + 1 >= pidMax ? start : lastPid + 1;
  return later(m, 'at', level, nrs, from, lastPid, from, pidMax, start, voids);
}

/** The next number of this worker's window that is free when it is looked at; it may have become void since it was. */
function draw(m: Moment, giver: NsRecord, { result, worker }: Judged, at: At, after: string): Next[] {
  const [, level, nrs, nr, to, pidMax] = at as [string, number, Taken[], number, number, number];
  if (nr >= to) return later(m, 'claim', level, nrs, pidMax, giver.voids);
  if (giver.taken.has(nr)) return later(m, 'draw', level, nrs, nr + 1, to, pidMax);
  const wanted = result.nrs?.get(giver.ref);
  if (wanted !== undefined && wanted !== nr) return [];
  const take = ({ model }: Moment): void => {
    const { taken, windows } = model.namespaces.get(giver.ref)!;
    taken.set(nr, UNBORN);
    const own = windows.get(worker);
    if (own !== undefined) windows.set(worker, { ...own, next: nr + 1 });
  };
  return changed(m, take, after, level + 1, [...nrs, [giver.ref, nr]]);
}

/** The number is taken. */
function moveCursor(m: Moment, giver: NsRecord, worker: number, at: At, after: string): Next[] {
  const [phase, level, nrs, nr, base, pidMax, voids] = at as [string, number, Taken[], ...number[]];
  const next: At = [after, level + 1, [...nrs, [giver.ref, nr]]];
  const then = (change: (ns: NsRecord) => void, ...to: At): Next[] =>
    changed(m, ({ model }) => change(model.namespaces.get(giver.ref)!), ...to);
  const window = phase === 'move' ? undefined : windowFrom(m.model, giver, nr!, pidMax!);
  if (phase === 'void') {
    return then(
      (ns) => {
        voidWindows(ns);
        if (window !== undefined && voids !== -1 && ns.voids === voids! + 1) ns.windows.set(worker, window);
      },
      ...next,
    );
  }
  const hasWrapped = m.model.window > 1 && nr! <= base!;
  if (window === undefined) {
    if ((giver.lastPid - base!) >>> 0 >= (nr! - base!) >>> 0) return later(m, ...next);
    const to: At = hasWrapped ? ['void', level, nrs, nr, base, pidMax, -1] : next;
    return then(
      (ns) => {
        ns.lastPid = nr!;
      },
      ...to,
    );
  }
  if (giver.lastPid !== base) return then((ns) => void ns.windows.delete(worker), 'move', level, nrs, nr, base, pidMax);
  const claim = (ns: NsRecord): void => {
    ns.lastPid = window.end - 1;
    if (ns.voids === voids && !hasWrapped) ns.windows.set(worker, window);
    else ns.windows.delete(worker);
  };
  return then(claim, ...(hasWrapped ? ['void', level, nrs, nr, base, pidMax, voids] : next));
}

/** The cursor first, and then the windows. */
function setLastPid(m: Moment, event: Judged, at: At): Next[] {
  const [ns, nr] = event.call.args as [NsRef, number];
  if (m.model.window === 1 || event.result.error !== undefined) return atOnce(m, event);
  const record = m.model.namespaces.get(ns);
  // It may end before all is done.
  if (record === undefined) return at.length > 0 ? done({ ...m }) : [];
  if (at.length === 0) {
    const move = ({ model }: Moment): void => {
      model.namespaces.get(ns)!.lastPid = nr;
    };
    return changed(m, move, 'void');
  }
  const moment = copyOf(m);
  voidWindows(moment.model.namespaces.get(ns)!);
  return done(moment);
}

function takeNr(m: Moment, { ref }: NsRecord, nr: number, ...at: At): Next[] {
  return changed(m, ({ model }) => void model.namespaces.get(ref)!.taken.set(nr, UNBORN), ...at);
}

/** The pid appears, under all its numbers. */
function bear(m: Moment, ref: PidRef, ns: NsRef, taken: readonly Taken[]): Next {
  const nrs = taken.map(([, nr]) => nr);
  const moment = copyOf(m);
  const { model } = moment;
  const givers = giversOf(moment, ns);
  const cache = pidCache(model.memory, givers.length).name;
  takeObject(model.memory, cache, 'allocPid');
  const numbers = givers.map((giver, i) => ({ ns: giver.ref, nr: nrs[i]! }));
  const isEncoded = model.traits.rootNumbers === 'encoded';
  const rootNr = isEncoded ? encode(givers[0]!.space, nrs[0]!) : nrs.at(-1)!;
  model.pids.set(ref, { ref, ns, numbers, rootNr, cache, count: 1, alive: true, tasks: [[], [], [], []] });
  for (const [i, giver] of givers.entries()) giver.taken.set(nrs[i]!, ref);
  return { moment, at: undefined };
}

function giveUp(m: Moment, ns: NsRef, at: At): Next[] {
  const [phase, i, nrs] = at as [string, number, Taken[]];
  if (phase === 'reset') {
    const own = m.model.namespaces.get(ns);
    if (own === undefined || own.taken.size > 0 || own.disabled || own.lastPid !== i) return done(m);
    const moment = copyOf(m);
    moment.model.namespaces.get(ns)!.lastPid = 0;
    return m.model.window === 1 ? done(moment) : [{ moment, at: ['anew', 0, []] }];
  }
  if (phase === 'anew') {
    const moment = copyOf(m);
    const own = moment.model.namespaces.get(ns);
    if (own !== undefined) voidWindows(own);
    return done(moment);
  }
  if (i === nrs.length) return later(m, 'reset', m.model.namespaces.get(ns)?.lastPid ?? -1);
  const [giver, nr] = nrs[i]!;
  if (phase === 'drop') return dropNs(m, giver, 'back', i + 1, nrs);
  return changed(m, ({ model }) => void model.namespaces.get(giver)!.taken.delete(nr), 'drop', i, nrs);
}

/** A namespace that nothing holds any more ends; it may have got another number, or a user, since. */
function dropNs(m: Moment, ns: NsRef, ...at: At): Next[] {
  const end = ({ model }: Moment): void => {
    const record = model.namespaces.get(ns);
    if (record !== undefined) dropIfUnused(model, record);
  };
  return changed(m, end, ...at);
}

function freePid(m: Moment, event: Judged, at: At): Next[] {
  if (event.result.error !== undefined) return atOnce(m, event);
  const pid = event.call.args[0] as PidRef;
  if (at.length > 0) return giveBack(m, at);
  const record = m.model.pids.get(pid);
  return record === undefined || hasTasks(record) ? [] : die(m, pid);
}

function hasTasks({ tasks }: PidRecord): boolean {
  return tasks.some((list) => list.length > 0);
}

/** The pid is gone, by all its names; if nobody else holds it, for all that is done by handle. Then `giveBack`, and `then`. */
function die(m: Moment, pid: PidRef, ...then: At): Next[] {
  const { alive, numbers, count } = m.model.pids.get(pid)!;
  if (!alive) return [];
  const end = ({ model, ending }: Moment): void => {
    const record = model.pids.get(pid)!;
    record.alive = false;
    if (count > 1) {
      ending.add(pid);
      return;
    }
    model.pids.delete(pid);
    giveObject(model.memory, record.cache);
  };
  return changed(
    m,
    end,
    'give',
    0,
    numbers.map(({ ns, nr }) => [ns, nr]),
    count > 1 ? pid : 0,
    ...then,
  );
}

/** Its numbers are free, one after the other; then its own reference is dropped, if somebody else holds it. */
function giveBack(m: Moment, at: At): Next[] {
  const [phase, i, numbers, pid, ...then] = at as ['give', number, Taken[], PidRef, ...unknown[]];
  if (phase !== ('own' as string) && i === numbers.length && pid !== 0)
    return later(m, 'own', i, numbers, pid, ...then);
  if (i === numbers.length) {
    const rest: At | undefined = then.length === 0 ? undefined : then;
    if (pid === 0) return [{ moment: { ...m }, at: rest }];
    const moment = copyOf(m);
    moment.ending.delete(pid);
    const record = moment.model.pids.get(pid)!;
    if (--record.count === 0) {
      moment.model.pids.delete(pid);
      giveObject(moment.model.memory, record.cache);
    }
    return [{ moment, at: rest }];
  }
  const [ns, nr] = numbers[i]!;
  if (phase === ('drop' as string)) return dropNs(m, ns, 'give', i + 1, numbers, pid, ...then);
  const give = ({ model }: Moment): void => void model.namespaces.get(ns)?.taken.delete(nr);
  return changed(m, give, 'drop', i, numbers, pid, ...then);
}

// ── tasks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function attachPid(m: Moment, event: Judged, at: At): Next[] {
  if (event.result.error !== undefined) return atOnce(m, event);
  const [task, type, pid] = event.call.args as [TaskRef, PidType, PidRef];
  const target = m.model.pids.get(pid);
  switch (at[0]) {
    case undefined:
      return target?.alive === true ? claim(m, task, type, pid) : [];
    case 'list':
      return changed(m, ({ model }) => void model.pids.get(pid)!.tasks[type]!.unshift(task), 'reaper');
    default:
      return done(becomeReaper(m, task, type, target));
  }
}

/** The task says that it hangs on the pid, if it hung on none. */
function claim(m: Moment, task: TaskRef, type: PidType, pid: PidRef): Next[] {
  const record = m.model.tasks.get(task);
  if (record === undefined || record.pids.has(type)) return [];
  return changed(m, ({ model }) => void model.tasks.get(task)!.pids.set(type, pid), 'list');
}

function becomeReaper(m: Moment, task: TaskRef, type: PidType, pid: PidRecord | undefined): Moment {
  const ns = pid === undefined ? undefined : m.model.namespaces.get(pid.ns);
  if (type !== PIDTYPE_PID || ns === undefined || ns.reaper !== undefined || ns.disabled) return { ...m };
  const moment = copyOf(m);
  moment.model.namespaces.get(ns.ref)!.reaper = task;
  return moment;
}

/** The list first, then the office, then what the task says; last the pid, if no task is left on it. */
function detachPid(m: Moment, event: Judged, at: At): Next[] {
  if (event.result.error !== undefined) return atOnce(m, event);
  const [task, type] = event.call.args as [TaskRef, PidType];
  const [phase, pid] = at as [string | undefined, PidRef];
  switch (phase) {
    case undefined: {
      const from = hangsOn(m, task, type);
      if (from === undefined) return [];
      const leave = ({ model }: Moment): void => {
        const list = model.pids.get(from.ref)!.tasks[type]!;
        list.splice(list.indexOf(task), 1);
      };
      return changed(m, leave, 'office', from.ref);
    }
    case 'office':
      return resign(m, task, type, undefined, m.model.pids.get(pid)!, 'link', pid);
    case 'link':
      return unlink(m, task, type, 'end', pid);
    case 'end':
      return hasTasks(m.model.pids.get(pid)!) ? done({ ...m }) : die(m, pid);
    default:
      return giveBack(m, at);
  }
}

/** The pid in whose list the task is. */
function hangsOn({ model }: Moment, task: TaskRef, type: PidType): PidRecord | undefined {
  const pid = model.pids.get(model.tasks.get(task)?.pids.get(type) ?? UNBORN);
  return pid !== undefined && pid.tasks[type]!.includes(task) ? pid : undefined;
}

/** Whoever is the namespace's reaper by that pid is it no longer; another one is, if there is one. */
function resign(m: Moment, task: TaskRef, type: PidType, next: TaskRef | undefined, pid: PidRecord, ...at: At): Next[] {
  const leave = ({ model }: Moment): void => {
    const ns = model.namespaces.get(pid.ns);
    if (type === PIDTYPE_PID && ns?.reaper === task) ns.reaper = next;
  };
  return changed(m, leave, ...at);
}

function unlink(m: Moment, task: TaskRef, type: PidType, ...at: At): Next[] {
  return changed(m, ({ model }) => void model.tasks.get(task)!.pids.delete(type), ...at);
}

function transferPid(m: Moment, event: Judged, at: At): Next[] {
  if (event.result.error !== undefined) return atOnce(m, event);
  const [old, next, type] = event.call.args as [TaskRef, TaskRef, PidType];
  const pid = hangsOn(m, old, type);
  switch (at[0]) {
    case undefined:
      return pid === undefined ? [] : claim(m, next, type, pid.ref);
    case 'list': {
      const change = ({ model }: Moment): void => {
        const list = model.pids.get(pid!.ref)!.tasks[type]!;
        list[list.indexOf(old)] = next;
      };
      return changed(m, change, 'office', pid!.ref);
    }
    case 'office':
      return resign(m, old, type, next, m.model.pids.get(at[1] as PidRef)!, 'link');
    default:
      return unlink(m, old, type).map(({ moment }) => ({ moment, at: undefined }));
  }
}

/** What is after a task that is just being taken off or hung on is for that moment any of its list, or none. */
function nextPidTask(m: Moment, event: Judged): Next[] {
  const [task, type] = event.call.args as [TaskRef, PidType];
  const pid = m.model.pids.get(m.model.tasks.get(task)?.pids.get(type) ?? UNBORN);
  if (pid === undefined || pid.tasks[type]!.includes(task)) return atOnce(m, event);
  const { value, error } = event.result;
  const isIn = value === undefined || pid.tasks[type]!.includes(value as TaskRef);
  return error === undefined && isIn ? done(m) : [];
}

// ── finding ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

function findAndGet(m: Moment, event: Judged, at: At): Next[] {
  const { call, result } = event;
  const pid = result.value as PidRef | undefined;
  if (pid === undefined || result.error !== undefined) {
    const look = call.op === 'findGetPid' ? 'findPidNs' : 'taskPid';
    return atOnce(m, { ...event, call: { ...call, op: look } });
  }
  if (at.length > 0) {
    if (!m.model.pids.has(pid)) return [];
    const moment = copyOf(m);
    moment.model.pids.get(pid)!.count++;
    return done(moment);
  }
  const found =
    call.op === 'findGetPid'
      ? findIn(m, call.args[0] as number, call.args[1] as NsRef)
      : m.model.tasks.get(call.args[0] as TaskRef)?.pids.get(call.args[1] as PidType);
  return found === pid ? later(m, 'found') : [];
}

function findIn({ model }: Moment, nr: number, ns: NsRef): PidRef | undefined {
  const record = model.namespaces.get(ns);
  return record === undefined ? undefined : lookUp(model, nr, record);
}

/** The smallest number at or above `from` that is taken: of the namespace's own map, or of all that it sees. */
function takenFrom({ model }: Moment, ns: NsRecord, from: number, isSight: boolean): number | undefined {
  const isEncoded = isSight && model.traits.rootNumbers === 'encoded' && ns.level === 0;
  const owners = isEncoded ? [...model.namespaces.values()] : [ns];
  let smallest: number | undefined;
  for (const owner of owners) {
    for (const own of owner.taken.keys()) {
      const nr = isEncoded ? encode(owner.space, own) : own;
      if (nr >= from && (smallest === undefined || nr < smallest)) smallest = nr;
    }
  }
  return smallest;
}

/** `['at', nr]`: everything below has been free, or has had no pid yet or any more, when it was looked at. */
function walk(m: Moment, { call, result }: Judged, at: At): Next[] {
  const isFinding = call.op === 'findGePid';
  const [ns, given] = isFinding ? [call.args[1], call.args[0]] : call.args;
  const record = m.model.namespaces.get(ns as NsRef);
  if (record === undefined) return result.error === 'PidBug' ? done(m) : [];
  if (result.error !== undefined) return [];
  const from = at.length === 0 ? (given as number) + (isFinding ? 0 : 1) : (at[1] as number);
  const nr = takenFrom(m, record, from, isFinding);
  if (nr === undefined) return result.value === undefined ? done(m) : [];
  const pid = isFinding ? lookUp(m.model, nr, record) : undefined;
  if (result.value === (isFinding ? pid : nr) && result.value !== undefined) return done(m);
  return [...(nr > from ? later(m, 'at', nr) : []), ...(isFinding && pid === undefined ? later(m, 'at', nr + 1) : [])];
}

/** `['at', nr, k]`: has handed out the first k and goes on at that number. `['kill', nr, k]`: has found the next one. */
function zap(m: Moment, event: Judged, at: At): Next[] {
  const ns = event.call.args[0] as NsRef;
  const record = m.model.namespaces.get(ns);
  const { value, error, killed = [] } = event.result;
  if (at.length === 0) {
    if (record === undefined || error !== undefined) return atOnce(m, event);
    const close = ({ model }: Moment): void => {
      model.namespaces.get(ns)!.disabled = true;
    };
    return changed(m, close, 'at', 2, 0);
  }
  const [phase, nr, k] = at as [string, number, number];
  if (phase === 'kill') {
    const kill = killed[k]!;
    const call = { op: 'freePid' as const, args: [kill.pid] };
    if (kill.error === undefined)
      return m.model.pids.has(kill.pid as PidRef) ? die(m, kill.pid as PidRef, 'at', nr + 1, k + 1) : [];
    return atOnce(m, { ...event, call, result: { error: kill.error } }).flatMap(() => later(m, 'at', nr + 1, k + 1));
  }
  if (phase === 'clear') {
    const moment = copyOf(m);
    if (record !== undefined) moment.model.namespaces.get(ns)!.reaper = undefined;
    return done(moment);
  }
  if (phase !== 'at' && phase !== 'left') return giveBack(m, at);
  if (record === undefined) return value === true && k === killed.length ? done(m) : [];
  const next = takenFrom(m, record, nr, false);
  if (phase === 'left') {
    if (next === undefined) return value === true ? later(m, 'clear') : [];
    return value === false ? done(m) : [];
  }
  if (next === undefined) return k === killed.length ? later(m, 'left', 2, k) : [];
  const pid = lookUp(m.model, next, record);
  const isNext = killed[k]?.nr === next && killed[k]!.pid === pid;
  return [
    ...(next > nr ? later(m, 'at', next, k) : []),
    ...(pid === undefined ? later(m, 'at', next + 1, k) : []),
    ...(isNext ? later(m, 'kill', next, k) : []),
  ];
}
