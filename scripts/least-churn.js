// node scripts/least-churn.js [rounds]: what freePid + allocPid and findPidNs cost at least, and what each promise of the contract
// adds to them (docs/adr/0018). Measures a hand-written allocator of the root's pids, which keeps one promise more at each step,
// beside the designs, in fresh processes that take turns, and prints the medians. Needs a build.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/run.js';

/** @param {string} design */
const dist = (design) => join(root, 'packages', `core-${design}`, 'dist', 'index.js');
const DESIGNS = ['hierarchical', 'flat', 'pidspace'];
const SIZES = [1_000, 32_000, 1_000_000];
const PID_MAX = 4_194_304;
const WARM_UP = 4_000_000;
const SAMPLES = 60;
const OPS = 50_000;

/** So that all of a hand-written path is in line: by default V8 stops in the middle of it (docs/adr/0015). A look-up is short enough. */
const FLAGS = ['--max-inlined-bytecode-size=2000', '--max-inlined-bytecode-size-cumulative=5000'];

/** Each with all that stand before it. */
const PROMISES = ['structure', 'handles', 'namespace', 'references', 'tasks', 'pages', 'accounts'];
const WHAT = {
  structure: 'bitmap, cursor, hash chains, list of free records',
  handles: 'handles of 53 bits that are checked and made',
  namespace: 'the namespace is checked, may be closed, has a pidMax and a floor; numbers have its serial',
  references: 'a pid is counted, marked as dead, and knows its namespace and level',
  tasks: 'a pid with tasks is not freed',
  pages: 'bitmaps come page by page, and hold their namespace as long as something is taken',
  accounts: 'records come from slab caches, which say how much is in use',
};

/** Those that a look-up notices. */
const FOR_LOOKUPS = PROMISES.slice(0, 3);

/**
 * @typedef {object} Least
 * @property {number} ns
 * @property {(ns: number) => number} allocPid
 * @property {(pid: number) => void} freePid
 * @property {(nr: number, ns: number) => number | undefined} findPidNs
 * @property {(pid: number) => number} pidNr
 */

// ── the block of the least allocator, in words ──
const FREE = 1;
const BUMP = 2;
const ACTIVE = 3;
const SLAB_END = 4;
const LAST = 5;
const RECORD_WORDS = 16;
/** The namespace has a line, and what its bitmaps are in follows. */
const NS = 64;
const [NS_LAST, NS_PID_MAX, NS_FLOOR, NS_SERIAL, NS_LEVEL, NS_DISABLED, NS_COUNT, NS_MAP] = [1, 2, 3, 4, 5, 6, 7, 16];
const SLOTS = 4_096;
const [PID_COUNT, PID_HOME, PID_TASKS, PID_NR, PID_SERIAL, PID_NEXT] = [1, 2, 3, 7, 8, 9];
const [PID_KIND, NS_KIND, GENERATION] = [1 << 29, 3 << 29, 2 ** 29 - 1];
const LINE = 2 ** 24;

/**
 * All of it is one function, so that V8 knows the promises, and where the block is.
 *
 * @param {number} live
 * @param {string} last The last promise that it keeps.
 * @returns {Least}
 */
function leastAllocator(live, last) {
  const keeps = (/** @type {string} */ promise) => PROMISES.indexOf(promise) <= PROMISES.indexOf(last);
  const [handles, namespace, references, tasks, pages, accounts] = PROMISES.slice(1).map(keeps);
  const bits = Math.ceil(Math.log2(live * 2));
  const shift = 32 - (bits - 4);
  const maps = SLOTS + 2 ** bits;
  const records = (maps + PID_MAX / 32 + 1_023) & ~1_023;
  const pageTable = records + (live + 1_024) * RECORD_WORDS;
  const w = new Int32Array(pageTable + pageTable / 1_024 + 1);
  w[BUMP] = records;
  w[SLAB_END] = pageTable;
  w.set([NS_KIND | 7, 0, PID_MAX, 300, 1, 0, 0, 1], NS);
  for (let page = 0; page < PID_MAX / 32_768; page++) w[NS + NS_MAP + 2 * page] = maps / 1_024 + page;
  w.fill(FREE, pageTable + records / 1_024);

  const slotOf = (/** @type {number} */ nr, /** @type {number} */ serial) =>
    SLOTS + (((Math.imul((nr >>> 4) + serial, 0x61c8_8647) >>> shift) << 4) | (nr & 15));
  const fail = (/** @type {string} */ why) => {
    throw new Error(why);
  };
  /** @type {(handle: number, kind: number) => number} */
  const recordOf = (handle, kind) => {
    if (!handles) return handle;
    const line = handle & (LINE - 1);
    const at = line << 4;
    const id = at < w[SLAB_END] ? w[at] : 0;
    if (id >>> 29 !== kind >>> 29 || (id & GENERATION) * LINE + line !== handle) fail('stale');
    return at;
  };
  const handleOf = (/** @type {number} */ at) => (handles ? (w[at] & GENERATION) * LINE + (at >>> 4) : at);

  const take = (/** @type {number} */ nsAt) => {
    const cursor = namespace ? nsAt + NS_LAST : LAST;
    const limit = namespace ? w[nsAt + NS_PID_MAX] : PID_MAX;
    for (let nr = w[cursor] + 1; ; nr++) {
      if (nr >= limit) nr = namespace ? w[nsAt + NS_FLOOR] : 300;
      const entry = nsAt + NS_MAP + ((nr >>> 15) << 1);
      const at = pages ? (w[entry] << 10) + ((nr >>> 5) & 1_023) : maps + (nr >>> 5);
      const word = w[at];
      const bit = 1 << nr;
      if ((word & bit) !== 0) continue;
      w[at] = word | bit;
      w[cursor] = nr;
      if (pages && ++w[entry + 1] === 1) w[nsAt + NS_COUNT]++;
      return nr;
    }
  };
  const give = (/** @type {number} */ nsAt, /** @type {number} */ nr) => {
    const entry = nsAt + NS_MAP + ((nr >>> 15) << 1);
    const at = pages ? (w[entry] << 10) + ((nr >>> 5) & 1_023) : maps + (nr >>> 5);
    w[at] &= ~(1 << nr);
    if (pages && --w[entry + 1] === 0) w[nsAt + NS_COUNT]--;
  };

  const bear = (/** @type {number} */ nsAt) => {
    if (namespace && w[nsAt + NS_DISABLED] !== 0) fail('closed');
    let at = w[FREE];
    if (at !== 0) w[FREE] = w[at + 1];
    else {
      at = w[BUMP];
      w[BUMP] += RECORD_WORDS;
      w[at] = 5;
    }
    if (accounts) w[ACTIVE]++;
    if (references) {
      w[at + PID_COUNT] = 1;
      w[at + PID_HOME] = (w[nsAt + NS_LEVEL] << 24) | (nsAt >>> 4);
    }
    const nr = take(nsAt);
    const serial = namespace ? w[nsAt + NS_SERIAL] : 1;
    w[at + PID_NR] = nr;
    if (namespace) w[at + PID_SERIAL] = serial;
    const slot = slotOf(nr, serial);
    const head = w[slot];
    w[at + PID_NEXT] = head === 0 ? ~slot : head;
    w[slot] = at + PID_NEXT;
    w[at] |= PID_KIND;
    return at;
  };
  const end = (/** @type {number} */ at) => {
    if (references) w[at + PID_HOME] |= -0x8000_0000;
    const nr = w[at + PID_NR];
    const link = at + PID_NEXT;
    let before = slotOf(nr, namespace ? w[at + PID_SERIAL] : 1);
    while (w[before] !== link) before = w[before];
    w[before] = w[link];
    give(references ? (w[at + PID_HOME] & (LINE - 1)) << 4 : NS, nr);
    if (references && --w[at + PID_COUNT] !== 0) return;
    const cache = accounts ? w[pageTable + (at >>> 10)] : FREE;
    w[at] = (w[at] + 1) & GENERATION;
    if (accounts) w[ACTIVE]--;
    w[at + 1] = w[cache];
    w[cache] = at;
  };
  const none = () => undefined;
  const ns = handleOf(NS);
  return {
    ns,
    findPidNs(nr, of) {
      if (namespace && of !== ns) fail('another namespace');
      if (namespace && nr !== (nr & 0x7fff_ffff)) fail('not a number');
      const serial = namespace ? w[NS + NS_SERIAL] : 1;
      for (let link = w[slotOf(nr, serial)]; link > 0; link = w[link])
        if (w[link + PID_NR - PID_NEXT] === nr && (!namespace || w[link + PID_SERIAL - PID_NEXT] === serial))
          return handleOf(link - PID_NEXT);
      return none();
    },
    pidNr: (pid) => w[recordOf(pid, PID_KIND) + PID_NR],
    allocPid: (ns) => handleOf(bear(namespace ? recordOf(ns, NS_KIND) : NS)),
    freePid(pid) {
      const at = recordOf(pid, PID_KIND);
      if (references && w[at + PID_HOME] < 0) fail('dead');
      if (tasks && (w[at + PID_TASKS] | w[at + PID_TASKS + 1] | w[at + PID_TASKS + 2] | w[at + PID_TASKS + 3]) !== 0)
        fail('tasks');
      end(at);
    },
  };
}

/**
 * @param {string} name
 * @param {number} live
 * @returns {Promise<Least>}
 */
async function subjectOf(name, live) {
  if (PROMISES.includes(name)) return leastAllocator(live, name);
  const { createPidAllocator } = await import(pathToFileURL(dist(name)).href);
  const allocator = createPidAllocator({ capacity: Math.max(live, 1_024), pidMax: PID_MAX });
  const { initPidNs: ns, allocPid, freePid, findPidNs, pidNr } = allocator;
  return { ns, allocPid, freePid, findPidNs, pidNr };
}

/**
 * Nanoseconds for freePid and allocPid, or for findPidNs: the twentieth part of the samples took less.
 *
 * @param {string} name
 * @param {number} live
 * @param {string} calls
 */
async function measure(name, live, calls) {
  const subject = await subjectOf(name, live);
  const pids = Float64Array.from({ length: live }, () => subject.allocPid(subject.ns));
  const run = calls === 'findPidNs' ? lookups(subject, pids) : churns(subject, pids);
  run(WARM_UP);
  const samples = Array.from({ length: SAMPLES }, () => {
    const start = performance.now();
    run(OPS);
    return ((performance.now() - start) * 1e6) / OPS;
  });
  return samples.sort((x, y) => x - y)[SAMPLES / 20];
}

/**
 * @param {Least} subject
 * @param {Float64Array} pids
 */
function churns({ ns, allocPid, freePid }, pids) {
  const live = pids.length;
  let draw = 12_345;
  const churn = (/** @type {number} */ count) => {
    for (let i = 0; i < count; i++) {
      draw ^= draw << 13;
      draw ^= draw >>> 17;
      draw ^= draw << 5;
      const victim = (draw >>> 0) % live;
      freePid(pids[victim]);
      pids[victim] = allocPid(ns);
    }
  };
  return churn;
}

/**
 * Of a million numbers or more that are drawn at random, over and over; who was found is kept.
 *
 * @param {Least} subject
 * @param {Float64Array} pids
 */
function lookups({ ns, findPidNs, pidNr }, pids) {
  const asked = Int32Array.from({ length: Math.max(pids.length, 2 ** 20) }, () =>
    pidNr(pids[Math.floor(Math.random() * pids.length)]),
  );
  let at = 0;
  return (/** @type {number} */ count) => {
    let last = ns;
    for (let i = 0; i < count; i++) {
      const pid = findPidNs(asked[at], ns);
      if (pid !== undefined) last = pid;
      if (++at === asked.length) at = 0;
    }
    if (last === ns) throw new Error('nobody was found');
  };
}

/** @param {number} rounds */
function compare(rounds) {
  for (const design of DESIGNS) if (!existsSync(dist(design))) throw new Error('build first: npm run build');
  console.log(`node ${process.version}, ns, ${rounds} rounds; medians`);
  table('freePid + allocPid', [...PROMISES, ...DESIGNS], rounds);
  table('findPidNs', [...FOR_LOOKUPS, ...DESIGNS], rounds);
}

/**
 * @param {string} calls
 * @param {readonly string[]} names
 * @param {number} rounds
 */
function table(calls, names, rounds) {
  console.log(`\n${calls} of a random pid`);
  console.log(`${SIZES.map((live) => live.toLocaleString('en').padStart(10)).join('')}  live`);
  /** @type {number[][]} */
  const medians = names.map(() => []);
  for (const live of SIZES) {
    /** @type {number[][]} */
    const times = names.map(() => []);
    for (let i = 0; i < rounds; i++)
      for (const [at, name] of names.entries()) times[at].push(inProcess(name, live, calls));
    for (const [at, values] of times.entries()) medians[at].push(values.sort((x, y) => x - y)[values.length >> 1]);
  }
  for (const [at, name] of names.entries()) {
    const cells = medians[at].map((value) => value.toFixed(value < 100 ? 1 : 0).padStart(10)).join('');
    console.log(`${cells}  ${WHAT[/** @type {keyof typeof WHAT} */ (name)] ?? `@pidlab/core-${name}`}`);
  }
}

/**
 * @param {string} name
 * @param {number} live
 * @param {string} calls
 */
function inProcess(name, live, calls) {
  const args = [...(calls === 'findPidNs' ? [] : FLAGS), import.meta.filename, '--measure', name, String(live), calls];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

if (process.argv[2] === '--measure')
  console.log(await measure(process.argv[3], Number(process.argv[4]), process.argv[5]));
else {
  const rounds = Number(process.argv[2] ?? 5);
  if (rounds >= 1) compare(rounds);
  else {
    console.error('usage: node scripts/least-churn.js [rounds, 1 or more]');
    process.exitCode = 2;
  }
}
