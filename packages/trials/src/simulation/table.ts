/** Processes over both sides: random calls, by hooks that throw and call again too, after each of which both tables look alike. */
import { type PidAllocator, PidBug, PidError } from '@pidlab/contract';
import {
  __WALL,
  createProcessTable,
  type Process,
  type ProcessTable,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from '@pidlab/process-table';

/** What to do, by whom, to whom, and two more choices. */
export type Step = readonly [what: number, who: number, whom: number, x: number, y: number];

type P = Process<number>;
type T = ProcessTable<number>;
type Call = (t: T, p: P, q: P, x: number, y: number) => unknown;

const SIGNALS = [0, SIGTERM, SIGKILL, SIGSTOP, SIGCONT, SIGUSR1, SIGCHLD, 40, 65];
const signal = (x: number): number => SIGNALS[x % SIGNALS.length];
const nr = (x: number): number => (x % 30) - 8;
const isInit = (t: T, p: P): boolean => p.leader === t.init;

const CALLS: readonly (readonly [share: number, call: Call])[] = [
  [8, (t, p) => t.fork(p)],
  [
    4,
    (t, p, _, x, y) =>
      t.clone(p, {
        newPid: (x & 3) === 0,
        thread: (x & 3) === 1,
        parent: (x & 12) === 12,
        ...(y % 5 === 0 ? { setTid: [1 + (y % 40)] } : {}),
        ...((x & 3) === 0 && y % 3 === 0 ? { limits: { pids: y % 20, namespaces: y % 4 } } : {}),
        ...(y % 11 === 0 ? { payloadOf: () => (x % 2 === 0 ? thrown() : 0) } : {}),
      }),
  ],
  [2, (t, p) => t.clone(p, { newPid: true })],
  [2, (t, p) => t.clone(p, { thread: true })],
  [4, (t, p, _, x) => isInit(t, p) || t.exitGroup(p, x % 256)],
  [2, (t, p, _, x) => isInit(t, p) || t.exit(p, x % 256)],
  [
    6,
    (t, p, _, x, y) =>
      found(t.wait4(p, [-1, 0, nr(x)][x % 3], WNOHANG | (y & 1 ? __WALL : 0) | (y & 2 ? WUNTRACED : 0))),
  ],
  [2, (t, p) => found(t.wait4(p, -1, WNOHANG | __WALL | WCONTINUED))],
  [5, (t, p, _, x, y) => t.kill(p, nr(x), signal(y))],
  [3, (t, p, q, _, y) => t.kill(p, t.allocator.pidNrNs(q.pid, p.pidNs), signal(y))],
  [1, (t, p, q, x, y) => t.sigqueue(p, t.allocator.pidNrNs(q.pid, p.pidNs), signal(y), x)],
  [1, (t, _, q, __, y) => isInit(t, q) || t.signalFromOutside(q, signal(y))],
  [
    2,
    (t, p, _, x, y) =>
      t.sigaction(p, signal(y), (['default', 'ignore', 'handle'] as const)[x % 3], { noCldWait: x % 5 === 0 }),
  ],
  [1, (t, p) => t.unshare(p)],
  [1, (t, p, q) => t.setns(p, q.pidNs)],
  [1, (t, p) => isInit(t, p) || t.exec(p)],
  [2, (t, p, _, x, y) => t.setpgid(p, nr(x), nr(y))],
  [1, (t, p) => t.setsid(p)],
  [1, (t, p, _, x) => t.setChildSubreaper(p, x % 2 === 0)],
  [1, (t, p, _, x) => t.closePidfd(t.openPidfd(p, Math.abs(nr(x)), { thread: x % 2 === 0 }))],
  [1, (t, p, _, x) => [t.getpid(p), t.getppid(p), t.getpgid(p, 0), t.status(Math.abs(nr(x)) + 1, p.pidNs)]],
  [1, (t, _, q, __, y) => t.allocator.setLastPid(q.pidNs, [31_990, 32_766, 40, 200_000, 32_767][y % 5])],
];
const WHEEL: readonly Call[] = CALLS.flatMap(([share, call]) => Array<Call>(share).fill(call));

const THROWN = 'thrown by a hook';

function thrown(): never {
  throw new Error(THROWN);
}

function found(waited: ReturnType<T['wait4']>): unknown {
  return typeof waited === 'object' ? [waited.pid, waited.status] : typeof waited;
}

/** One table, and the hooks that act for it. */
export class Table {
  readonly t: T;
  /** Everybody that ever was, in the order of birth. */
  readonly all: P[] = [];
  /** What came of everything since it was last asked. */
  log: unknown[] = [];
  /** What hooks do, one at a time that one is called. */
  readonly #hooks: Step[] = [];
  #depth = 0;

  constructor(allocator: PidAllocator) {
    const told = (what: string) => (process: P) => this.#told(what, process);
    this.t = createProcessTable<number>({
      allocator,
      initPayload: 0,
      ...{ deliver: told('deliver'), exited: told('exited'), childChanged: told('childChanged') },
      ...{ mayKill: () => this.#asked('mayKill'), mayFork: () => this.#asked('mayFork') },
    });
    this.all.push(this.t.init);
  }

  /** The next hook that is called does this. */
  plan(step: Step): void {
    this.#hooks.push(step);
  }

  /** Makes a call, and notes what came of it. Throws what no table throws. */
  act([what, who, whom, x, y]: Step): void {
    const alive = this.all.filter(({ state }) => state !== 'dead');
    const callers = alive.filter(({ state }) => state === 'running' || state === 'stopped');
    const caller = callers[who % callers.length] ?? this.t.init;
    try {
      const came = WHEEL[what % WHEEL.length](this.t, caller, alive[whom % alive.length], x, y);
      if (typeof came === 'object' && came !== null && 'pidNs' in came) this.#enter(came as P);
      else this.log.push(came);
    } catch (error) {
      for (const one of error instanceof AggregateError ? error.errors : [error]) this.#note(one as Error);
    }
  }

  #enter(process: P): void {
    process.payload = this.all.length;
    this.all.push(process);
    this.log.push(['born', process.payload, process.state]);
  }

  #note(error: Error): void {
    if (!(error instanceof PidError || error instanceof PidBug || error.message === THROWN)) throw error;
    this.log.push(error instanceof PidError ? `${error.code} of ${error.op}` : error.name);
  }

  #told(what: string, process: P): void {
    this.log.push([what, this.all.indexOf(process), process.state]);
    const step = this.#depth > 2 ? undefined : this.#hooks.pop();
    if (step === undefined) return;
    this.#depth++;
    this.act(step);
    this.#depth--;
    if (step[4] % 4 === 0) thrown();
  }

  /** A question may not be answered by changing something: that is a PidBug. */
  #asked(what: string): boolean {
    const step = this.#depth > 2 ? undefined : this.#hooks.at(-1);
    if (step === undefined || step[3] % 3 !== 0) return true;
    this.#told(what, this.t.init);
    return step[3] % 2 === 0;
  }

  /** Everything that can be seen of it. */
  picture(): unknown {
    const { t } = this;
    const root = t.init.pidNs;
    const people = this.all.map((p) => [p.state, p.waitStatus, p.state === 'dead' ? 0 : t.allocator.pidNr(p.pid)]);
    const listed = t.listProcesses(root).map((number) => [t.status(number, root), t.listThreads(number, root)]);
    const { pids, tasks, namespaces } = t.allocator.stats();
    return { people, listed, size: t.size, pids, tasks, namespaces };
  }

  /** Kills everybody but the root's init. */
  end(): void {
    const { t } = this;
    this.#hooks.length = 0;
    t.sigaction(t.init, SIGCHLD, 'default');
    for (let round = 0; t.size > t.init.threads.length; round++) {
      if (round > 100) throw new Error('somebody cannot be ended');
      for (const p of this.all) if (p.leader !== t.init && p.state !== 'dead') t.signalFromOutside(p, SIGKILL);
      while (t.init.threads.some(({ children }) => children.length > 0))
        if (typeof t.wait4(t.init, -1, WNOHANG | __WALL) !== 'object') break;
    }
    t.exec(t.init);
    if (t.init.pidNsForChildren !== t.init.pidNs) t.setns(t.init, t.init.pidNs);
  }
}
