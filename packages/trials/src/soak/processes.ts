/** A process table: processes, threads, containers, signals and waits. */
import type { Choices } from '@pidlab/conformance/random';
import { PidError, type Strategy } from '@pidlab/contract';
import {
  __WALL,
  createProcessTable,
  type Process,
  type ProcessTable,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  WNOHANG,
} from '@pidlab/process-table';
import { type Load, Rounds } from './load.ts';

/** As many tasks, zombies included, as there may be. */
const TASKS = 600;
const PID_MAX = 2_000;
const SIGNALS = [SIGTERM, SIGKILL, SIGSTOP, SIGCONT, SIGUSR1, 40];

type P = Process<number>;
type Act = (t: ProcessTable<number>, p: P, random: Choices) => unknown;

const acts: readonly (readonly [share: number, act: Act])[] = [
  [24, (t, p) => t.fork(p)],
  [6, (t, p) => t.clone(p, { thread: true })],
  [2, (t, p) => t.clone(p, { newPid: true, limits: { pids: 100, namespaces: 4, pendingSignals: 10 } })],
  [18, (t, p, random) => p.leader !== t.init && t.exitGroup(p, random.below(256))],
  [3, (t, p, random) => p !== t.init && t.exit(p, random.below(256))],
  [30, (t, p) => t.wait4(p, -1, WNOHANG | __WALL)],
  [8, (t, p, random) => t.kill(p, 2 + random.below(PID_MAX), random.pick(SIGNALS))],
  [2, (t, p, random) => t.sigqueue(p, 1 + random.below(40), 40, 7)],
  [2, (t, p, random) => t.sigaction(p, SIGUSR1, random.pick(['default', 'handle', 'ignore'] as const))],
  [2, (t, p) => t.setpgid(p, 0, 0)],
  [2, (t, p) => t.setsid(p)],
  [2, (t, p) => p.leader !== t.init && t.exec(p)],
  [2, (t, p) => t.closePidfd(t.openPidfd(p, t.getpid(p)))],
  [1, (t, p) => p.leader !== t.init && t.unshare(p)],
  [8, (t, p) => [t.getpid(p), t.getppid(p), t.getsid(p, 0), t.status(1, p.pidNs)]],
];
const wheel: readonly Act[] = acts.flatMap(([share, act]) => Array<Act>(share).fill(act));

/** What is done until there are half as many as there may be. */
const thinning: readonly Act[] = [
  (t, p) => p.leader !== t.init && t.signalFromOutside(p, SIGKILL),
  (t, p) => p !== t.init && p.leader === t.init && t.exit(p, 0),
  (t, p) => t.wait4(p, -1, WNOHANG | __WALL),
  (t, p) => t.wait4(p, -1, WNOHANG | __WALL),
];

export function processesOf({ createPidAllocator }: Strategy): Load {
  return new Processes(createPidAllocator({ capacity: 4_096, namespaces: 128, pidMax: PID_MAX }));
}

class Processes implements Load {
  readonly name = 'processes';
  readonly #t: ProcessTable<number>;
  /** Those that have not ended, each with its place in its payload. */
  readonly #alive: P[] = [];
  readonly #rounds = new Rounds();
  #isThinning = false;

  constructor(allocator: ReturnType<Strategy['createPidAllocator']>) {
    this.#t = createProcessTable<number>({
      allocator,
      initPayload: 0,
      limits: { pids: TASKS, namespaces: 40, pendingSignals: 100 },
      exited: (process) => this.#leave(process),
    });
    this.#alive.push(this.#t.init);
  }

  get wraps(): number {
    return this.#rounds.count;
  }

  usedBytes(): number {
    return this.#t.allocator.stats().usedBytes;
  }

  violations(): readonly string[] {
    return this.#t.checkInvariants();
  }

  step(random: Choices): void {
    const t = this.#t;
    if (t.size >= TASKS) this.#isThinning = true;
    else if (t.size < TASKS / 2) this.#isThinning = false;
    const process = random.pick(random.below(4) === 0 ? [t.init] : this.#alive);
    // An init that waits for its last zombies makes no calls.
    if (process.state === 'exiting') return;
    try {
      const act = random.pick(this.#isThinning ? thinning : wheel);
      const made = act(t, process, random);
      if (typeof made === 'object' && made !== null && 'pidNs' in made) this.#enter(made as P);
    } catch (error) {
      // Most of what is asked for at random is refused.
      if (!(error instanceof PidError)) throw error;
    }
  }

  #enter(process: P): void {
    process.payload = this.#alive.length;
    this.#alive.push(process);
    if (process.pidNs === this.#t.init.pidNs) this.#rounds.note(this.#t.allocator.pidNr(process.pid));
  }

  #leave(process: P): void {
    const last = this.#alive.pop()!;
    if (last === process) return;
    last.payload = process.payload;
    this.#alive[last.payload] = last;
  }
}
