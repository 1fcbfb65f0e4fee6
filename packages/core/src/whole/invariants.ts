/**
 * What must always hold, in every design:
 *
 * 1. Pages: every slab page belongs to one existing cache, every pidmap page to one namespace or to the free list.
 * 2. Caches: places = in use + free + retired + never used; the free list and the workers’ magazines hold exactly the free
 *    ones; what is never used
 *    is blank, and what is free is blank where its next life relies on it.
 * 3. Namespaces: one above except for the root, one level down; references = users + pages in use (where they are counted)
 *    + children.
 * 4. Pidmaps: `used` is the number of bits set; the bits set are the numbers of the live pids, and bit 0 of page 0.
 * 5. Pids: a live one is in a live namespace; a dead one has no tasks and somebody's reference.
 * 6. Hash: a chain ends in its slot's marker; the links in the chains are the numbers of the live pids, each in its slot;
 *    and each number leads to its pid.
 * 7. Tasks: a list's links agree in both directions and with the pid; a namespace's reaper hangs on a pid of it.
 *
 * Each design adds its own. The walk follows no offset that it has not checked, and stops after the first group that is
 * violated, since the later ones rest on it. What a worker that was declared gone had in hand is said, and is no violation.
 */
import { PID_MAX_LIMIT, PIDMAP_ENTRIES, PIDTYPE_MAX, PIDTYPE_PID, RESERVED_PIDS } from '@pidlab/contract';
import { CACHE, HEADER, MAGAZINE, NS, PAGE_SHIFT, PAGE_WORDS, PID_HEAD, PIDMAP, TASK, TASK_LINK } from '../layout.ts';
import { slotsOf, workerAt } from '../memory/block.ts';
import { GENERATION_MASK, KIND_NS, KIND_PID, KIND_RETIRED, KIND_SHIFT, KIND_TASK } from '../memory/handles.ts';
import { ALL_CACHES, magazineAt, NS_CACHE, numbersOfCache, pidCache, TASK_CACHE } from '../memory/slab.ts';
import { numbersAt, USERS_LIMIT, wasGiven } from '../pids/namespaces.ts';
import { isTaken } from '../pids/pidmap.ts';
import { hasTasks, homeOf, isDead, pidLevel } from '../pids/pids.ts';
import { linkOf, nextPidTask, pidTask, taskPid } from '../pids/tasks.ts';
import type { HashTable, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { wholeLines } from '../words/struct.ts';
import { activeIn, cacheName } from './reports.ts';
import {
  bitsIn,
  cacheOf,
  eachLivePid,
  eachMapPage,
  eachNs,
  eachPid,
  eachSlot,
  eachTask,
  isRecord,
  isSlot,
  kindOf,
} from './walk.ts';

const H = HEADER.at;
const N = NS.at;
const C = CACHE.at;
/** More than these say nothing new. */
const MOST_VIOLATIONS = 50;

type Say = (violation: string) => void;

/** What a sentence begins with that is about something a gone worker had in hand. It is no violation. */
export const LEAKED = 'leaked: ';

/**
 * Walks everything; one sentence for each thing that does not hold. `counted` says whether numbers taken are counted by page,
 * as they are in a block for one thread.
 */
export function checkInvariants(s: State, counted: boolean = !SHARED): string[] {
  const found: string[] = [];
  let leaks = 0;
  const say: Say = (violation) => {
    if (found.length >= MOST_VIOLATIONS) return;
    if (violation.startsWith(LEAKED)) leaks++;
    found.push(violation);
  };
  const checkDesign = () => s.design.checkDesign(s, say);
  const checkNs = () => checkNamespaces(s, counted, say);
  const shared = [checkSlabPages, checkCaches, checkNs, checkPids, checkHash, checkTasks];
  for (const check of [...shared, checkDesign, checkFinds]) {
    check(s, say);
    if (found.length > leaks) return found;
  }
  return found;
}

/** Where a worker that was declared gone may be the reason, the sentence says so. */
function leaked(s: State, violation: string): string {
  return s.words[H.gone] > 0 ? LEAKED + violation : violation;
}

function checkSlabPages(s: State, say: Say): void {
  const w = s.words;
  const base = w[H.generationBase];
  if (base < 1 || base > GENERATION_MASK) say(`the first generation is ${base}`);
  for (const floor of [w[H.floors], w[H.floors + 1]]) {
    if (floor < 1 || floor > RESERVED_PIDS) say(`new namespaces would have a floor of ${floor}`);
  }
  const slabs = new Map<number, number>();
  for (let start = s.slabStart; start < w[H.slabEnd]; start += PAGE_WORDS) {
    const cache = cacheOf(s, start);
    if (cache === 0) say(`page ${start >>> PAGE_SHIFT} is a slab page of no cache`);
    slabs.set(cache, (slabs.get(cache) ?? 0) + 1);
  }
  for (const cache of ALL_CACHES) {
    const size = w[cache + C.objectWords];
    const wanted = objectWordsOf(s, cache);
    const needed = cache <= TASK_CACHE || w[cache + C.slabs] > 0;
    if (size !== wanted && (size !== 0 || needed))
      say(`cache ${cacheName(cache)} has objects of ${size} words, not ${wanted}`);
    if ((slabs.get(cache) ?? 0) !== w[cache + C.slabs])
      say(`cache ${cacheName(cache)} counts ${w[cache + C.slabs]} slabs and has ${slabs.get(cache) ?? 0}`);
  }
}

function objectWordsOf(s: State, cache: number): number {
  if (cache === NS_CACHE) return wholeLines(NS.words);
  return wholeLines(cache === TASK_CACHE ? s.design.taskWords : s.design.pidWords(numbersOfCache(cache)));
}

function checkCaches(s: State, say: Say): void {
  for (const cache of ALL_CACHES) checkCache(s, cache, say);
}

function checkCache(s: State, cache: number, say: Say): void {
  const w = s.words;
  const name = cacheName(cache);
  const places = { active: 0, retired: 0, free: 0, lost: 0 };
  const bump = w[cache + C.bump];
  if (!isCut(s, cache)) say(`cache ${name} cuts its next object at ${bump}, in a slab up to ${w[cache + C.bumpEnd]}`);
  const listed = freeObjects(s, cache, say);
  const relied = reliedOn(s, cache);
  eachSlot(s, cache, (at) => {
    const kind = w[at] >>> KIND_SHIFT;
    if (at >= bump && at < w[cache + C.bumpEnd]) {
      if (!isBlank(w, at, at + w[cache + C.objectWords]))
        say(`object ${at} of cache ${name} was never used and is not blank`);
    } else if (kind === kindOf(cache)) places.active++;
    else if (kind === KIND_RETIRED) places.retired++;
    else if (kind !== 0) say(`cache ${name} has a record of kind ${kind} at ${at}`);
    else {
      places.free++;
      if (!listed.has(at)) places.lost++;
      else if (!isBlank(w, at + relied.from, at + relied.to))
        say(`object ${at} of cache ${name} is free and not blank`);
    }
  });
  if (places.lost > 0) say(leaked(s, `cache ${name} lists ${listed.size} free objects and has ${places.free}`));
  if (places.active + places.lost !== activeIn(s, cache))
    say(`cache ${name} counts ${activeIn(s, cache)} active objects and has ${places.active}`);
  if (places.retired !== w[cache + C.retired])
    say(`cache ${name} counts ${w[cache + C.retired]} retired objects and has ${places.retired}`);
}

/** Whether the next object is cut from where one fits into a slab of the cache, or that slab is used up. */
function isCut(s: State, cache: number): boolean {
  const w = s.words;
  const [bump, end, size] = [w[cache + C.bump], w[cache + C.bumpEnd], w[cache + C.objectWords]];
  if (w[cache + C.slabs] === 0) return bump === 0 && end === 0;
  if (w[H.gone] > 0 && bump + size > end) return true;
  const start = end - PAGE_WORDS;
  const cut = (bump - start) / size;
  return (
    start % PAGE_WORDS === 0 &&
    cacheOf(s, start) === cache &&
    Number.isInteger(cut) &&
    cut >= (w[H.gone] > 0 ? 0 : 1) &&
    bump <= end
  );
}

/** What a record's next life expects to find zero: a pid its task lists, a task its links, a namespace its map. */
function reliedOn(s: State, cache: number): { readonly from: number; readonly to: number } {
  if (cache === NS_CACHE) return { from: N.pidmap, to: NS.words };
  if (cache === TASK_CACHE) return { from: TASK.at.links, to: s.design.taskWords };
  return { from: PID_HEAD.at.tasks, to: PID_HEAD.at.tasks + PIDTYPE_MAX };
}

function isBlank(words: Int32Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (words[at] !== 0) return false;
  return true;
}

/** The free objects that the cache lists, and those that workers have at hand. */
function freeObjects(s: State, cache: number, say: Say): Set<number> {
  const listed = new Set<number>();
  followFree(s, cache, s.words[cache + C.free], `the free list of cache ${cacheName(cache)}`, listed, say);
  for (let slot = 0; slot < s.words[H.workers]; slot++) {
    const magazine = magazineAt(workerAt(s, slot), cache);
    const before = listed.size;
    const name = `the magazine of worker ${slot} for cache ${cacheName(cache)}`;
    followFree(s, cache, s.words[magazine + MAGAZINE.at.first], name, listed, say);
    const count = s.words[magazine + MAGAZINE.at.count];
    if (listed.size - before !== count) say(`${name} counts ${count} objects and has ${listed.size - before}`);
  }
  return listed;
}

/** Follows a list up to an object that is in one already, so that a ring ends. */
function followFree(s: State, cache: number, first: number, name: string, listed: Set<number>, say: Say): void {
  const w = s.words;
  for (let at = first; at !== 0; at = w[at + 1]) {
    const isNew = at >= w[cache + C.bump] && at < w[cache + C.bumpEnd];
    const isFree = isSlot(s, at) && cacheOf(s, at) === cache && w[at] >>> KIND_SHIFT === 0 && !isNew;
    if (!isFree || listed.has(at)) {
      say(`${name} leads to ${at}, which is not a free object of it`);
      return;
    }
    listed.add(at);
  }
}

function checkNamespaces(s: State, counted: boolean, say: Say): void {
  const w = s.words;
  const root = w[H.rootNs];
  const isRoot = isRecord(s, root, KIND_NS) && w[root + N.parent] === 0 && w[root + N.level] === 0;
  if (!isRoot || w[root + N.users] < 1) {
    say(`the root namespace is not at ${root}`);
    return;
  }
  const serials = new Set<number>();
  const children = new Map<number, number>();
  const pages = freeMapPages(s, say);
  eachNs(s, (at) => {
    if (at !== root) checkParent(s, at, say);
    const parent = w[at + N.parent];
    children.set(parent, (children.get(parent) ?? 0) + 1);
    if (serials.has(w[at + N.serial])) say(`namespace ${at} has the serial of another`);
    serials.add(w[at + N.serial]);
    checkSettings(s, at, say);
  });
  eachNs(s, (at) => {
    const inUse = checkPidmap(s, at, counted, pages, say);
    const held = w[at + N.users] + (counted ? inUse : 0) + (children.get(at) ?? 0);
    const count = w[at + N.count];
    const sentence = `namespace ${at} counts ${count} references; ${held} are held`;
    if (count < held) say(sentence);
    else if (count > held || (held === 0 && inUse === 0)) say(leaked(s, sentence));
  });
  const mapPages = w[H.pagesTotal] - w[H.mapStart];
  const handedOut = `${mapPages} pidmap pages were handed out; ${pages.size} are in a map or free`;
  if (pages.size !== mapPages) say(pages.size < mapPages ? leaked(s, handedOut) : handedOut);
}

/** The pidmap pages on the free list. */
function freeMapPages(s: State, say: Say): Set<number> {
  const w = s.words;
  const pages = new Set<number>();
  for (let page = w[H.mapFree]; page !== 0; page = w[s.pageTable + page]) {
    if (!isMapPage(s, page) || pages.has(page)) {
      say(`the list of free pidmap pages leads to page ${page}`);
      break;
    }
    pages.add(page);
    const start = page << PAGE_SHIFT;
    if (!isBlank(w, start, start + PAGE_WORDS)) say(`pidmap page ${page} is free and not blank`);
  }
  if (pages.size !== w[H.mapFreeCount])
    say(`${w[H.mapFreeCount]} pidmap pages are counted free; ${pages.size} are listed`);
  return pages;
}

function isMapPage(s: State, page: number): boolean {
  return page >= s.words[H.mapStart] && page < s.words[H.pagesTotal];
}

function checkParent(s: State, nsAt: number, say: Say): void {
  const parent = s.words[nsAt + N.parent];
  const level = s.words[nsAt + N.level];
  if (!isRecord(s, parent, KIND_NS)) say(`namespace ${nsAt} has no namespace above it at ${parent}`);
  else if (level !== s.words[parent + N.level] + 1)
    say(`namespace ${nsAt} is at level ${level}, not one below its parent`);
}

function checkSettings(s: State, nsAt: number, say: Say): void {
  const w = s.words;
  const inRange = (field: number, min: number, max: number) => w[nsAt + field] >= min && w[nsAt + field] <= max;
  const level = w[nsAt + N.level];
  if (!inRange(N.level, 0, s.design.traits.maxLevel)) say(`namespace ${nsAt} is at level ${level}`);
  else if (w[pidCache(numbersAt(s, level)) + C.objectWords] === 0) say(`namespace ${nsAt} has no cache for its pids`);
  if (!wasGiven(s, w[nsAt + N.serial])) say(`namespace ${nsAt} has a serial that was never given`);
  if (!inRange(N.pidMax, RESERVED_PIDS + 1, PID_MAX_LIMIT))
    say(`namespace ${nsAt} has a pidMax of ${w[nsAt + N.pidMax]}`);
  if (!inRange(N.lastPid, 0, PID_MAX_LIMIT - 1)) say(`namespace ${nsAt} has its cursor at ${w[nsAt + N.lastPid]}`);
  if (!inRange(N.floor, 1, RESERVED_PIDS)) say(`namespace ${nsAt} has a floor of ${w[nsAt + N.floor]}`);
  if (!inRange(N.disabled, 0, 1)) say(`namespace ${nsAt} has ${w[nsAt + N.disabled]} for disabled`);
  if (!inRange(N.entries, 1, PIDMAP_ENTRIES)) say(`namespace ${nsAt} has ${w[nsAt + N.entries]} pidmap entries`);
  if (!inRange(N.users, 0, USERS_LIMIT)) say(`namespace ${nsAt} has ${w[nsAt + N.users]} users`);
}

/** Checks counts against bits, adds the pages to `owned`, and returns how many have a number taken. */
function checkPidmap(s: State, nsAt: number, counted: boolean, owned: Set<number>, say: Say): number {
  const w = s.words;
  let inUse = 0;
  for (let i = 0; i < PIDMAP_ENTRIES; i++) {
    const entry = nsAt + N.pidmap + i * PIDMAP.words;
    const page = w[entry + PIDMAP.at.page];
    const used = w[entry + PIDMAP.at.used];
    if (page === 0) {
      if (used !== 0 || i === 0)
        say(`namespace ${nsAt} has no page ${i} of its pidmap, and ${used} numbers taken in it`);
      continue;
    }
    if (!isMapPage(s, page) || owned.has(page) || i >= w[nsAt + N.entries]) {
      say(`page ${i} of the pidmap of namespace ${nsAt} is page ${page}, which is not its own`);
      continue;
    }
    owned.add(page);
    const bits = bitsIn(w, page << PAGE_SHIFT) - (i === 0 ? w[page << PAGE_SHIFT] & 1 : 0);
    if (used !== (counted ? bits : 0))
      say(`page ${i} of the pidmap of namespace ${nsAt} counts ${used} numbers and has ${bits}`);
    if (i === 0 && (w[page << PAGE_SHIFT] & 1) === 0) say(`number 0 of namespace ${nsAt} is free`);
    if (bits > 0) inUse++;
  }
  return inUse;
}

function checkPids(s: State, say: Say): void {
  const given = new Map<number, number>();
  eachPid(s, (at, numbers) => checkPid(s, at, numbers, say));
  eachLivePid(s, (at) => {
    if (!livesAtHome(s, at)) {
      say(`pid ${at} is alive and its namespace at ${homeOf(s, at)} is not`);
      return;
    }
    s.design.eachNumber(s, at, (nr, nsAt) => {
      const taken = nr >= 1 && nr < PID_MAX_LIMIT && isTaken(s, nsAt, nr);
      if (!taken) say(`pid ${at} has number ${nr}, which is free in namespace ${nsAt}`);
      given.set(nsAt, (given.get(nsAt) ?? 0) + 1);
    });
  });
  eachNs(s, (nsAt) => {
    const taken = takenIn(s, nsAt);
    const carried = given.get(nsAt) ?? 0;
    const sentence = `namespace ${nsAt} has ${taken} numbers taken; live pids carry ${carried}`;
    if (taken !== carried) say(taken > carried ? leaked(s, sentence) : sentence);
  });
}

function checkPid(s: State, pidAt: number, numbers: number, say: Say): void {
  const level = pidLevel(s, pidAt);
  const count = s.words[pidAt + PID_HEAD.at.count];
  if (level > s.design.traits.maxLevel || numbersAt(s, level) !== numbers)
    say(`pid ${pidAt} of level ${level} is from cache ${cacheName(pidCache(numbers))}`);
  const home = homeOf(s, pidAt);
  if (!isSlot(s, home) || cacheOf(s, home) !== NS_CACHE)
    say(`pid ${pidAt} is at home at ${home}, where no namespace can be`);
  if (count < 1) say(leaked(s, `pid ${pidAt} has ${count} references`));
  if (s.words[pidAt + PID_HEAD.at.home] < 0) say(leaked(s, `pid ${pidAt} is being freed by nobody`));
  if (isDead(s, pidAt) && hasTasks(s, pidAt)) say(`pid ${pidAt} is dead and has tasks`);
}

/** Whether the namespace that the pid was allocated in is still there. */
function livesAtHome(s: State, pidAt: number): boolean {
  const home = homeOf(s, pidAt);
  const { words: w, design } = s;
  if (!isRecord(s, home, KIND_NS)) return false;
  return w[home + N.level] === pidLevel(s, pidAt) && w[home + N.serial] === design.pidSerial(s, pidAt);
}

function takenIn(s: State, nsAt: number): number {
  let taken = 0;
  eachMapPage(s, nsAt, (_entry, _page, used) => {
    taken += used;
  });
  return taken;
}

/** Notes for every link in every chain which slot it is under, then asks each live pid for its links. */
function checkHash(s: State, say: Say): void {
  const slotOfLink = new Int32Array(s.words[H.slabEnd] - s.slabStart);
  const tables = s.design.tables.length === 1 ? [s.pidHash] : [s.pidHash, s.vnrHash];
  let linked = 0;
  for (const table of tables) linked += noteLinks(s, table, slotOfLink, say);
  let carried = 0;
  eachLivePid(s, (at) => {
    s.design.eachNumber(s, at, (nr, _nsAt, link, slot) => {
      carried++;
      if (slotOfLink[link - s.slabStart] !== slot) say(`number ${nr} of pid ${at} is not found from its slot ${slot}`);
    });
  });
  const violation = `the hash chains have ${linked} links; live pids have ${carried}`;
  // A call that EBUSY stopped may have left a dead pid in a chain.
  if (linked !== carried) say(linked > carried ? leaked(s, violation) : violation);
}

function noteLinks(s: State, table: HashTable, slotOfLink: Int32Array, say: Say): number {
  const end = table.base + slotsOf(table.shift);
  let links = 0;
  for (let slot = table.base; slot < end; slot++) {
    let at = s.words[slot];
    for (; at > 0; at = s.words[at]) {
      const seen = at < s.slabStart || at >= s.words[H.slabEnd] || slotOfLink[at - s.slabStart] !== 0;
      if (seen) {
        say(`the chain of slot ${slot} leads to ${at}, which is in a chain already or no link`);
        return links;
      }
      slotOfLink[at - s.slabStart] = slot;
      links++;
    }
    const unused = at === 0 && s.words[slot] === 0;
    if (at !== ~slot && !unused) say(`the chain of slot ${slot} ends in the marker of slot ${~at}`);
  }
  return links;
}

function checkTasks(s: State, say: Say): void {
  const w = s.words;
  let linked = 0;
  eachTask(s, (at) => {
    for (let type = 0; type < PIDTYPE_MAX; type++) {
      const link = linkOf(at, type);
      if (w[link] !== 0) linked++;
      else if (!isBlank(w, link, link + TASK_LINK.words)) say(`task ${at} is in list ${type} of no pid`);
    }
  });
  let listed = 0;
  eachPid(s, (at) => {
    for (const type of [0, 1, 2, 3] as const) listed += checkTaskList(s, at, type, linked, say);
  });
  if (listed !== linked) say(`pids list ${listed} tasks; tasks have ${linked} pids`);
  eachNs(s, (nsAt) => checkReaper(s, nsAt, say));
}

function checkTaskList(s: State, pidAt: number, type: 0 | 1 | 2 | 3, most: number, say: Say): number {
  let length = 0;
  let prev = 0;
  for (let at = pidTask(s, pidAt, type); at !== 0; at = nextPidTask(s, at, type)) {
    const fits = isRecord(s, at, KIND_TASK) && taskPid(s, at, type) === pidAt && s.words[linkOf(at, type) + 2] === prev;
    if (!fits || length === most) {
      say(`list ${type} of pid ${pidAt} leads to ${at}, which does not belong there`);
      break;
    }
    length++;
    prev = at;
  }
  return length;
}

function checkReaper(s: State, nsAt: number, say: Say): void {
  const reaper = s.words[nsAt + N.reaper];
  if (reaper === 0) return;
  const pidAt = isRecord(s, reaper, KIND_TASK) ? taskPid(s, reaper, PIDTYPE_PID) : 0;
  if (!isRecord(s, pidAt, KIND_PID) || homeOf(s, pidAt) !== nsAt)
    say(`the reaper of namespace ${nsAt} has no pid in it`);
}

/** The chains are whole by now, so every look-up ends. */
function checkFinds(s: State, say: Say): void {
  eachLivePid(s, (at) => {
    s.design.eachNumber(s, at, (nr, nsAt) => {
      const found = s.design.findPidNs(s, nr, nsAt);
      if (found !== at) say(`number ${nr} of namespace ${nsAt} leads to ${found}; pid ${at} has it`);
    });
  });
}
