import { PidBug } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { CACHE, HEADER, HOME_DEAD, HOME_ENDING, NS, PID_HEAD, TASK } from '../src/layout.ts';
import { KIND_PID, KIND_SHIFT } from '../src/memory/handles.ts';
import { exercise, makeBusy } from './busy.ts';
import { at, bug, make } from './design.ts';

const HEAD_WORDS = 4;
/** Draws the sixth of the words that each kind of damage is tried on when there is less time than with `npm test -- --long`. */
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const isLong = process.env.PIDLAB_LONG === '1';

/** A copy in which the word at `at` of the body is `value`, and the checksum fits. */
function corrupted(snapshot: Uint8Array, at: number, value: number): Uint8Array {
  const words = new Int32Array(Uint8Array.from(snapshot).buffer);
  words[HEAD_WORDS + at] = value;
  return sealed(words);
}

/** With the checksum that fits: FNV-1a by words. */
function sealed(words: Int32Array): Uint8Array {
  let sum = 0x811c_9dc5 | 0;
  for (let i = HEAD_WORDS; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x0100_0193);
  words[2] = sum;
  return new Uint8Array(words.buffer);
}

/** Numbers that start with `seed`; the same in every run. */
function random(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

describe('a snapshot', () => {
  const busy = makeBusy();
  const snapshot = busy.a.snapshot();
  const body = new Int32Array(snapshot.buffer.slice(HEAD_WORDS * 4));
  const used = [...body].flatMap((word, at) => (word === 0 ? [] : [at]));

  /** What became of it: refused with the reason, or accepted. Anything but that is a failure. */
  function restore(bytes: Uint8Array, what: string): 'accepted' | string {
    let made: ReturnType<typeof make>;
    try {
      made = make({ snapshot: bytes });
    } catch (error) {
      if (error instanceof PidBug) return error.message;
      throw new Error(`${what}: ${error}`, { cause: error });
    }
    expect(made.a.checkInvariants().violations, what).toEqual([]);
    try {
      exercise(made);
    } catch (error) {
      throw new Error(`${what}, when used: ${error}`, { cause: error });
    }
    expect(made.a.checkInvariants().violations, `${what}, after use`).toEqual([]);
    return 'accepted';
  }

  test('of a busy allocator is accepted as it is', () => {
    expect(restore(snapshot, 'unchanged')).toBe('accepted');
    expect(make({ snapshot }).a.snapshot()).toEqual(snapshot);
  });

  test('with any single bit wrong is refused for its checksum, or for its head', () => {
    const next = random(1);
    for (let i = 0; i < 2000; i++) {
      const bytes = Uint8Array.from(snapshot);
      bytes[next(bytes.length)] ^= 1 << next(8);
      expect(restore(bytes, `byte ${i}`)).toMatch(/^createPidAllocator: snapshot cannot be used/);
    }
  });

  test('cut short, or longer, is refused', () => {
    for (const length of [0, 1, 3, 4, 16, 17, 4096, 4112, snapshot.length - 4, snapshot.length - 1]) {
      expect(restore(snapshot.slice(0, length), `${length} bytes`)).toMatch(/cannot be used/);
    }
    const longer = new Uint8Array(snapshot.length + 4096);
    longer.set(snapshot);
    expect(restore(longer, 'a page longer')).toMatch(/cannot be used/);
  });

  // The important one: whoever can hand in a snapshot can fix its checksum too.
  test.each([
    ['a word of each kind, one more or less', 0, (word: number) => [word + 1, word - 1]],
    ['a word of each kind, with a bit flipped', 1, (word: number, below: Below) => [word ^ (1 << below(32))]],
    ['a word of each kind, 0, -1 or negated', 2, (word: number) => [0, -1, ~word]],
    [
      'a word of each kind, with that of another place',
      3,
      (_: number, below: Below) => [body[used[below(used.length)]]],
    ],
    ['a word of each kind, with anything', 4, (_: number, below: Below) => [below(2 ** 32) | 0, below(2 ** 16)]],
  ])(
    `with one word wrong and a checksum that fits is refused, or works: %s (seed ${SEED})`,
    { timeout: 300_000 },
    (_, kind, values) => {
      const below = random(42);
      const counts = { accepted: 0, refused: 0 };
      for (const [i, at] of used.entries()) {
        // In turn, so that neighbouring fields get different values.
        if (!isLong && (i + SEED) % 6 !== kind) continue;
        for (const value of values(body[at], below)) {
          if (value === body[at]) continue;
          const result = restore(corrupted(snapshot, at, value), `word ${at}: ${body[at]} became ${value}`);
          counts[result === 'accepted' ? 'accepted' : 'refused']++;
        }
      }
      expect(counts.refused).toBeGreaterThan(used.length / (isLong ? 2 : 24));
    },
  );

  test('with one word that was 0 wrong and a checksum that fits is refused, or works', { timeout: 300_000 }, () => {
    const below = random(7);
    for (let i = 0; i < (isLong ? 1200 : 200); i++) {
      const at = below(body.length);
      const value = [1, -1, body[used[below(used.length)]], below(2 ** 32) | 0][below(4)];
      if (body[at] === 0) restore(corrupted(snapshot, at, value), `word ${at}: 0 became ${value}`);
    }
  });

  test('with several words wrong and a checksum that fits is refused, or its invariants hold', {
    timeout: 300_000,
  }, () => {
    const below = random(99);
    for (let i = 0; i < (isLong ? 3000 : 1000); i++) {
      const words = new Int32Array(Uint8Array.from(snapshot).buffer);
      for (let n = 2 + below(6); n > 0; n--) {
        words[HEAD_WORDS + used[below(used.length)]] = body[used[below(used.length)]] + below(3) - 1;
      }
      try {
        expect(make({ snapshot: sealed(words) }).a.checkInvariants().violations).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(PidBug);
      }
    }
  });

  /** Restored with these words changed; what it throws says why not. */
  function changed(...changes: readonly (readonly [at: number, value: number])[]): ReturnType<typeof make> {
    const words = new Int32Array(Uint8Array.from(snapshot).buffer);
    for (const [where, value] of changes) words[HEAD_WORDS + where] = value;
    return make({ snapshot: sealed(words) });
  }
  const { nsLock, pageLock, gone, caches, capacity } = HEADER.at;

  test('brings no lock with it, and nobody who is gone', () => {
    const task = at(busy.tasks[0]);
    const child = at(busy.child);
    const { a } = changed(
      [nsLock, 1],
      [pageLock, 2],
      [gone, 7],
      [caches + CACHE.at.lock, 3],
      [task + TASK.at.lock, 4],
      [task + TASK.at.spare, 64],
      [child + NS.at.ending, 1],
    );
    expect(a.snapshot()).toEqual(snapshot);
  });

  test('that says somebody is gone may miss something, and is mended where that would do harm', () => {
    const pid = at(busy.idle);
    const isDead = [pid + PID_HEAD.at.home, body[pid + PID_HEAD.at.home] | HOME_DEAD] as const;
    const isEnding = [pid + PID_HEAD.at.home, body[pid + PID_HEAD.at.home] | HOME_DEAD | HOME_ENDING] as const;
    const nr = busy.a.pidNr(busy.idle);
    expect(bug(() => changed(isDead)).message).toMatch(/cannot be used/);
    for (const change of [isDead, isEnding]) {
      const made = changed(change, [pid + PID_HEAD.at.count, 0], [gone, 1]);
      // It is in no chain any more: its record can be another pid, and that one be freed.
      expect(made.a.findPid(nr)).toBeUndefined();
      expect(made.a.checkInvariants()).toEqual({ violations: [], leaked: [expect.stringMatching(/numbers taken/)] });
      made.a.putPid(busy.idle);
      exercise(made);
      expect(made.a.checkInvariants().violations).toEqual([]);
    }
  });

  test('that says somebody is gone is still refused for what no worker could have in hand', () => {
    const slot = busy.s.pidHash.base;
    expect(bug(() => changed([slot, -3], [gone, 1])).message).toMatch(/ends in the marker of slot/);
    const count = at(busy.child) + NS.at.count;
    expect(bug(() => changed([count, 0x7fff_ffff], [gone, 1])).message).toMatch(/counts 2147483647 references/);
  });

  test('of a capacity, or with a generation, that there is not is refused', () => {
    for (const value of [0, -1, 4_194_305]) {
      expect(bug(() => changed([capacity, value])).message).toMatch(new RegExp(`its capacity is ${value}`));
    }
    const idle = at(busy.idle);
    expect(bug(() => changed([idle, KIND_PID << KIND_SHIFT])).message).toMatch(/is in generation 0/);
  });

  test('of a header that promises a gigabyte is refused by its length, not by memory', () => {
    const bytes = corrupted(snapshot, HEADER.at.pagesTotal, 0x4_0000);
    expect(bug(() => make({ snapshot: bytes })).message).toMatch(/cannot be used/);
  });
});

type Below = (below: number) => number;
