// node scripts/least-fork.js [rounds] [level]: the least that fork, exit and wait can cost over an allocator (docs/adr/0016).
// Measures tables that keep almost nothing beside @pidlab/process-table and the table of classes and Maps. They play the scenario
// fork-exit-wait of the benchmark with the processes, rounds and flags of the lab, in fresh processes that take turns. Prints the
// medians. Needs a build.

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
/** As in the lab's measuring processes. */
const FLAGS = ['--expose-gc', '--max-old-space-size=8192', '--no-concurrent-recompilation'];
/** Samples; each is 100,000 rounds of the scenario. */
const [WARM_UP, SAMPLES] = [3, 6];
const SEED = 1;
const STATUS = 7 << 8;

/** @typedef {import('@pidlab/contract').PidAllocator} PidAllocator */

/**
 * Tables as far as the scenario calls them, over an allocator for so many processes.
 *
 * @type {Record<string, (a: PidAllocator, capacity: number) => any>}
 */
const LEAST = {
  'the allocator alone': allocatorAlone,
  'records in an Int32Array': recordsInWords,
  'one object a process': oneObject,
};
const NAMES = [...Object.keys(LEAST), 'process-table', 'classes and Maps'];

/**
 * @param {number} rounds
 * @param {number} level
 */
function compare(rounds, level) {
  if (!existsSync(dist('process-table'))) throw new Error('build first: npm run build');
  console.log(`node ${process.version}, level ${level}, ns per fork + exit + wait, ${rounds} rounds; medians`);
  for (const live of SIZES) {
    /** @type {number[][]} */
    const times = NAMES.map(() => []);
    for (let i = 0; i < rounds; i++) for (const at of NAMES.keys()) times[at].push(inProcess(at, live, level));
    const cells = NAMES.map((name, at) => `${name} ${Math.round(median(times[at]))}`);
    console.log(`${live.toLocaleString('en')} live: ${cells.join(', ')}`);
  }
}

/** @param {readonly number[]} job */
function inProcess(...job) {
  const flags = [...FLAGS, import.meta.filename, '--measure', ...job.map(String)];
  return Number(execFileSync(process.execPath, flags, { encoding: 'utf8' }));
}

/** @param {string} file */
function load(file) {
  return import(pathToFileURL(file).href);
}

/**
 * What the scenario calls of a subject.
 *
 * @param {string} name
 */
async function subjectOf(name) {
  const { createPidAllocator } = await load(dist('core-hierarchical'));
  if (name === 'process-table') return { strategy: { createPidAllocator } };
  const { MapProcesses } = await load(dist('bench', 'measuring-processes.js'));
  const create = LEAST[name];
  const createProcesses = async (/** @type {any} */ options) =>
    create === undefined ? new MapProcesses(options) : create(createPidAllocator(options), options.capacity);
  return { createProcesses };
}

/**
 * A task that hangs on its pid, and nothing else. Only the one that ended last can be waited for.
 *
 * @param {PidAllocator} a
 */
function allocatorAlone(a) {
  let ns = a.initPidNs;
  /** @type {any} */
  let ended = 0;
  const report = { status: STATUS };
  const fork = () => birth(a, ns)[0];
  return {
    init: fork(),
    fork,
    clone() {
      ns = a.copyPidNs(CLONE_NEWPID, ns);
      return fork();
    },
    setsid: () => 0,
    exit(/** @type {any} */ task) {
      ended = task;
    },
    wait4() {
      bury(a, ended);
      return report;
    },
    getpid: (/** @type {any} */ task) => a.pidNrNs(/** @type {any} */ (a.taskPid(task, PIDTYPE_PID)), ns),
  };
}

const CLONE_NEWPID = 0x2000_0000;
const PIDTYPE_PID = 0;

/**
 * @param {PidAllocator} a
 * @param {any} ns
 * @returns {[task: any, pid: any]}
 */
function birth(a, ns) {
  const task = a.allocTask();
  const pid = a.allocPid(ns);
  a.attachPid(task, PIDTYPE_PID, pid);
  return [task, pid];
}

/**
 * @param {PidAllocator} a
 * @param {any} task
 */
function bury(a, task) {
  a.detachPid(task, PIDTYPE_PID);
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
 * @param {PidAllocator} a
 * @param {number} capacity
 */
function recordsInWords(a, capacity) {
  const most = capacity + 1;
  const [WORDS, PREV, NEXT, FIRST, LAST, STATE, STATUS_AT, ZOMBIE, PARENT] = [16, 1, 2, 3, 4, 5, 6, 7, 8];
  const w = new Int32Array(most * WORDS);
  const refs = new Float64Array(most * 2);
  const handles = new Array(most).fill(undefined);
  const table = {};
  let free = 0;
  let used = 1;
  let ns = a.initPidNs;
  const create = () => {
    const [task, pid] = birth(a, ns);
    let at = free;
    if (at === 0) at = used++;
    else free = w[at * WORDS + NEXT];
    refs[2 * at] = task;
    refs[2 * at + 1] = pid;
    w.fill(0, at * WORDS, (at + 1) * WORDS);
    handles[at] = new Handle(table, at);
    return handles[at];
  };
  const fork = (/** @type {Handle} */ parent) => {
    const handle = create();
    const at = handle.at * WORDS;
    const p = parent.at * WORDS;
    const last = w[p + LAST];
    w[at + PARENT] = parent.at;
    w[at + PREV] = last;
    w[(last === 0 ? p + FIRST - NEXT : last * WORDS) + NEXT] = handle.at;
    w[p + LAST] = handle.at;
    return handle;
  };
  return {
    init: create(),
    fork,
    clone(/** @type {Handle} */ parent) {
      ns = a.copyPidNs(CLONE_NEWPID, ns);
      return fork(parent);
    },
    setsid: () => 0,
    exit(/** @type {Handle} */ { at: nr }) {
      const at = nr * WORDS;
      if (w[at + STATE] !== 0) throw new Error('it has ended');
      w[at + STATE] = 1;
      w[at + STATUS_AT] = STATUS;
      w[w[at + PARENT] * WORDS + ZOMBIE] = nr;
    },
    wait4(/** @type {Handle} */ parent) {
      const p = parent.at * WORDS;
      const nr = w[p + ZOMBIE];
      const at = nr * WORDS;
      const handle = handles[nr];
      const report = new Report(a.pidNrNs(/** @type {any} */ (refs[2 * nr + 1]), ns), handle, w[at + STATUS_AT]);
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
      return report;
    },
    getpid: (/** @type {Handle} */ { at }) => a.pidNrNs(/** @type {any} */ (refs[2 * at + 1]), ns),
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

/** @param {PidAllocator} a */
function oneObject(a) {
  const table = {};
  let ns = a.initPidNs;
  const fork = (/** @type {Item} */ parent) => {
    const item = new Item(table, ...birth(a, ns), parent);
    const { last } = parent;
    item.prev = last;
    if (last === undefined) parent.first = item;
    else last.next = item;
    parent.last = item;
    return item;
  };
  return {
    init: new Item(table, ...birth(a, ns), undefined),
    fork,
    clone(/** @type {Item} */ parent) {
      ns = a.copyPidNs(CLONE_NEWPID, ns);
      return fork(parent);
    },
    setsid: () => 0,
    exit(/** @type {Item} */ item) {
      if (item.state !== 0) throw new Error('it has ended');
      item.state = 1;
      item.status = STATUS;
      /** @type {Item} */ (item.parent).zombie = item;
    },
    wait4(/** @type {Item} */ parent) {
      const item = /** @type {Item} */ (parent.zombie);
      const report = new Report(a.pidNrNs(item.pid, ns), item, item.status);
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
      return report;
    },
    getpid: (/** @type {Item} */ { pid }) => a.pidNrNs(pid, ns),
  };
}

/**
 * Nanoseconds a round in this process: as in the lab the collector has been before, and the quicker half of the samples counts.
 *
 * @param {string} name
 * @param {number} live
 * @param {number} level
 */
async function measure(name, live, level) {
  const { scenarioOf } = await load(dist('bench'));
  const scenario = scenarioOf('fork-exit-wait');
  const state = await scenario.setup(await subjectOf(name), { live, level }, SEED);
  const ops = scenario.opsOf(state);
  collect();
  collect();
  for (let i = 0; i < WARM_UP; i++) scenario.run(state);
  collect();
  const samples = [];
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now();
    scenario.run(state);
    samples.push(((performance.now() - start) * 1e6) / ops);
  }
  scenario.verify(state);
  samples.sort((x, y) => x - y);
  return median(samples.slice(0, SAMPLES / 2));
}

function collect() {
  /** @type {any} */ (globalThis).gc();
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((x, y) => x - y)[values.length >> 1];
}

if (process.argv[2] === '--measure') {
  const [at, live, level] = process.argv.slice(3).map(Number);
  console.log(await measure(NAMES[at], live, level));
} else {
  const [rounds = 5, level = 0] = process.argv.slice(2).map(Number);
  if (rounds >= 1 && level >= 0) compare(rounds, level);
  else {
    console.error('usage: node scripts/least-fork.js [rounds, 1 or more] [level]');
    process.exitCode = 2;
  }
}
