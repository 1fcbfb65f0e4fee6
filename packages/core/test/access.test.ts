import { CLONE_NEWPID } from '@pidlab/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Access, atomicAccess, plainAccess } from '../src/access.ts';
import { bind } from '../src/bind.ts';
import { make } from './design.ts';

const steps = fc.array(
  fc.record({ op: fc.constantFrom('add', 'or', 'and', 'publish' as const), at: fc.nat(3), value: fc.integer() }),
  { minLength: 1, maxLength: 40 },
);

function replay(access: Access, words: Int32Array, script: readonly { op: string; at: number; value: number }[]) {
  return script.map(({ op, at, value }) => access[op as keyof Access](words, at, value));
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
    }
  });

  test('wrap at 32 bits alike', () => {
    for (const access of [plainAccess, atomicAccess]) {
      const words = Int32Array.of(0x7fff_ffff);
      expect(access.add(words, 0, 1)).toBe(0x7fff_ffff);
      expect(words[0]).toBe(-0x8000_0000);
    }
  });

  test('make the same allocator: word for word the same block after the same calls', () => {
    const { s: plain } = make();
    const shared = new Int32Array(new SharedArrayBuffer(plain.words.byteLength));
    shared.set(plain.words);
    const states = [plain, { ...plain, words: shared, access: atomicAccess }];
    for (const s of states) {
      const a = bind(s);
      const child = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
      const pids = Array.from({ length: 200 }, (_, i) => a.allocPid(i % 3 === 0 ? child : a.initPidNs));
      for (const [i, pid] of pids.entries()) if (i % 2 === 0) a.freePid(pid);
      a.setLastPid(child, 40_000);
      a.attachPid(a.allocTask(), 0, a.getPid(a.allocPid(child)));
      a.putPidNs(a.copyPidNs(CLONE_NEWPID, child));
      expect(a.checkInvariants()).toEqual([]);
    }
    expect(states[1].words.every((word, at) => word === plain.words[at])).toBe(true);
  });
});
