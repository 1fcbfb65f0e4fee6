/** Hash tables as the index of a design: what is checked and mended in them beside what happens at run time. */
import { HEADER } from '../layout.ts';
import { slotsOf } from '../memory/block.ts';
import { lockSlot, unlockSlot } from '../pids/hash.ts';
import type { HashTable, NumberIndex, Say, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { eachLivePid } from './walk.ts';

const H = HEADER.at;

/** The index of a design whose pids are found by hash tables: one, or two. */
export function hashed(...tables: NumberIndex['tables']): NumberIndex {
  return { tables, check: checkHash, unlink };
}

/** Notes for every link in every chain which slot it is under, then asks each live pid for its links. */
function checkHash(s: State, say: Say): void {
  const slotOfLink = new Int32Array(s.words[H.slabEnd] - s.slabStart);
  const tables = s.design.index.tables.length === 1 ? [s.pidHash] : [s.pidHash, s.vnrHash];
  let linked = 0;
  for (const table of tables) linked += noteLinks(s, table, slotOfLink, say);
  let carried = 0;
  eachLivePid(s, (at) => {
    s.design.eachNumber(s, at, (nr, _nsAt, link, slot) => {
      carried++;
      if (slotOfLink[link - s.slabStart] !== slot) say(`number ${nr} of pid ${at} is not found from its slot ${slot}`);
    });
  });
  // A call that EBUSY stopped may have left a dead pid in a chain.
  if (linked !== carried)
    say(`the hash chains have ${linked} links; live pids have ${carried}`, linked > carried && 'mend');
}

function noteLinks(s: State, table: HashTable, slotOfLink: Int32Array, say: Say): number {
  const w = s.words;
  const end = table.base + slotsOf(table.shift);
  let links = 0;
  for (let slot = table.base; slot < end; slot++) {
    let at = w[slot];
    for (; at > 0; at = w[at]) {
      const seen = at < s.slabStart || at >= w[H.slabEnd] || slotOfLink[at - s.slabStart] !== 0;
      if (seen) {
        say(`the chain of slot ${slot} leads to ${at}, which is in a chain already or no link`);
        return links;
      }
      slotOfLink[at - s.slabStart] = slot;
      links++;
    }
    const unused = at === 0 && w[slot] === 0;
    if (at !== ~slot && !unused) say(`the chain of slot ${slot} ends in the marker of slot ${~at}`);
  }
  return links;
}

/** Takes a link out of a chain in which it may be. */
function unlink(s: State, slot: number, link: number): void {
  const w = s.words;
  const head = SHARED ? lockSlot(s, slot, 'declareGone') : w[slot];
  let at = head;
  while (at > 0 && at !== link && w[at] !== link) at = w[at];
  if (at > 0 && at !== link) w[at] = w[link];
  const first = head === link ? w[link] : head;
  if (SHARED) unlockSlot(s, slot, first);
  else w[slot] = first;
}
