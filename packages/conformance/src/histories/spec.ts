/**
 * What an allocator that several threads use promises of each call, as a specification for the search.
 *
 * Most calls are one step: they happen at one moment. The others promise this much, and the steps say it:
 *
 * | call | steps |
 * | --- | --- |
 * | `allocPid` | takes a number of one map after the other, innermost first; then the pid is there, by all its names at once |
 * | … EAGAIN | each number of a map on the way was taken at some moment of the call, not all at the same; then the numbers that were taken are given back |
 * | … EEXIST | the chosen number was taken at one moment; then as above |
 * | `freePid` | the pid is gone, by all its names at once, and if nobody else holds it, for all that is done by handle; then its numbers are free, one after the other; then its own reference is dropped, if somebody else holds it |
 * | `findGetPid` | finds the pid, and takes a reference on it at a later moment, when it may be dead already and somebody else hold it |
 * | `nextPidmap` | the number was taken at one moment, each below was free at some moment before |
 * | `findGePid` | the same, with being found for being taken |
 *
 * Which free number an automatic allocation takes is not said: the cursor is a hint that workers move under each other.
 */
import type { AllocPid, ByHandle, Call, FindPid, Initial, OnNumbers, Place, Result, Space } from './calls.ts';
import type { Event, Lanes } from './history.ts';
import { DONE, put, type Specification, type Step } from './search.ts';

/** The numbers taken of each map, a bit each from the floor up; and what is known of each pid. */
export interface PidState {
  readonly taken: readonly number[];
  readonly pids: readonly PidLife[];
}

/** References, and whether it can be found, and whether the allocation's own reference is one of them. */
interface PidLife {
  readonly count: number;
  readonly alive: boolean;
  readonly own: boolean;
}

const UNBORN: PidLife = { count: 0, alive: false, own: false };
/** Calls that never change anything that the others see. */
const LOOKS: ReadonlySet<Call['op']> = new Set([
  'pidCount',
  'pidNrNs',
  'findPidNs',
  'findGePid',
  'nextPidmap',
  'setLastPid',
]);
const NEVER: readonly Step<PidState>[] = [];

type PidEvent = Event<Call, Result>;

/** The maps that a pid has numbers of, and these. */
interface Names {
  readonly maps: readonly Place[];
  readonly nrs: readonly number[];
}

/** The specification of a history that began with those pids. */
export function pidSpecification(
  spaces: readonly Space[],
  initial: readonly Initial[],
  lanes: Lanes<Call, Result>,
): Specification<PidState, Call, Result> {
  const { index, names } = register(spaces, initial, lanes);
  const bitOf = (map: Place, nr: number): number =>
    nr >= spaces[map].floor && nr < spaces[map].end ? 1 << (nr - spaces[map].floor) : 0;
  const wholeOf = (map: Place): number => (1 << (spaces[map].end - spaces[map].floor)) - 1;
  /** The bits of the numbers in `[from, to)`. */
  const rangeOf = (map: Place, from: number, to: number): number => {
    const low = Math.max(from - spaces[map].floor, 0);
    return wholeOf(map) & ((1 << Math.max(to - spaces[map].floor, low)) - 1) & -(1 << low);
  };
  const nameOf = (pid: number, map: Place): number | undefined => {
    const place = names[pid].maps.indexOf(map);
    return place < 0 ? undefined : names[pid].nrs[place];
  };
  const holderOf = (state: PidState, map: Place, nr: number): number =>
    state.pids.findIndex((life, pid) => life.alive && nameOf(pid, map) === nr);
  /** The bits of the numbers by which a pid can be found. */
  const foundIn = (state: PidState, map: Place): number =>
    state.pids.reduce((bits, life, pid) => bits | (life.alive ? bitOf(map, nameOf(pid, map) ?? 0) : 0), 0);

  function steps(state: PidState, event: PidEvent, at: number): readonly Step<PidState>[] {
    const { call, result } = event;
    switch (call.op) {
      case 'allocPid':
        return allocSteps(state, call, result, at);
      case 'findPidNs':
      case 'findGetPid':
        return findSteps(state, call, result, at);
      case 'nextPidmap':
      case 'findGePid':
      case 'setLastPid':
        return numberSteps(state, call, result, at);
      default:
        return handleSteps(state, call, result, at);
    }
  }

  /** Calls on a namespace's numbers. */
  function numberSteps(
    state: PidState,
    call: OnNumbers,
    { value, error }: Result,
    at: number,
  ): readonly Step<PidState>[] {
    if (call.op === 'setLastPid') return lookIf(state, error === undefined);
    const isGe = call.op === 'findGePid';
    const bits = isGe ? foundIn(state, call.ns) : state.taken[call.ns];
    const nr = isGe && value !== undefined ? nrOf(value, call.ns) : value;
    return nr === 0 ? NEVER : scanSteps(state, call.ns, isGe ? call.nr : call.last + 1, nr, bits, at);
  }

  /** Calls by handle. */
  function handleSteps(state: PidState, call: ByHandle, result: Result, at: number): readonly Step<PidState>[] {
    const pid = index.get(call.pid) ?? -1;
    const life = state.pids[pid] ?? UNBORN;
    if (call.op === 'freePid') return freeSteps(state, pid, life, result, at);
    if (result.error !== undefined) {
      const isGone = life.count === 0;
      return lookIf(state, isGone || (call.op === 'putPid' && life.count === 1 && life.own));
    }
    if (life.count === 0) return NEVER;
    if (call.op === 'pidCount') return lookIf(state, life.count === result.value);
    if (call.op === 'getPid') return [change(state, pid, { ...life, count: life.count + 1 }, DONE)];
    if (call.op === 'putPid') {
      const isOnlyOwn = life.count === 1 && life.own;
      return isOnlyOwn ? NEVER : [change(state, pid, { ...life, count: life.count - 1 }, DONE)];
    }
    return call.op === 'pidNrNs' ? lookIf(state, (nameOf(pid, call.ns) ?? result.value) === result.value) : NEVER;
  }

  function nrOf(handle: number, map: Place): number {
    const pid = index.get(handle);
    return pid === undefined ? 0 : (nameOf(pid, map) ?? 0);
  }

  function allocSteps(state: PidState, call: AllocPid, result: Result, at: number): readonly Step<PidState>[] {
    const { maps } = spaces[call.ns];
    if (result.error !== undefined) return failSteps(state, maps, call.setTid ?? [], result.error, at);
    const pid = index.get(result.value ?? -1) ?? -1;
    if (at === maps.length) return [change(state, pid, { count: 1, alive: true, own: true }, DONE)];
    const nr = names[pid].nrs[at];
    const bit = bitOf(maps[at], nr);
    const isAsked = nr === (call.setTid?.[at] ?? nr);
    const isFree = bit !== 0 && (state.taken[maps[at]] & bit) === 0;
    return isAsked && isFree ? [take(state, maps[at], bit, at + 1)] : NEVER;
  }

  /**
   * How far an allocation has come that fails: the bits of its map that it has seen taken, in the low byte; above them the
   * number of the inner map that it has taken, as a bit, and above those whether it is on its way back.
   */
  function failSteps(
    state: PidState,
    maps: readonly Place[],
    setTid: readonly number[],
    error: string,
    at: number,
  ): readonly Step<PidState>[] {
    const inner = (at >> 8) & 0xff;
    if (at >> 16 !== 0) return [take(state, maps[0], -inner, DONE)];
    const place = inner === 0 ? 0 : 1;
    const map = maps[place];
    const chosen = setTid[place];
    const end = inner === 0 ? DONE : 0x1_0000 | at;
    const found: Step<PidState>[] = [];
    if (chosen !== undefined) {
      if (error === 'EEXIST' && (state.taken[map] & bitOf(map, chosen)) !== 0) found.push({ state, at: end });
    } else if (error === 'EAGAIN') {
      const seen = (at & 0xff) | state.taken[map];
      if (seen === wholeOf(map)) found.push({ state, at: end });
      else if (seen !== (at & 0xff)) found.push({ state, at: (at & ~0xff) | seen });
    }
    if (place + 1 < maps.length && inner === 0) {
      const free = wholeOf(map) & ~state.taken[map] & (chosen === undefined ? -1 : bitOf(map, chosen));
      for (let bit = 1; bit <= free; bit <<= 1) if ((free & bit) !== 0) found.push(take(state, map, bit, bit << 8));
    }
    return found;
  }

  function freeSteps(
    state: PidState,
    pid: number,
    life: PidLife,
    result: Result,
    at: number,
  ): readonly Step<PidState>[] {
    if (result.error !== undefined) return lookIf(state, !life.alive);
    if (at === 0) {
      if (!life.alive) return NEVER;
      const isLast = life.count === 1;
      return [change(state, pid, isLast ? UNBORN : { ...life, alive: false }, 1)];
    }
    const { maps, nrs } = names[pid];
    if (at > maps.length) return [change(state, pid, { ...life, count: life.count - 1, own: false }, DONE)];
    const isEnd = at === maps.length && !life.own;
    return [take(state, maps[at - 1], -bitOf(maps[at - 1], nrs[at - 1]), isEnd ? DONE : at + 1)];
  }

  function findSteps(
    state: PidState,
    { op, nr, ns }: FindPid,
    { value }: Result,
    at: number,
  ): readonly Step<PidState>[] {
    const holder = holderOf(state, ns, nr);
    if (value === undefined) return lookIf(state, holder < 0);
    const pid = index.get(value);
    if (pid === undefined) return NEVER;
    if (at === 0) return holder === pid ? [{ state, at: op === 'findPidNs' ? DONE : 1 }] : NEVER;
    const life = state.pids[pid];
    return life.count === 0 ? NEVER : [change(state, pid, { ...life, count: life.count + 1 }, DONE)];
  }

  /** A walk upwards from a number: what it has stepped over is in `at`, above a bit that says that it has begun. */
  function scanSteps(
    state: PidState,
    map: Place,
    from: number,
    nr: number | undefined,
    bits: number,
    at: number,
  ): readonly Step<PidState>[] {
    const wanted = rangeOf(map, from, nr ?? spaces[map].end);
    const over = (at >> 1) | (~bits & wanted);
    if (over === wanted && (nr === undefined || (nr >= from && (bits & bitOf(map, nr)) !== 0)))
      return [{ state, at: DONE }];
    const next = (over << 1) | 1;
    return next === at ? NEVER : [{ state, at: next }];
  }

  const isInitial = (pid: number): boolean => pid < initial.length;
  const takenAtFirst = (map: Place): number =>
    names.reduce((bits, _, pid) => bits | (isInitial(pid) ? bitOf(map, nameOf(pid, map) ?? 0) : 0), 0);
  return {
    initial: {
      taken: spaces.map((_, map) => takenAtFirst(map)),
      pids: names.map((_, pid) => (isInitial(pid) ? { count: initial[pid].count, alive: true, own: true } : UNBORN)),
    },
    steps,
    // An allocation that fails takes numbers on its way, and others may find them taken.
    isLook: ({ call, result }) => LOOKS.has(call.op) || (result.error !== undefined && call.op !== 'allocPid'),
    key: ({ taken, pids }) => `${taken} ${pids.map(keyOf)}`,
  };
}

function keyOf({ count, alive, own }: PidLife): number {
  return count * 4 + (alive ? 2 : 0) + (own ? 1 : 0);
}

/** All pids that the history knows, those of the beginning first. */
function register(
  spaces: readonly Space[],
  initial: readonly Initial[],
  lanes: Lanes<Call, Result>,
): { index: ReadonlyMap<number, number>; names: readonly Names[] } {
  const index = new Map<number, number>();
  const names: Names[] = [];
  const add = (handle: number, ns: Place, nrs: readonly number[]): void => {
    index.set(handle, names.length);
    names.push({ maps: spaces[ns].maps, nrs });
  };
  for (const { pid, ns, nrs } of initial) add(pid, ns, nrs);
  for (const { call, result } of lanes.flat()) {
    if (call.op === 'allocPid' && result.value !== undefined) add(result.value, call.ns, result.nrs ?? []);
  }
  return { index, names };
}

function lookIf(state: PidState, holds: boolean): readonly Step<PidState>[] {
  return holds ? [{ state, at: DONE }] : NEVER;
}

function change(state: PidState, pid: number, life: PidLife, at: number): Step<PidState> {
  return { state: { ...state, pids: put(state.pids, pid, life) }, at };
}

/** Adds a bit to what is taken of a map, or with a minus takes it away. */
function take(state: PidState, map: Place, bit: number, at: number): Step<PidState> {
  return { state: { ...state, taken: put(state.taken, map, state.taken[map] + bit) }, at };
}
