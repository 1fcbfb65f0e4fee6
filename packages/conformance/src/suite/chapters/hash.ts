import { deepEqual, equal, ok } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocAt, allocMany, blockless, newNs, nextNrs, seen } from '../world.ts';

const PIDHASH_INIT = 'pidhash_init(), 2.6.24';
const MIB = 2 ** 20;

/** The rule of 2007: by megabytes, four slots each and at least 16, at most 4,096. */
function kernelSlots(megabytes: number): number {
  const shift = Math.floor(Math.log2(megabytes * 4)) + 1;
  return 2 ** Math.min(12, Math.max(4, shift));
}

export const hashChapter: Chapter = chapter('HASH', 'Hash tables', (t) => {
  const { clause, create, traits, world } = t;

  clause(
    1,
    'by default each table has a slot for every pid of the capacity',
    { source: 'the contract: PidAllocatorOptions.hash', once: true },
    () => {
      for (const capacity of [1, 100, 1000, 1024, 1025, 262_144]) {
        for (const { name, slots } of create({ capacity }).stats().hashTables) {
          ok(slots >= capacity, `${name}: ${slots} slots for ${capacity}`);
        }
      }
    },
  );

  clause(2, 'slots are a power of two', { source: PIDHASH_INIT, once: true }, () => {
    for (const hash of ['capacity', 'kernel'] as const) {
      for (const capacity of [1, 77, 5000]) {
        const a = create({ capacity, hash });
        if (blockless(a)) continue;
        const { hashTables } = a.stats();
        equal(hashTables.length === 0, traits.map === 'tree');
        for (const { slots } of hashTables) equal(2 ** Math.round(Math.log2(slots)), slots);
      }
    }
  });

  clause(
    3,
    'option kernel gives 16 to 4,096 slots, by megabytes of memory',
    { source: PIDHASH_INIT, once: true },
    () => {
      for (const megabytes of [1, 2, 4, 7, 8, 16, 64, 100, 255, 256, 512, 1024]) {
        const a = create({ hash: 'kernel', memory: megabytes * MIB, capacity: 10 });
        for (const { name, slots } of a.stats().hashTables) {
          equal(slots, kernelSlots(megabytes), `${name} with ${megabytes} MiB`);
        }
      }
    },
  );

  clause(4, 'option kernel does not look at the capacity', { source: PIDHASH_INIT, once: true }, () => {
    for (const capacity of [1, 20_000]) {
      const a = create({ hash: 'kernel', memory: 32 * MIB, capacity });
      for (const { slots } of a.stats().hashTables) equal(slots, kernelSlots(32));
    }
  });

  clause(5, 'with either option everything is found, freed and listed alike', { source: PIDHASH_INIT }, () => {
    const results = (['capacity', 'kernel'] as const).map((hash) => {
      const { a, home } = world({ hash, memory: 16 * MIB, capacity: 2000 });
      const pids = allocMany(a, home, 3000);
      for (let i = 0; i < 3000; i += 3) a.freePid(pids[i]);
      for (const [i, pid] of pids.entries()) equal(a.findPidNs(i + 1, home), i % 3 === 0 ? undefined : pid);
      return [seen(a, home), nextNrs(a, home, 5)];
    });
    deepEqual(results[0], results[1]);
  });

  clause(6, 'sixteen slots hold two thousand numbers', { source: PIDHASH_INIT }, () => {
    const { a, home } = world({ hash: 'kernel', memory: 3 * MIB, capacity: 10 });
    const count = 2000;
    const pids = allocMany(a, home, count);
    for (let nr = 1; nr <= count; nr += 7) equal(a.findPidNs(nr, home), pids[nr - 1]);
    for (let nr = count + 1; nr <= count + 100; nr++) equal(a.findPidNs(nr, home), undefined);
  });

  clause(
    7,
    'more pids than the capacity fit as long as there is memory',
    { source: 'the contract: PidAllocatorOptions.capacity' },
    () => {
      const { a, home } = world({ capacity: 16, memory: 8 * MIB });
      const pids = allocMany(a, home, 5000);
      for (const [i, pid] of pids.entries()) equal(a.findPidNs(i + 1, home), pid);
    },
  );

  clause(
    8,
    'equal numbers of many namespaces do not get in each other’s way',
    { source: 'pid_hashfn(), 2.6.24', once: true },
    () => {
      for (const hash of ['capacity', 'kernel'] as const) {
        const a = create({ hash, capacity: 4096 });
        const spaces = [a.initPidNs];
        if (traits.maxLevel > 0) for (let i = 0; i < 40; i++) spaces.push(newNs(a, a.initPidNs));
        const pids = spaces.map((ns) => [5, 6, 1000].map((nr) => allocAt(a, ns, nr * 10 + 5)));
        for (const [i, ns] of spaces.entries())
          deepEqual(
            [55, 65, 10_005].map((nr) => a.findPidNs(nr, ns)),
            pids[i],
          );
      }
    },
  );
});
