/** One thread of the histories: what it shares with the others, and how it plays its part and notes it. */

import type { Call, Event, Initial, Result, Space } from '@pidlab/conformance/histories';
import { type NsRef, type PidAllocator, PidBug, PidError, type PidRef } from '@pidlab/contract';
import { beginning, HELD, type Planned, program, REGISTERS } from './programs.ts';
import { BRIEFLY, EAGERLY, MEETING_WORDS, meet } from './rendezvous.ts';

/** Pids that one worker can make in a history, those of its beginning included. */
const PIDS = 16;
/** Of the words that all workers share: where they meet before a round, and before each history of it. */
const GATHER = 0;
const START = 16;
export const MEETING_BYTES: number = 4 * (START + MEETING_WORDS);

/** An allocator for one history at a time, and what its workers share beside it. */
export interface World {
  readonly a: PidAllocator;
  readonly namespaces: readonly NsRef[];
  /** One word: the clock. */
  readonly clock: Int32Array;
  /** Handles: the registers, and the pids that each worker made. */
  readonly handles: BigInt64Array;
}

/** Bytes of a world's clock and handles. */
export function boardBytes(workers: number): number {
  return 8 * (1 + REGISTERS + workers * PIDS);
}

/** A world over what another thread made. */
export function worldOver(a: PidAllocator, namespaces: readonly NsRef[], board: SharedArrayBuffer): World {
  return { a, namespaces, clock: new Int32Array(board, 0, 1), handles: new BigInt64Array(board, 8) };
}

/** A worker: where it plays, and who it is. */
export interface Player {
  readonly worlds: readonly World[];
  readonly meeting: Int32Array;
  readonly spaces: readonly Space[];
  readonly worker: number;
  readonly workers: number;
  readonly seed: number;
  /** Calls of a worker in a history, from and to. */
  readonly calls: readonly [number, number];
}

/** What a worker noted of a history; the pids of the beginning only if it is worker 0. */
export interface Notes {
  readonly initial: readonly Initial[];
  readonly events: readonly Event<Call, Result>[];
}

/**
 * Plays its part in histories of these numbers, one in each world. Worker 0 clears up what the last ones left, and makes the
 * beginnings; then the workers go through the worlds, and begin together in each.
 */
export function playRound(player: Player, histories: readonly number[]): Notes[] {
  const { worlds, meeting, worker, workers, seed, spaces, calls } = player;
  const programs = histories.map((history) => program(seed, history, worker, spaces, ...calls));
  meet(meeting, GATHER, workers, BRIEFLY);
  const initials = histories.map((history, i) => (worker === 0 ? prepare(player, worlds[i], history) : []));
  meet(meeting, GATHER, workers, BRIEFLY);
  return initials.map((initial, i) => {
    meet(meeting, START, workers, EAGERLY);
    return { initial, events: perform(player, worlds[i], programs[i]) };
  });
}

function prepare({ spaces, seed }: Player, world: World, history: number): Initial[] {
  const { a, clock, handles, namespaces } = world;
  for (const [i, handle] of handles.entries()) {
    if (handle !== 0n && i >= REGISTERS) end(a, Number(handle) as PidRef);
  }
  handles.fill(0n);
  clock[0] = 0;
  const { cursors, pids } = beginning(seed, history, spaces);
  for (const [ns, cursor] of cursors.entries()) a.setLastPid(namespaces[ns], cursor);
  return pids.flatMap(({ ns, references }, i) => {
    const pid = tryTo(() => a.allocPid(namespaces[ns])).value;
    if (pid === undefined) return [];
    for (let r = 0; r < references; r++) a.getPid(pid as PidRef);
    handles[i] = BigInt(pid);
    handles[REGISTERS + i] = BigInt(pid);
    return [{ pid, ns, nrs: numbersOf(world, spaces[ns], pid as PidRef), count: 1 + references }];
  });
}

/** Frees a pid and gives back all references on it, however many are left. */
function end(a: PidAllocator, pid: PidRef): void {
  tryTo(() => a.freePid(pid));
  while (tryTo(() => a.putPid(pid)).error === undefined);
}

function perform({ spaces, worker }: Player, world: World, planned: readonly Planned[]): Event<Call, Result>[] {
  const { a, clock, handles, namespaces } = world;
  const own = REGISTERS + worker * PIDS + (worker === 0 ? REGISTERS : 0);
  const events: Event<Call, Result>[] = [];
  let held = 0;
  let made = 0;
  for (const plan of planned) {
    const call = concrete(plan, 'register' in plan ? handleIn(handles, plan.register, held) : 0);
    if (call === undefined) continue;
    const run = bindCall(a, namespaces, call);
    const from = Atomics.add(clock, 0, 1);
    const outcome = tryTo(run);
    const to = Atomics.add(clock, 0, 1);
    const pid = outcome.value;
    if (call.op === 'allocPid' && pid !== undefined) {
      const nrs = numbersOf(world, spaces[call.ns], pid as PidRef);
      events.push({ worker, call, result: { ...outcome, nrs }, from, to });
      Atomics.store(handles, own + made++, BigInt(pid));
      if (plan.op === 'allocPid') Atomics.store(handles, plan.register, BigInt(pid));
    } else {
      events.push({ worker, call, result: outcome, from, to });
      if (call.op === 'findGetPid' && pid !== undefined) held = pid;
    }
  }
  return events;
}

function handleIn(handles: BigInt64Array, register: number, held: number): number {
  return register === HELD ? held : Number(Atomics.load(handles, register));
}

/** The call with its handle; none when there is no handle to call with. */
function concrete(plan: Planned, pid: number): Call | undefined {
  if (!('register' in plan)) return plan;
  const { register: _, ...rest } = plan;
  if (rest.op === 'allocPid') return rest;
  return pid === 0 ? undefined : { ...rest, pid };
}

function bindCall(a: PidAllocator, namespaces: readonly NsRef[], call: Call): () => unknown {
  const pid = ('pid' in call ? call.pid : 0) as PidRef;
  const ns = namespaces['ns' in call ? call.ns : 0];
  switch (call.op) {
    case 'allocPid':
      return () => a.allocPid(ns, call.setTid);
    case 'freePid':
      return () => a.freePid(pid);
    case 'getPid':
      return () => void a.getPid(pid);
    case 'putPid':
      return () => a.putPid(pid);
    case 'pidCount':
      return () => a.pidCount(pid);
    case 'pidNrNs':
      return () => a.pidNrNs(pid, ns);
    case 'nextPidmap':
      return () => a.nextPidmap(ns, call.last);
    case 'setLastPid':
      return () => a.setLastPid(ns, call.nr);
    default:
      return () => a[call.op](call.nr, ns);
  }
}

function tryTo(run: () => unknown): Result {
  try {
    const value = run();
    return value === undefined ? {} : { value: value as number };
  } catch (error) {
    if (error instanceof PidError) return { error: error.code };
    if (error instanceof PidBug) return { error: 'PidBug' };
    throw error;
  }
}

/** Nobody else can end a pid that has not been shown to anybody, so its numbers can be asked for. */
function numbersOf({ a, namespaces }: World, { maps }: Space, pid: PidRef): number[] {
  return maps.map((map) => a.pidNrNs(pid, namespaces[map]));
}
