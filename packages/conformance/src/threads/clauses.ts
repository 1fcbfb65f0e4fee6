/**
 * Chapter SHARED: what has to hold while several threads use one allocator. After each clause all are at rest, exactly what
 * should be in use is, and all invariants hold.
 */
import {
  BITS_PER_PAGE,
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  type PidAllocator,
  type PidRef,
  RESERVED_PIDS,
} from '@pidlab/contract';
import type { Arena, Counts, Part, Stage } from './arena.ts';
import type { Numbered } from './programs.ts';

/** A statement about several threads, with the code that tries it. Throws when it does not hold. */
export interface SharedClause {
  /** `SHARED-3`: stable, so that others can refer to it. */
  readonly id: string;
  readonly sentence: string;
  readonly source: string;
  readonly run: (arena: Arena) => Promise<void>;
}

/** The chapter, to be listed. */
export const SHARED = { id: 'SHARED', title: 'One allocator, many threads at once' } as const;

const CONTRACT = 'the contract: many threads';
const EMPTY: Counts = { pids: 0, tasks: 0, namespaces: 1 };
/** Numbers that are left when the floor is out of the way and `pidMax` as low as it may be. */
const FEW = RESERVED_PIDS + 1;
const LOW = { root: 1, child: 1 } as const;

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** From the root down: the root alone, and each namespace nested below it, as deep as the design goes or `depth`. */
function nested(a: PidAllocator, depth: number): NsRef[] {
  const path = [a.initPidNs];
  while (path.length <= Math.min(depth, a.traits.maxLevel)) path.push(a.copyPidNs(CLONE_NEWPID, path[path.length - 1]));
  return path;
}

/** Those of a path in whose maps a pid of the last one has a number. */
function numbering(a: PidAllocator, path: readonly NsRef[]): NsRef[] {
  return path.slice(Math.max(0, path.length - a.traits.maxNumbers));
}

/** Lets go of all but the root, innermost first. */
function leave(a: PidAllocator, path: readonly NsRef[]): void {
  for (const ns of path.slice(1).reverse()) a.putPidNs(ns);
}

/** A namespace with a reaper, and its pid. */
function boot(a: PidAllocator, ns: NsRef): PidRef {
  const pid = a.allocPid(ns);
  a.attachPid(a.allocTask(), PIDTYPE_PID, pid);
  return pid;
}

function numbersOf(pids: readonly Numbered[]): number[] {
  return pids.map(([nr]) => nr).sort((x, y) => x - y);
}

/** Exactly the numbers from `first` on, each once. */
function inARow(numbers: readonly number[], first: number): void {
  for (const [i, nr] of numbers.entries()) must(nr === first + i, `number ${first + i} is not there; ${nr} comes next`);
}

/**
 * The same where threads have windows: of its last one each has left some, and nothing of any before. One whose claim comes too late
 * goes on without one.
 */
function inWindows({ window, size }: Arena, numbers: readonly number[], first: number): void {
  if (window === 1) {
    inARow(numbers, first);
    return;
  }
  must(numbers[0] === first, `the first number is ${numbers[0]}, not ${first}`);
  const left = new Set<number>();
  for (const [i, nr] of numbers.entries()) {
    must(nr !== numbers[i + 1], `number ${nr} was given out twice`);
    if (nr + 1 !== numbers[i + 1]) left.add(Math.floor(nr / window));
  }
  must(left.size <= size, `${left.size} windows are not used up, and ${size} threads have one each`);
}

/** The main thread watches what the workers do to each other. */
function watched(arena: Arena, watcher: Part, worker: Part): Part[] {
  return [watcher, ...Array<Part>(arena.size - 1).fill(worker)];
}

export const sharedClauses: readonly SharedClause[] = [
  clause(1, 'no number is given to two in a namespace', CONTRACT, async (arena) => {
    const stage = await arena.open({ pidMax: FEW, floors: LOW });
    const path = [stage.a.initPidNs];
    await stage.all('churn', { path, count: 30_000, live: 60 });
    await stage.rest(EMPTY);
  }),

  clause(2, 'none is lost: whoever looks finds what all have allocated, by its number', CONTRACT, async (arena) => {
    // Few and long chains, and two namespaces at once, since numbers in a row never are in the same chain.
    const stage = await arena.open({ hash: 'kernel', memory: 2 ** 22, capacity: 1024 });
    const path = nested(stage.a, 1);
    const nsOf = (thread: number): NsRef => path[thread % path.length];
    for (let round = 0; round < 4; round++) {
      const threads = [...Array(arena.size).keys()];
      const made = await stage.cast(...threads.map((thread): Part => ['collect', { ns: nsOf(thread), count: 500 }]));
      for (const [thread, pids] of (made as Numbered[][]).entries()) {
        const ns = nsOf(thread);
        await stage.all('verify', { ns, pids });
        const [gone, left] = [pids.filter((_, i) => i % 2 === 0), pids.filter((_, i) => i % 2 === 1)];
        await stage.all('freeShare', { pids: gone });
        await stage.all('verify', { ns, pids: left });
        for (const [nr] of gone) must(stage.a.findPidNs(nr, ns) === undefined, `number ${nr} was freed and is found`);
        await stage.all('freeShare', { pids: left });
      }
    }
    leave(stage.a, path);
    await stage.rest(EMPTY);
  }),

  clause(
    3,
    'while nothing is freed, the numbers given out are 1 to n and the cursor is at n; with windows, less what is left of each thread’s last',
    'set_last_pid(), 2.6.37',
    async (arena) => {
      for (let round = 0; round < 8; round++) {
        const stage = await arena.open();
        const ns = stage.a.initPidNs;
        const pids = (await stage.all('collect', { ns, count: 500 })).flat();
        inWindows(arena, numbersOf(pids), 1);
        const isAt = arena.window > 1 || stage.a.lastPid(ns) === pids.length;
        must(isAt, `the cursor is at ${stage.a.lastPid(ns)}, not at ${pids.length}`);
        await stage.all('freeShare', { pids });
        await stage.rest(EMPTY);
        await arena.clear();
      }
    },
  ),

  clause(
    4,
    'the same when the cursor goes over the end: what is left at the top, and then from the floor on',
    'set_last_pid(), 2.6.37',
    async (arena) => {
      const stage = await arena.open({ pidMax: 4_000 });
      const ns = stage.a.initPidNs;
      const top = 250;
      for (let round = 0; round < 10; round++) {
        stage.a.setLastPid(ns, 4_000 - top - 1);
        const pids = (await stage.all('collect', { ns, count: 300 })).flat();
        const numbers = numbersOf(pids);
        if (arena.window > 1) {
          // Whoever comes to the end first voids what the others have left at the top.
          must(new Set(numbers).size === pids.length, 'a number was given out twice');
          must((numbers[0] ?? 0) >= stage.a.traits.floors.root, `${numbers[0]} is below the floor`);
          must((numbers.at(-1) ?? 0) < 4_000, `${numbers.at(-1)} is past the end`);
          await stage.all('freeShare', { pids });
          continue;
        }
        inARow(numbers.slice(0, -top), stage.a.traits.floors.root);
        inARow(numbers.slice(-top), 4_000 - top);
        const last = stage.a.traits.floors.root + pids.length - top - 1;
        must(stage.a.lastPid(ns) === last, `the cursor is at ${stage.a.lastPid(ns)}, not at ${last}`);
        await stage.all('freeShare', { pids });
      }
      await stage.rest(EMPTY);
    },
  ),

  clause(5, 'on the way up the cursor never goes back', 'set_last_pid(), 2.6.37', async (arena) => {
    const stage = await arena.open({ pidMax: 2 ** 22, capacity: 16_384 });
    const ns = stage.a.initPidNs;
    await stage.cast(
      ...watched(arena, ['watchCursor', { ns, from: 0, floor: 0 }], ['disturb', { ns, count: 100_000, live: 40 }]),
    );
    await stage.rest(EMPTY);
  }),

  clause(
    6,
    'a full map is EAGAIN for whoever asks, and nothing is lost by that',
    'alloc_pid(), 2.6.24: out_free',
    async (arena) => {
      const stage = await arena.open({ pidMax: FEW, floors: LOW });
      const path = [stage.a.initPidNs];
      const full = await stage.all('churn', { path, count: 20_000, live: FEW });
      must(sum(full) > 0, 'the map never was full');
      await stage.rest(EMPTY);
      must(
        (await stage.cast(['collect', { ns: path[0], count: FEW - 1 }]))[0].length === FEW - 1,
        'not all numbers are free',
      );
      for (let nr = 1; nr < FEW; nr++) stage.a.freePid(stage.a.findPid(nr) as PidRef);
      await stage.rest(EMPTY);
    },
  ),

  clause(
    7,
    'where the map of a namespace above is full, what was taken below is given back',
    'alloc_pid(), 2.6.24: out_free',
    async (arena) => {
      // Long chains, in which pids of all levels meet.
      const stage = await arena.open({ pidMax: FEW, floors: LOW, hash: 'kernel', memory: 2 ** 22, capacity: 1024 });
      const path = nested(stage.a, 3);
      const ns = path[path.length - 1];
      if (stage.a.traits.maxNumbers === 1) stage.a.setPidMax(ns, FEW);
      const full = await stage.all('churn', { path: numbering(stage.a, path), count: 15_000, live: FEW });
      must(sum(full) > 0, 'no map ever was full');
      for (const each of path) must(stage.a.nextPidmap(each, 0) === undefined, 'a number was not given back');
      await stage.rest({ ...EMPTY, namespaces: path.length });
      leave(stage.a, path);
      await stage.rest(EMPTY);
    },
  ),

  clause(
    8,
    'what is found, and still lives, has the number that was looked for',
    'find_pid_ns(): RCU',
    async (arena) => {
      for (const depth of [0, 1]) {
        const stage = await arena.open({ pidMax: FEW, floors: LOW });
        const path = nested(stage.a, depth);
        const ns = path[path.length - 1];
        const watch: Part = ['find', { ns, count: 200_000, limit: FEW }];
        await stage.cast(...watched(arena, watch, ['disturb', { ns, count: 10 ** 7, live: 60 }]));
        leave(stage.a, path);
        await stage.rest(EMPTY);
        await arena.clear();
      }
    },
  ),

  clause(9, 'what findGetPid returns keeps its number until it is put back', 'find_get_pid()', async (arena) => {
    const stage = await arena.open({ pidMax: FEW, floors: LOW });
    const ns = stage.a.initPidNs;
    const watch: Part = ['findGet', { ns, count: 100_000, limit: FEW }];
    await stage.cast(...watched(arena, watch, ['disturb', { ns, count: 10 ** 7, live: 60 }]));
    await stage.rest(EMPTY);
  }),

  clause(
    10,
    'what lives is found all the while, whatever comes and goes in its hash chain',
    'find_pid_ns(): hlist_for_each_entry_rcu()',
    async (arena) => {
      // The rule of 2007 on a small block: long chains.
      const stage = await arena.open({ hash: 'kernel', memory: 2 ** 21, capacity: 1024 });
      const ns = stage.a.initPidNs;
      const pids = (await stage.cast(['collect', { ns, count: 200 }]))[0];
      const watch: Part = ['findSteady', { ns, pids, count: 100_000 }];
      await stage.cast(...watched(arena, watch, ['disturb', { ns, count: 10 ** 7, live: 60 }]));
      await stage.all('freeShare', { pids });
      await stage.rest(EMPTY);
    },
  ),

  clause(
    11,
    'a walk by findGePid goes up, ends, and meets all that live all the while',
    'find_ge_pid()',
    async (arena) => {
      const stage = await arena.open();
      const ns = stage.a.initPidNs;
      const pids = (await stage.cast(['collect', { ns, count: 100 }]))[0];
      const watch: Part = ['walk', { ns, pids, count: 1_000 }];
      await stage.cast(...watched(arena, watch, ['disturb', { ns, count: 10 ** 7, live: 40 }]));
      await stage.all('freeShare', { pids });
      await stage.rest(EMPTY);
    },
  ),

  clause(
    12,
    'references are counted exactly, and the last one that is put is the end of a pid that was freed',
    'get_pid(), put_pid()',
    async (arena) => {
      const stage = await arena.open();
      const { a } = stage;
      for (let round = 0; round < 3; round++) {
        const pid = a.allocPid(a.initPidNs);
        for (let i = 0; i < arena.size; i++) a.getPid(pid);
        await stage.all('refer', { pid, count: 20_000 });
        must(a.findPid(round + 1) === undefined, 'a pid that was freed is found');
        must(a.pidCount(pid) === arena.size, `${a.pidCount(pid)} references are left of ${arena.size}`);
        await stage.rest({ ...EMPTY, pids: 1 });
        await stage.all('putKept', { pid });
        await stage.rest(EMPTY);
      }
    },
  ),

  clause(
    13,
    'namespaces are made, and ended by whoever frees the last pid in them',
    'copy_pid_ns(), put_pid_ns()',
    async (arena) => {
      const stage = await arena.open({ namespaces: 600 });
      await stage.all('nestAndPass', { parent: stage.a.initPidNs, count: stage.a.traits.maxLevel > 0 ? 3_000 : 0 });
      await stage.rest(EMPTY);
    },
  ),

  clause(14, 'a namespace lives while anybody holds it, and no longer', 'get_pid_ns(), put_pid_ns()', async (arena) => {
    const stage = await arena.open({ namespaces: 600 });
    await stage.all('keepNs', { parent: stage.a.initPidNs, count: stage.a.traits.maxLevel > 0 ? 10_000 : 0 });
    await stage.rest(EMPTY);
  }),

  clause(
    15,
    'who allocates in a namespace that he does not hold is served or refused, and it ends all the same',
    'put_pid_ns()',
    async (arena) => {
      const stage = await arena.open({ namespaces: 600 });
      const { a } = stage;
      for (let round = 0; round < 3; round++) {
        const count = a.traits.maxLevel > 0 ? 400 : 0;
        const namespaces = Array.from({ length: count }, () => a.copyPidNs(CLONE_NEWPID, a.initPidNs));
        await stage.all('allocUnheld', { namespaces });
      }
      await stage.rest(EMPTY);
    },
  ),

  clause(
    16,
    'of those who choose the same number one gets it, and EEXIST is for the others',
    'clone3(2): set_tid',
    async (arena) => {
      const stage = await arena.open();
      const { a } = stage;
      const init = boot(a, a.initPidNs);
      const [from, to] = [2, 2_000];
      const won = (await stage.all('choose', { ns: a.initPidNs, from, to })).flat();
      inARow(numbersOf(won), from);
      must(won.length === to - from, `${won.length} of ${to - from} numbers were given out`);
      must(a.lastPid(a.initPidNs) === 1, 'a chosen number moved the cursor');
      await stage.all('freeShare', { pids: won });
      await unboot(stage, init);
    },
  ),

  clause(
    17,
    'a number that is chosen and one that comes by itself are never the same',
    'clone3(2): set_tid',
    async (arena) => {
      const stage = await arena.open();
      const { a } = stage;
      const init = boot(a, a.initPidNs);
      const args = { ns: a.initPidNs, from: 2, to: 2_000 };
      const won = (await stage.cast(...watched(arena, ['chooseNone', args], ['choose', args]))) as Numbered[][];
      must(won[0].length === 1_998, 'some got no number');
      const numbers = numbersOf(won.flat());
      must(new Set(numbers).size === numbers.length, 'a number was given out twice');
      await stage.all('verify', { ns: a.initPidNs, pids: won.flat() });
      await stage.all('freeShare', { pids: won.flat() });
      await unboot(stage, init);
    },
  ),

  clause(
    18,
    'a pid’s lists of tasks are whole, whoever hangs, takes off and hands on',
    'attach_pid(), detach_pid(), transfer_pid()',
    async (arena) => {
      const stage = await arena.open();
      const { a } = stage;
      const init = boot(a, a.initPidNs);
      await stage.all('hang', { pid: init, count: 20_000 });
      must(a.pidTask(init, PIDTYPE_PGID) === undefined, 'a list is not empty');
      await unboot(stage, init);
    },
  ),

  clause(19, 'of those who hang the same task on something one wins', 'attach_pid()', async (arena) => {
    const stage = await arena.open();
    const { a } = stage;
    const tasks = Array.from({ length: 1_000 }, () => a.allocTask());
    const won = await stage.all('claim', { tasks, ns: a.initPidNs });
    must(sum(won) === tasks.length, `${tasks.length} tasks were hung ${sum(won)} times`);
    for (const task of tasks) a.freeTask(task);
    await stage.rest(EMPTY);
  }),

  clause(20, 'a pid ends once, with the last of the tasks that leave it together', 'detach_pid()', async (arena) => {
    const stage = await arena.open();
    const { a } = stage;
    const tasks = Array.from({ length: 500 }, () => {
      const pid = a.allocPid(a.initPidNs);
      return Array.from({ length: arena.size }, () => {
        const task = a.allocTask();
        a.attachPid(task, PIDTYPE_PGID, pid);
        return task;
      });
    });
    await stage.all('leaveTogether', { tasks });
    await stage.rest(EMPTY);
  }),

  clause(
    21,
    'of first tasks that come at once one becomes the reaper',
    'mainline’s pid_ns->child_reaper',
    async (arena) => {
      const stage = await arena.open({ namespaces: 300 });
      const { a } = stage;
      const namespaces =
        a.traits.maxLevel > 0
          ? Array.from({ length: 200 }, () => a.copyPidNs(CLONE_NEWPID, a.initPidNs))
          : [a.initPidNs];
      const reapers = await stage.all('reap', { namespaces });
      for (const i of namespaces.keys())
        must(reapers.filter((ofThread) => ofThread[i]).length === 1, 'a namespace has not exactly one reaper');
      for (const ns of namespaces) a.putPidNs(ns);
      await stage.rest(EMPTY);
    },
  ),

  clause(
    22,
    'a task that is found, and still hangs, hangs on the number that was looked for',
    'find_task_by_pid_ns()',
    async (arena) => {
      const stage = await arena.open({ pidMax: FEW, floors: LOW });
      const ns = stage.a.initPidNs;
      const watch: Part = ['findTasks', { ns, count: 100_000, limit: FEW }];
      await stage.cast(...watched(arena, watch, ['forkAndExit', { ns, count: 10 ** 7, live: 60 }]));
      await stage.rest(EMPTY);
    },
  ),

  clause(
    23,
    'after disablePidAllocation no pid is made whose number was not taken before',
    'disable_pid_allocation()',
    async (arena) => {
      for (let round = 0; round < 6; round++) {
        const stage = await arena.open();
        const { a } = stage;
        const path = nested(a, 1);
        const ns = path[path.length - 1];
        const results = await stage.cast(
          ...watched(arena, ['close', { ns, after: 300 }], ['allocUntilClosed', { ns }]),
        );
        const taken = new Set(results[0] as number[]);
        const pids = (results.slice(1) as Numbered[][]).flat();
        for (const [nr] of pids) must(taken.has(nr), `number ${nr} was given out when the namespace took no more`);
        await stage.all('freeShare', { pids });
        leave(a, path);
        await stage.rest(EMPTY);
        await arena.clear();
      }
    },
  ),

  clause(
    24,
    'zapPidNsProcesses leaves nothing but init, whoever allocates meanwhile',
    'zap_pid_ns_processes()',
    async (arena) => {
      for (let round = 0; round < 8; round++) {
        const stage = await arena.open();
        const { a } = stage;
        const path = nested(a, 1);
        const ns = path[path.length - 1];
        const init = boot(a, ns);
        const results = await stage.cast(...watched(arena, ['zap', { ns, after: 300 }], ['allocUntilClosed', { ns }]));
        const made = sum((results.slice(1) as Numbered[][]).map((pids) => pids.length));
        must(results[0] === made, `${made} pids were made, and ${results[0]} killed`);
        must(a.nextPidmap(ns, 1) === undefined, 'a number is left');
        const task = a.pidTask(init, PIDTYPE_PID);
        must(task !== undefined, 'init has no task');
        a.detachPid(task, PIDTYPE_PID);
        a.freeTask(task);
        leave(a, path);
        await stage.rest(EMPTY);
        await arena.clear();
      }
    },
  ),

  clause(
    25,
    'memory that is full is ENOMEM, and all of it is there again when all have left',
    'the contract: detach',
    async (arena) => {
      const stage = await arena.open({ memory: 2 ** 20, capacity: 64 });
      const room = (await stage.cast(['exhaust', {}]))[0];
      for (let round = 0; round < 5; round++) await stage.all('exhaust', {});
      await stage.rest(EMPTY);
      await arena.clear();
      const [left] = await Promise.all([stage.cast(['exhaust', {}])]);
      must(left[0] === room, `there was room for ${room} tasks, and is for ${left[0]}`);
    },
  ),

  clause(
    26,
    'workers come and go while others are at work',
    'the contract: attachPidAllocator, detach',
    async (arena) => {
      const stage = await arena.open({ workers: 2 * arena.size });
      await stage.all('comeAndGo', { ns: stage.a.initPidNs, count: 500 });
      await stage.rest(EMPTY);
    },
  ),

  clause(
    27,
    'when a worker was terminated in the middle and is declared gone, the others go on, and all that is lost is said to be leaked',
    'the contract: declareGone',
    async (arena) => {
      const stage = await arena.open({ namespaces: 400 });
      const { a } = stage;
      for (let round = 0; round < 8; round++) {
        await stage.lose('everything', { ns: a.initPidNs }, 100, () => {
          for (let i = 0; i < 500; i++) {
            const pid = a.allocPid(a.initPidNs);
            must(a.findPid(a.pidNr(pid)) === pid, 'a pid is not found any more');
            a.freePid(pid);
          }
        });
        await stage.restAfterLoss();
      }
    },
  ),

  clause(
    28,
    'a snapshot that is taken when all are at rest goes on as if one thread had done it all',
    'the contract: snapshot',
    async (arena) => {
      const stage = await arena.open();
      const ns = stage.a.initPidNs;
      const pids = (await stage.all('collect', { ns, count: 300 })).flat();
      await stage.all('freeShare', { pids: pids.slice(100) });
      const left = pids.slice(0, 100);
      const again = await arena.open({ snapshot: stage.a.snapshot() });
      await again.rest({ ...EMPTY, pids: 100 });
      await again.all('verify', { ns, pids: left });
      await again.all('freeShare', { pids: left });
      await again.rest(EMPTY);
      await stage.rest({ ...EMPTY, pids: 100 });
    },
  ),

  clause(29, 'a page that several put to use at once is one page', 'alloc_pidmap(), 2.6.24', async (arena) => {
    const stage = await arena.open({ pidMax: 2 ** 22, namespaces: 2_000 });
    const { a } = stage;
    const ns = a.initPidNs;
    for (let page = 1; page < 40; page++) {
      const first = page * BITS_PER_PAGE;
      a.setLastPid(ns, first - 1);
      const pids = (await stage.all('collect', { ns, count: 8 })).flat();
      inWindows(arena, numbersOf(pids), first);
      await stage.all('freeShare', { pids });
    }
    await stage.rest(EMPTY);
  }),

  clause(
    30,
    'a reference is taken on a pid that lives, or refused, whoever frees it meanwhile',
    'get_pid(): refcount_inc()',
    async (arena) => {
      const stage = await arena.open();
      for (let round = 0; round < 5; round++) await stage.all('getWhileFreed', { ns: stage.a.initPidNs, count: 2_000 });
      await stage.rest(EMPTY);
    },
  ),

  clause(31, 'nor does it when it goes over the end', 'set_last_pid(), 2.6.37', async (arena) => {
    const stage = await arena.open();
    const { a } = stage;
    const ns = a.initPidNs;
    for (let round = 0; round < 10; round++) {
      const from = a.pidMax(ns) - 100;
      a.setLastPid(ns, from);
      const watch: Part = ['watchCursor', { ns, from, floor: a.traits.floors.root }];
      // All of them together stay far below a whole cycle, which the watcher could not tell from none.
      const count = Math.floor(20_000 / arena.size);
      const ways = await stage.cast(...watched(arena, watch, ['disturb', { ns, count, live: 40 }]));
      const way = Number(ways[0]);
      must(arena.size === 1 || way > 100, `the cursor went ${way} numbers on, and not over the end`);
    }
    await stage.rest(EMPTY);
  }),

  clause(
    32,
    'a task that several take off its pid and hang on new ones hangs on one of them, and each of the others ends',
    'detach_pid(), attach_pid()',
    async (arena) => {
      const stage = await arena.open();
      const { a } = stage;
      const task = a.allocTask();
      const first = await stage.all('rehang', { ns: a.initPidNs, task, count: 20_000 });
      must(sum(first) > 0, 'nobody hung the task on anything');
      const left = a.taskPid(task, PIDTYPE_PGID) === undefined ? 0 : 1;
      must(a.stats().pids === left, `${a.stats().pids} pids are left, and the task hangs on ${left}`);
      if (left > 0) a.detachPid(task, PIDTYPE_PGID);
      a.freeTask(task);
      await stage.rest(EMPTY);
    },
  ),
];

/** Ends the first process, and checks that nothing is left. */
async function unboot(stage: Stage, init: PidRef): Promise<void> {
  const task = stage.a.pidTask(init, PIDTYPE_PID);
  must(task !== undefined, 'init has no task');
  stage.a.detachPid(task, PIDTYPE_PID);
  stage.a.freeTask(task);
  await stage.rest(EMPTY);
}

function clause(nr: number, sentence: string, source: string, run: (arena: Arena) => Promise<void>): SharedClause {
  return { id: `${SHARED.id}-${nr}`, sentence, source, run };
}
