/** One thread of the histories: what it shares with the others, and how it plays its part and notes it. */
import { type NsRef, type PidAllocator, PidBug, PidError, type PidRef } from '@pidlab/contract';
import type { Call, Initial, Result, Space } from './calls.ts';
import type { Event } from './history.ts';
import { beginning, HELD, type Planned, program, REGISTERS } from './programs.ts';
import { MEETING_WORDS, meet } from './rendezvous.ts';

/** Pids that one worker can allocate in a history, and that a history can begin with. */
const PIDS = 16;
const CLOCK = 0;
const GATHER = 16;
const START = 32;
const WORDS: number = START + MEETING_WORDS;

/** What the threads of the histories share beside the allocator. */
export interface Board {
  /** The clock, and where they meet. */
  readonly words: Int32Array;
  /** Handles: the registers, and the pids that each worker made. */
  readonly handles: BigInt64Array;
}

/** A board for so many threads, or one over what another thread made. */
export function boardOver(buffer: SharedArrayBuffer): Board {
  return { words: new Int32Array(buffer, 0, WORDS), handles: new BigInt64Array(buffer, 256) };
}

/** Bytes of a board. */
export function boardBytes(workers: number): number {
  return 256 + 8 * (REGISTERS + workers * PIDS);
}

/** The parts of a worker, and who it is. */
export interface Player {
  readonly a: PidAllocator;
  readonly board: Board;
  readonly namespaces: readonly NsRef[];
  readonly spaces: readonly Space[];
  readonly worker: number;
  readonly workers: number;
  readonly seed: number;
  /** Calls of a worker in a history, from and to. */
  readonly calls: readonly [number, number];
}

/** What a worker noted of a history; the pids of the beginning only from worker 0. */
export interface Notes {
  readonly initial: readonly Initial[];
  readonly events: readonly Event<Call, Result>[];
}

/** Plays its part in the history of that number. Worker 0 makes the beginning, when all are there, and clears up after the last one. */
export function play(player: Player, history: number): Notes {
  const { board, worker, workers, seed, spaces, calls } = player;
  const planned = program(seed, history, worker, spaces, ...calls);
  meet(board.words, GATHER, workers);
  const initial = worker === 0 ? prepare(player, history) : [];
  meet(board.words, GATHER, workers);
  meet(board.words, START, workers);
  const events = perform(player, planned);
  return { initial, events };
}

function prepare(player: Player, history: number): Initial[] {
  const { a, board, namespaces, spaces, seed } = player;
  for (const [i, handle] of board.handles.entries()) {
    if (handle !== 0n && i >= REGISTERS) end(a, Number(handle) as PidRef);
  }
  board.handles.fill(0n);
  Atomics.store(board.words, CLOCK, 0);
  const { cursors, pids } = beginning(seed, history, spaces);
  for (const [ns, cursor] of cursors.entries()) a.setLastPid(namespaces[ns], cursor);
  return pids.flatMap(({ ns, references }, i) => {
    const pid = tryTo(() => a.allocPid(namespaces[ns])).value;
    if (pid === undefined) return [];
    for (let r = 0; r < references; r++) a.getPid(pid as PidRef);
    board.handles[i] = BigInt(pid);
    board.handles[REGISTERS + i] = BigInt(pid);
    return [{ pid, ns, nrs: numbersOf(player, pid as PidRef, ns), count: 1 + references }];
  });
}

/** Frees a pid and gives back all references on it, however many are left. */
function end(a: PidAllocator, pid: PidRef): void {
  tryTo(() => a.freePid(pid));
  while (tryTo(() => a.putPid(pid)).error === undefined);
}

function perform(player: Player, planned: readonly Planned[]): Event<Call, Result>[] {
  const { a, board, namespaces, worker } = player;
  const own = REGISTERS + worker * PIDS + (worker === 0 ? REGISTERS : 0);
  const events: Event<Call, Result>[] = [];
  let held = 0;
  let made = 0;
  for (const plan of planned) {
    const call = concrete(plan, 'register' in plan ? handleIn(board, plan.register, held) : 0);
    if (call === undefined) continue;
    const run = bindCall(a, namespaces, call);
    const from = Atomics.add(board.words, CLOCK, 1);
    const outcome = tryTo(run);
    const to = Atomics.add(board.words, CLOCK, 1);
    const pid = outcome.value;
    if (call.op === 'allocPid' && pid !== undefined) {
      const nrs = numbersOf(player, pid as PidRef, call.ns);
      events.push({ worker, call, result: { ...outcome, nrs }, from, to });
      Atomics.store(board.handles, own + made++, BigInt(pid));
      if (plan.op === 'allocPid') Atomics.store(board.handles, plan.register, BigInt(pid));
    } else {
      events.push({ worker, call, result: outcome, from, to });
      if (call.op === 'findGetPid' && pid !== undefined) held = pid;
    }
  }
  return events;
}

function handleIn(board: Board, register: number, held: number): number {
  return register === HELD ? held : Number(Atomics.load(board.handles, register));
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
function numbersOf({ a, namespaces, spaces }: Player, pid: PidRef, ns: number): number[] {
  return spaces[ns].maps.map((map) => a.pidNrNs(pid, namespaces[map]));
}
