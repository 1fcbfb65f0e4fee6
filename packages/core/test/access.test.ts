import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

const OPS = ['add', 'or', 'and', 'publish', 'load', 'exchange'] as const;
type Step = { readonly op: (typeof OPS)[number]; readonly at: number; readonly value: number };
const steps = fc.array(
  fc.record<Step>({ op: fc.constantFrom(...OPS), at: fc.nat(3), value: fc.oneof(fc.nat(3), fc.integer()) }),
  { minLength: 1, maxLength: 40 },
);

type Access = typeof import('../src/words/access.ts');

/** The module as it is in one of the two copies. */
async function accessOf(shared: boolean): Promise<Access> {
  vi.resetModules();
  vi.doMock('../src/words/mode.ts', () => ({ SHARED: shared, CHECKED: true }));
  return await import('../src/words/access.ts');
}

const plainAccess = await accessOf(false);
const atomicAccess = await accessOf(true);

function replay(access: Access, words: Int32Array, script: readonly Step[]) {
  return script.map(({ op, at, value }) =>
    op === 'exchange' ? access.compareExchange(words, at, value & 3, value) : access[op](words, at, value),
  );
}

describe('plain and atomic access', () => {
  test('read, write and return the same', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const plain = new Int32Array(new ArrayBuffer(16));
        const shared = new Int32Array(new SharedArrayBuffer(16));
        const atomic = new Int32Array(new ArrayBuffer(16));
        const returned = replay(plainAccess, plain, script);
        expect(replay(atomicAccess, shared, script)).toEqual(returned);
        expect(replay(atomicAccess, atomic, script)).toEqual(returned);
        expect([...shared]).toEqual([...plain]);
        expect([...atomic]).toEqual([...plain]);
      }),
    );
  });

  test('give what was there before', () => {
    for (const access of [plainAccess, atomicAccess]) {
      const words = Int32Array.of(5, 0b1100, 0b1111, 0);
      expect(access.add(words, 0, -7)).toBe(5);
      expect(access.or(words, 1, 0b0011)).toBe(0b1100);
      expect(access.and(words, 2, ~0b0101)).toBe(0b1111);
      expect(access.publish(words, 3, 9)).toBeUndefined();
      expect([...words]).toEqual([-2, 0b1111, 0b1010, 9]);
      expect(access.compareExchange(words, 3, 8, 7)).toBe(9);
      expect(access.compareExchange(words, 3, 9, 7)).toBe(9);
      expect(access.load(words, 3)).toBe(7);
    }
  });

  test('wrap at 32 bits alike', () => {
    for (const access of [plainAccess, atomicAccess]) {
      const words = Int32Array.of(0x7fff_ffff);
      expect(access.add(words, 0, 1)).toBe(0x7fff_ffff);
      expect(words[0]).toBe(-0x8000_0000);
    }
  });
});
