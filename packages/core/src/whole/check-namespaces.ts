/** Invariants 3 and 4: namespaces and their maps. */
import { PID_MAX_LIMIT, PIDMAP_ENTRIES, RESERVED_PIDS } from '@pidlab/contract';
import { CACHE, HEADER, NS, PAGE_SHIFT, PAGE_WORDS, PIDMAP } from '../layout.ts';
import { KIND_NS } from '../memory/handles.ts';
import { pidCache } from '../memory/slab.ts';
import { numbersAt, USERS_LIMIT, wasGiven } from '../pids/namespaces.ts';
import type { State } from '../types.ts';
import { isBlank } from './check-memory.ts';
import type { Say } from './say.ts';
import { bitsIn, eachNs, isRecord } from './walk.ts';

const H = HEADER.at;
const N = NS.at;
const C = CACHE.at;
/** References on a namespace that may be lost, far from where others would make the count overflow. */
const MOST_LOST = 0x2000_0000;

export function checkNamespaces(s: State, counted: boolean, say: Say): void {
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
    if (count !== held || (held === 0 && inUse === 0))
      say(`namespace ${at} counts ${count} references; ${held} are held`, count >= held && count - held < MOST_LOST);
  });
  const mapPages = w[H.pagesTotal] - w[H.mapStart];
  if (pages.size !== mapPages)
    say(`${mapPages} pidmap pages were handed out; ${pages.size} are in a map or free`, pages.size < mapPages);
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
