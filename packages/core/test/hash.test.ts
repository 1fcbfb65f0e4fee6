import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashAdd, hashDel, slotOf, slotOfNr } from '../src/pids/hash.ts';
import type { State } from '../src/types.ts';
import { make } from './design.ts';

const SLOT_OF_TEST = 3;

/** A slot, and as many places for links as wanted: words of the free part of a block. */
function chain(links: number): { s: State; slot: number; at: number[]; walk: () => number[]; end: () => number } {
  const { s } = make();
  const slot = s.pidHash.base + SLOT_OF_TEST;
  const at = Array.from({ length: links }, (_, i) => s.slabStart + 20_000 + i * 16);
  const walk = () => {
    const found: number[] = [];
    for (let link = s.words[slot]; link > 0; link = s.words[link]) found.push(link);
    return found;
  };
  const end = () => {
    let link = slot;
    while (s.words[link] > 0) link = s.words[link];
    return s.words[link];
  };
  return { s, slot, at, walk, end };
}

describe('a hash chain', () => {
  test('takes the newest to the front, and ends in the marker of its slot', () => {
    const { s, slot, at, walk, end } = chain(3);
    expect(s.words[slot]).toBe(0);
    for (const link of at) hashAdd(s, slot, link);
    expect(walk()).toEqual([...at].reverse());
    expect(end()).toBe(~slot);
  });

  test.each([
    ['front', 2],
    ['middle', 1],
    ['end', 0],
  ])('lets go of a link at the %s, which still leads on for who stands on it', (_, i) => {
    const { s, slot, at, walk, end } = chain(3);
    for (const link of at) hashAdd(s, slot, link);
    const next = s.words[at[i]];
    hashDel(s, slot, at[i]);
    expect(walk()).toEqual([...at].reverse().filter((link) => link !== at[i]));
    expect(end()).toBe(~slot);
    expect(s.words[at[i]]).toBe(next);
  });

  test('emptied ends in its marker, and can be filled again', () => {
    const { s, slot, at, walk } = chain(1);
    hashAdd(s, slot, at[0]);
    hashDel(s, slot, at[0]);
    expect(s.words[slot]).toBe(~slot);
    hashAdd(s, slot, at[0]);
    expect(walk()).toEqual(at);
    expect(s.words[at[0]]).toBe(~slot);
  });

  test('is a list, in any order of additions and removals', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (steps) => {
        const { s, slot, at, walk, end } = chain(10);
        let model: number[] = [];
        for (const i of steps) {
          if (model.includes(at[i])) {
            hashDel(s, slot, at[i]);
            model = model.filter((link) => link !== at[i]);
          } else {
            hashAdd(s, slot, at[i]);
            model.unshift(at[i]);
          }
          expect(walk()).toEqual(model);
          expect(end()).toBe(steps.length > 0 ? ~slot : 0);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('slots', () => {
  test('are within the table, for any number and serial', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 28 }), fc.nat(), fc.integer(), (shift, nr, serial) => {
        const table = { base: 5000, shift };
        for (const slot of [slotOf(table, nr, serial), slotOfNr(table, nr)]) {
          expect(slot).toBeGreaterThanOrEqual(5000);
          expect(slot).toBeLessThan(5000 + 2 ** (32 - shift));
          expect(Number.isInteger(slot)).toBe(true);
        }
      }),
    );
  });

  test('of numbers in a row spread evenly: no chain is longer than 4 at a load of one', () => {
    for (const serial of [0, 0x85eb_ca6b | 0, 123_456_789]) {
      const table = { base: 0, shift: 16 };
      const lengths = new Int32Array(65_536);
      for (let nr = 1; nr <= 65_536; nr++) lengths[slotOf(table, nr, serial)]++;
      expect(Math.max(...lengths)).toBeLessThanOrEqual(4);
      expect(lengths.filter((length) => length === 0).length).toBeLessThan(65_536 / 2);
    }
  });
});
