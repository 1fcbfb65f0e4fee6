// node scripts/least-fork.js [rounds]: the least that fork, exit and wait can cost over an allocator (docs/adr/0016).
// Measures tables that keep almost nothing beside @pidlab/process-table and a table of classes and Maps, in fresh processes that
// take turns, and prints the medians. Needs a build.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/run.js';

/**
 * @param {string} name
 * @param {string} [file]
 */
const dist = (name, file = 'index.js') => join(root, 'packages', name, 'dist', file);
const SIZES = [1_000, 10_000, 100_000];
/** As in the scenario fork-exit-wait. */
const OPS = 20_000;
const SESSION_SIZE = 50;
const CODE = 7;
const STATUS = CODE << 8;
const WARM_UP = 10;
const SAMPLES = 25;

/**
 * A table, as far as it is measured: `wait` reaps the child of `parent` that has ended, and gives the status.
 *
 * @template T
 * @typedef {{ init: T, fork(parent: T): T, exit(process: T): void, wait(parent: T): number }} Least
 */

/** @type {Record<string, (live: number) => Promise<Least<any>>>} */
const SUBJECTS = {
  'the allocator alone': async (live) => allocatorAlone(await createAllocator(live)),
  'records in an Int32Array': async (live) => recordsInWords(await createAllocator(live), live + 16),
  'one object a process': async (live) => oneObject(await createAllocator(live)),
  'process-table': async (live) => {
    const { createProcessTable } = await load(dist('process-table'));
    return around(createProcessTable({ allocator: await createAllocator(live), initPayload: undefined }));
  },
  'classes and Maps': async (live) => {
    const { MapProcesses } = await load(dist('bench', 'measuring-processes.js'));
    return around(new MapProcesses({ pidMax: pidMaxFor(live) }));
  },
};

/** @param {number} rounds */
function compare(rounds) {
  if (!existsSync(dist('process-table'))) throw new Error('build first: npm run build');
  console.log(`node ${process.version}, ns per fork + exit + wait, ${rounds} rounds; medians`);
  for (const live of SIZES) {
    const names = Object.keys(SUBJECTS);
    /** @type {number[][]} */
    const times = names.map(() => []);
    for (let i = 0; i < rounds; i++) for (const [at, name] of names.entries()) times[at].push(inProcess(name, live));
    const cells = names.map((name, at) => `${name} ${Math.round(median(times[at]))}`);
    console.log(`${live.toLocaleString('en')} live: ${cells.join(', ')}`);
  }
}

/**
 * @param {string} name
 * @param {number} live
 */
function inProcess(name, live) {
  const flags = ['--no-concurrent-recompilation', import.meta.filename, '--measure', name, String(live)];
  return Number(execFileSync(process.execPath, flags, { encoding: 'utf8' }));
}

/** @param {string} file */
function load(file) {
  return import(pathToFileURL(file).href);
}

/** @param {number} live */
function pidMaxFor(live) {
  return live > 8_192 ? 2 ** 22 : 2 ** 15;
}

/**
 * @param {number} live
 * @returns {Promise<import('@pidlab/contract').PidAllocator>}
 */
async function createAllocator(live) {
  const { createPidAllocator } = await load(dist('core-hierarchical'));
  return createPidAllocator({ capacity: live + 8, pidMax: pidMaxFor(live) });
}

/**
 * A task that hangs on its pid, and nothing else.
 *
 * @param {import('@pidlab/contract').PidAllocator} a
 */
function allocatorAlone(a) {
  /** The last that has ended. */
  let ended = 0;
  return {
    init: 0,
    fork: () => birth(a)[0],
    exit(/** @type {any} */ task) {
      ended = task;
    },
    wait() {
      bury(a, ended);
      return STATUS;
    },
  };
}

/**
 * @param {import('@pidlab/contract').PidAllocator} a
 * @returns {[task: any, pid: any]}
 */
function birth(a) {
  const task = a.allocTask();
  const pid = a.allocPid(a.initPidNs);
  a.attachPid(task, 0, pid);
  return [task, pid];
}

/**
 * @param {import('@pidlab/contract').PidAllocator} a
 * @param {any} task
 */
function bury(a, task) {
  a.detachPid(task, 0);
  a.freeTask(task);
}

/** What a caller holds, and what outlives the process: who it was, and how it ended. */
class Handle {
  /** @param {object} table @param {number} at */
  constructor(table, at) {
    this.table = table;
    this.at = at;
    /** @type {unknown} */
    this.payload = undefined;
    this.status = -1;
  }
}

/** What `wait4` returns. */
class Report {
  /** @param {number} pid @param {unknown} process @param {number} status */
  constructor(pid, process, status) {
    this.pid = pid;
    this.process = process;
    this.code = 1;
    this.value = status >> 8;
    this.status = status;
  }
}

/**
 * Parent, siblings, state and status of a process are 16 words, which the next process takes over; only the handle is new.
 *
 * @param {import('@pidlab/contract').PidAllocator} a
 * @param {number} most
 */
function recordsInWords(a, most) {
  const [WORDS, PREV, NEXT, FIRST, LAST, STATE, STATUS_AT, ZOMBIE, PARENT] = [16, 1, 2, 3, 4, 5, 6, 7, 8];
  const w = new Int32Array(most * WORDS);
  const refs = new Float64Array(most * 2);
  const handles = new Array(most).fill(undefined);
  const table = {};
  let free = 0;
  let used = 1;
  const create = () => {
    const [task, pid] = birth(a);
    let at = free;
    if (at === 0) at = used++;
    else free = w[at * WORDS + NEXT];
    refs[2 * at] = task;
    refs[2 * at + 1] = pid;
    w.fill(0, at * WORDS, (at + 1) * WORDS);
    handles[at] = new Handle(table, at);
    return handles[at];
  };
  return {
    init: create(),
    fork(/** @type {Handle} */ parent) {
      const handle = create();
      const at = handle.at * WORDS;
      const p = parent.at * WORDS;
      const last = w[p + LAST];
      w[at + PARENT] = parent.at;
      w[at + PREV] = last;
      w[(last === 0 ? p + FIRST - NEXT : last * WORDS) + NEXT] = handle.at;
      w[p + LAST] = handle.at;
      return handle;
    },
    exit(/** @type {Handle} */ { at: nr }) {
      const at = nr * WORDS;
      if (w[at + STATE] !== 0) throw new Error('it has ended');
      w[at + STATE] = 1;
      w[at + STATUS_AT] = STATUS;
      w[w[at + PARENT] * WORDS + ZOMBIE] = nr;
    },
    wait(/** @type {Handle} */ parent) {
      const p = parent.at * WORDS;
      const nr = w[p + ZOMBIE];
      const at = nr * WORDS;
      const handle = handles[nr];
      const report = new Report(
        a.pidNrNs(/** @type {any} */ (refs[2 * nr + 1]), a.initPidNs),
        handle,
        w[at + STATUS_AT],
      );
      bury(a, refs[2 * nr]);
      w[p + ZOMBIE] = 0;
      const [prev, next] = [w[at + PREV], w[at + NEXT]];
      w[(prev === 0 ? p + FIRST - NEXT : prev * WORDS) + NEXT] = next;
      w[(next === 0 ? p + LAST - PREV : next * WORDS) + PREV] = prev;
      handle.at = 0;
      handle.status = report.status;
      handles[nr] = undefined;
      w[at + NEXT] = free;
      free = nr;
      return report.status;
    },
  };
}

/** The same as an object of fifteen fields that is made for each process. */
class Item {
  /** @param {object} table @param {any} task @param {any} pid @param {Item | undefined} parent */
  constructor(table, task, pid, parent) {
    this.table = table;
    /** @type {unknown} */
    this.payload = undefined;
    this.task = task;
    this.pid = pid;
    this.parent = parent;
    /** @type {unknown} */
    this.pgrp = undefined;
    /** @type {unknown} */
    this.ns = undefined;
    this.state = 0;
    this.status = -1;
    /** @type {Item | undefined} */
    this.prev = undefined;
    /** @type {Item | undefined} */
    this.next = undefined;
    /** @type {Item | undefined} */
    this.first = undefined;
    /** @type {Item | undefined} */
    this.last = undefined;
    /** @type {Item | undefined} */
    this.zombie = undefined;
    this.marks = 0;
  }
}

/** @param {import('@pidlab/contract').PidAllocator} a */
function oneObject(a) {
  const table = {};
  return {
    init: new Item(table, ...birth(a), undefined),
    fork(/** @type {Item} */ parent) {
      const item = new Item(table, ...birth(a), parent);
      const { last } = parent;
      item.prev = last;
      if (last === undefined) parent.first = item;
      else last.next = item;
      parent.last = item;
      return item;
    },
    exit(/** @type {Item} */ item) {
      if (item.state !== 0) throw new Error('it has ended');
      item.state = 1;
      item.status = STATUS;
      /** @type {Item} */ (item.parent).zombie = item;
    },
    wait(/** @type {Item} */ parent) {
      const item = /** @type {Item} */ (parent.zombie);
      const report = new Report(a.pidNrNs(item.pid, a.initPidNs), item, item.status);
      bury(a, item.task);
      parent.zombie = undefined;
      const { prev, next } = item;
      if (prev === undefined) parent.first = next;
      else prev.next = next;
      if (next === undefined) parent.last = prev;
      else next.prev = prev;
      item.prev = undefined;
      item.next = undefined;
      item.parent = undefined;
      item.state = 2;
      return report.status;
    },
  };
}

/**
 * A whole table, behind the same three calls.
 *
 * @param {any} table
 */
function around(table) {
  return {
    init: table.init,
    fork: (/** @type {any} */ parent) => table.fork(parent),
    exit: (/** @type {any} */ process) => table.exit(process, CODE),
    wait: (/** @type {any} */ parent) => table.wait4(parent, -1).status,
  };
}

/**
 * Nanoseconds per round, the median of some samples.
 *
 * @param {string} name
 * @param {number} live
 */
async function measure(name, live) {
  const table = await SUBJECTS[name](live);
  const processes = new Array(live).fill(undefined);
  for (let slot = 0; slot < live; slot++)
    processes[slot] = table.fork(slot % SESSION_SIZE === 0 ? table.init : processes[slot - (slot % SESSION_SIZE)]);
  // A long table of choices, since a processor learns a short one by heart.
  const victims = new Int32Array(2 ** 20);
  for (let i = 0, x = 1; i < victims.length; i++) {
    x = Math.imul(x, 1_664_525) + 1_013_904_223;
    const slot = (x >>> 8) % live;
    victims[i] = slot % SESSION_SIZE === 0 ? slot + 1 : slot;
  }
  let at = 0;
  const run = () => {
    for (let i = 0; i < OPS; i++) {
      const slot = victims[at];
      at = (at + 1) & (victims.length - 1);
      const parent = processes[slot - (slot % SESSION_SIZE)];
      table.exit(processes[slot]);
      if (table.wait(parent) !== STATUS) throw new Error('a child was not waited for');
      processes[slot] = table.fork(parent);
    }
  };
  for (let i = 0; i < WARM_UP; i++) run();
  const samples = [];
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now();
    run();
    samples.push(((performance.now() - start) * 1e6) / OPS);
  }
  return median(samples);
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((x, y) => x - y)[values.length >> 1];
}

if (process.argv[2] === '--measure') console.log(await measure(process.argv[3], Number(process.argv[4])));
else {
  const rounds = Number(process.argv[2] ?? 5);
  if (rounds >= 1) compare(rounds);
  else {
    console.error('usage: node scripts/least-fork.js [rounds, 1 or more]');
    process.exitCode = 2;
  }
}
