/** Pidmaps as the map of a design: what is checked, counted and mended in them beside what happens at run time. */
import { PIDMAP_ENTRIES } from '@pidlab/contract';
import { HEADER, NS, PAGE_SHIFT, PAGE_TABLE, PAGE_WORDS, PIDMAP, PIDMAP_NS } from '../layout.ts';
import { checkSetTid, mostChosen } from '../pids/chosen.ts';
import { closeMap, isTaken, nextPidmap, openMap } from '../pids/pidmap.ts';
import type { MapUse, NumberMap, Say, State } from '../types.ts';
import { popcount } from '../words/bitops.ts';
import { isBlank } from './check-memory.ts';
import { eachNs } from './walk.ts';

const H = HEADER.at;
const N = PIDMAP_NS.at;
const COUNT = NS.at.count;

/** The map of a design whose numbers are bits in pages. */
export const pidmap: NumberMap = {
  nsWords: PIDMAP_NS.words,
  nsBlank: N.pidmap,
  pagesPerNs: 1,
  wordsPerPid: 0,
  cache: undefined,
  ...{ mostChosen, checkSetTid },
  ...{ open: openMap, close: closeMap, next: nextPidmap, isTaken },
  ...{ check: checkPidmaps, count: countPages, uncount: uncountPages, recover() {} },
};

/** Counts, in a copy, what threads do not count. */
function countPages(s: State, copy: Int32Array): void {
  eachNs(s, (nsAt) => {
    eachMapPage(s, nsAt, (entry, _page, used) => {
      copy[entry + PIDMAP.at.used] = used;
      if (used > 0) copy[nsAt + COUNT]++;
    });
  });
}

/** And back, for a block that threads are going to share. */
function uncountPages(s: State): void {
  const w = s.words;
  eachNs(s, (nsAt) => {
    eachMapPage(s, nsAt, (entry, _page, used) => {
      w[entry + PIDMAP.at.used] = 0;
      if (used > 0) w[nsAt + COUNT]--;
    });
  });
}

/** A page in which a number is taken holds its namespace, where that is counted. */
function checkPidmaps(s: State, counted: boolean, say: Say): Map<number, MapUse> {
  const w = s.words;
  const uses = new Map<number, MapUse>();
  const pages = freeMapPages(s, say);
  eachNs(s, (nsAt) => {
    uses.set(nsAt, checkPidmap(s, nsAt, counted, pages, say));
  });
  const mapPages = w[H.pagesTotal] - w[H.mapStart];
  if (pages.size !== mapPages)
    say(`${mapPages} pidmap pages were handed out; ${pages.size} are in a map or free`, pages.size < mapPages);
  return uses;
}

/** The pidmap pages on the free list. */
function freeMapPages(s: State, say: Say): Set<number> {
  const w = s.words;
  const pages = new Set<number>();
  for (let page = w[H.mapFree]; page !== 0; page = w[PAGE_TABLE + page]) {
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

/** Checks counts against bits, and adds the pages to `owned`. */
function checkPidmap(s: State, nsAt: number, counted: boolean, owned: Set<number>, say: Say): MapUse {
  const w = s.words;
  let inUse = 0;
  let taken = 0;
  const entries = w[nsAt + N.entries];
  if (entries < 1 || entries > PIDMAP_ENTRIES) say(`namespace ${nsAt} has ${entries} pidmap entries`);
  for (let i = 0; i < PIDMAP_ENTRIES; i++) {
    const entry = nsAt + N.pidmap + i * PIDMAP.words;
    const page = w[entry + PIDMAP.at.page];
    const used = w[entry + PIDMAP.at.used];
    if (page === 0) {
      if (used !== 0 || i === 0)
        say(`namespace ${nsAt} has no page ${i} of its pidmap, and ${used} numbers taken in it`);
      continue;
    }
    if (!isMapPage(s, page) || owned.has(page) || i >= entries) {
      say(`page ${i} of the pidmap of namespace ${nsAt} is page ${page}, which is not its own`);
      continue;
    }
    owned.add(page);
    const bits = bitsIn(w, page << PAGE_SHIFT) - (i === 0 ? w[page << PAGE_SHIFT] & 1 : 0);
    if (used !== (counted ? bits : 0))
      say(`page ${i} of the pidmap of namespace ${nsAt} counts ${used} numbers and has ${bits}`);
    if (i === 0 && (w[page << PAGE_SHIFT] & 1) === 0) say(`number 0 of namespace ${nsAt} is free`);
    if (bits > 0) inUse++;
    taken += bits;
  }
  return { held: counted ? inUse : 0, taken };
}

/** Calls `visit` for each entry of a namespace's map that has a page, with how many numbers are taken in it. */
function eachMapPage(s: State, nsAt: number, visit: (entry: number, page: number, used: number) => void): void {
  for (let i = 0; i < PIDMAP_ENTRIES; i++) {
    const entry = nsAt + N.pidmap + i * PIDMAP.words;
    const page = s.words[entry + PIDMAP.at.page];
    if (page === 0) continue;
    const bits = bitsIn(s.words, page << PAGE_SHIFT);
    visit(entry, page, i === 0 ? bits - (s.words[page << PAGE_SHIFT] & 1) : bits);
  }
}

/** How many bits of the bitmap page that starts there are one. */
function bitsIn(words: Int32Array, start: number): number {
  let bits = 0;
  for (let at = start; at < start + PAGE_WORDS; at++) bits += popcount(words[at]);
  return bits;
}
