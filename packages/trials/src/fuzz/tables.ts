/** Snapshots of a process table that are damaged on purpose, over the allocator that is theirs. */
import { PidBug, PidError, type Strategy } from '@pidlab/contract';
import {
  createProcessTable,
  type Process,
  type ProcessTable,
  restoreProcessTable,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  type TableSnapshot,
} from '@pidlab/process-table';
import { count, type Fuzzer } from './fuzzer.ts';

/** Which place of it, and what stands there instead. */
type Item = readonly [place: number, how: number, choice: number];

type Table = ProcessTable<string>;

export const tables: Fuzzer<Item> = {
  name: 'tables',
  what: 'snapshots of a process table with some values changed: refused at once, or as good as any other',
  unit: 'snapshots',
  variants: ['guests', 'linux'],
  open(strategy, variant) {
    const saved = busyTable(strategy, variant as 'guests' | 'linux').snapshot();
    return {
      draw({ below }) {
        const length = below(3) === 0 ? 2 + below(3) : 1;
        return Array.from({ length }, () => [below(2 ** 31), below(2 ** 31), below(2 ** 31)]);
      },
      play(items, counts) {
        const table = structuredClone(saved.table);
        for (const item of items) damage(table, item);
        const isTaken = refusedOrWorks(strategy, { allocator: saved.allocator, table });
        count(counts, isTaken ? 'accepted' : 'refused');
        return 1;
      },
    };
  },
};

/** A table with everything that a snapshot can have. */
function busyTable({ createPidAllocator, traits }: Strategy, isolation: 'guests' | 'linux'): Table {
  const allocator = createPidAllocator({ memory: 2 ** 20, capacity: 64, namespaces: 8, generationBase: 1000 });
  const t = createProcessTable<string>({ allocator, initPayload: 'init', isolation });
  const shell = t.fork(t.init, 'shell');
  t.setsid(shell);
  const jobs = Array.from({ length: 4 }, () => t.fork(shell, 'job'));
  t.setpgid(shell, t.getpid(jobs[0]), 0);
  t.setpgid(shell, t.getpid(jobs[1]), t.getpid(jobs[0]));
  t.setChildSubreaper(shell, true);
  const box = t.clone(shell, { newPid: true, payload: 'box', limits: { pids: 20, pendingSignals: 5 } });
  const guests = Array.from({ length: 4 }, () => t.fork(box, 'guest'));
  t.clone(guests[0], { thread: true, payload: 'thread' });
  t.openPidfd(box, t.getpid(guests[1]));
  t.openPidfd(shell, t.getpid(jobs[2]));
  t.unshare(traits.maxLevel > 1 ? guests[2] : jobs[0]);
  t.sigaction(guests[3], SIGUSR1, 'handle');
  t.sigaction(guests[3], SIGTERM, 'ignore');
  t.kill(box, t.getpid(guests[3]), SIGSTOP);
  t.kill(box, t.getpid(guests[3]), SIGUSR1);
  t.sigqueue(box, t.getpid(guests[3]), 40, 'value');
  t.exit(jobs[2], 1);
  t.exec(jobs[3]);
  t.setns(t.init, box.pidNs);
  t.fork(t.init, 'visitor');
  t.setns(t.init, t.init.pidNs);
  return t;
}

type Holder = Record<string, unknown>;

/**
 * All places of plain data, lists and records among them. Bytes are none: what is put there is made a number of, and of a list
 * that has been made long even that cannot be had.
 */
function placesIn(value: unknown): [holder: Holder, key: string][] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  const holder = value as Holder;
  // Where a list has been made long, nobody asks for all of it.
  return Object.keys(holder).flatMap((key) => [[holder, key] as [Holder, string], ...placesIn(holder[key])]);
}

function damage(table: unknown, [place, how, choice]: Item): void {
  const places = placesIn(table);
  if (places.length === 0) return;
  const [holder, key] = places[place % places.length];
  const [other, otherKey] = places[choice % places.length];
  const old = holder[key];
  const list = Array.isArray(old) && old.length < 1_000 ? [...old] : [old];
  const values: readonly (() => unknown)[] = [
    () => NUMBERS[choice % NUMBERS.length],
    // Of a list that has been made long, not even the text can be had.
    () => (typeof old === 'number' ? old : 0) + (choice % 5) - 2,
    () => choice % 30,
    () => other[otherKey],
    () => ODDITIES[choice % ODDITIES.length](),
    () => list.filter((_, i) => i !== choice % list.length),
    () => [...list, list[choice % list.length]],
    () => Object.assign(list, { length: LENGTHS[choice % LENGTHS.length] }),
  ];
  holder[key] = structuredClone(values[how % values.length]());
}

const NUMBERS = [
  0,
  -0,
  -1,
  1,
  2,
  64,
  0xffff,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];
const LENGTHS = [0, 1, 2, 100, 1e6, 2 ** 32 - 1];
const ODDITIES: readonly (() => unknown)[] = [
  ...[() => undefined, () => null, () => true, () => 'alive', () => 'zombie', () => 'exiting', () => 'handle'],
  ...[() => ({}), () => [], () => new Array(1e9), () => 1n, () => new Map(), () => new Uint8Array(4)],
];

/** Whether it is taken. Throws when it is refused otherwise than as documented, or taken and does not work. */
function refusedOrWorks({ createPidAllocator }: Strategy, snapshot: TableSnapshot): boolean {
  const allocator = createPidAllocator({ snapshot: snapshot.allocator });
  const before = JSON.stringify(allocator.stats());
  let t: Table;
  try {
    t = restoreProcessTable<string>({ allocator, snapshot, payloadOf: () => '' });
  } catch (error) {
    if (!(error instanceof PidBug && error.op === 'restoreProcessTable')) throw new Error(`to restore it: ${error}`);
    if (JSON.stringify(allocator.stats()) !== before) throw new Error('it was refused, and the allocator has changed');
    return false;
  }
  mustHold(t, 'as it is restored');
  use(t);
  mustHold(t, 'after use');
  t.snapshot();
  t.signalFromOutside(t.init, SIGKILL);
  if (t.size > 0) throw new Error('somebody cannot be ended');
  mustHold(t, 'at the end');
  return true;
}

function mustHold(t: Table, when: string): void {
  const [broken] = t.checkInvariants();
  if (broken !== undefined) throw new Error(`${when}: ${broken}`);
}

/** Everybody who runs forks, moves and waits; everybody who is stopped goes on; then those but the root's init end. */
function use(t: Table): void {
  const root = t.init.pidNs;
  const everybody = t
    .listProcesses(root)
    .flatMap((nr) => t.listThreads(nr, root).map((tid) => t.findProcess(tid, root)!));
  for (const process of everybody) {
    attempt(() => t.signalFromOutside(process, SIGCONT));
    attempt(() => t.fork(process));
    attempt(() => t.setsid(process));
    attempt(() => t.setpgid(process, 0, 0));
    attempt(() => t.wait4(process, -1, 1));
    attempt(() => t.openPidfd(process, 1));
  }
  for (const process of everybody) if (process.leader !== t.init) end(t, process);
}

function end(t: Table, process: Process<string>): void {
  attempt(() => t.exit(process, 0));
  attempt(() => t.signalFromOutside(process, SIGKILL));
}

/** What cannot be asked of somebody is refused. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PidError || error instanceof PidBug)) throw error;
  }
}
