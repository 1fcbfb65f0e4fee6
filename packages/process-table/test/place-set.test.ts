import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlaceSet } from '../src/place-set.ts';

/** Small ones, the borders between words and levels, and far ones. */
const places = fc.oneof(fc.nat(70), fc.constantFrom(31, 32, 1_023, 1_024, 32_767, 32_768), fc.nat(100_000));

test('the next above any place is found, whatever has come and gone', () => {
  fc.assert(
    fc.property(fc.array(places, { maxLength: 60, size: 'max' }), fc.array(places), (changes, asked) => {
      const set = new PlaceSet();
      const model = new Set<number>();
      for (const place of changes) {
        if (model.delete(place)) set.remove(place);
        else {
          model.add(place);
          set.add(place);
        }
        for (const from of [-1, place - 1, place, ...asked, 10_000_000]) {
          const above = [...model].filter((one) => one > from);
          expect(set.next(from)).toBe(above.length === 0 ? -1 : Math.min(...above));
        }
      }
      set.clear();
      expect(set.next(-1)).toBe(-1);
    }),
    { numRuns: 100, seed: 20_071_019 },
  );
});
