import { PID_MAX_LIMIT, type PidAllocator } from '@pidlab/contract';
import { describe, expect, it } from 'vitest';
import { builtFile, STRATEGIES } from '../src/builtins.ts';
import { recordsOf } from '../src/claims/records.ts';
import { loadObserved } from '../src/observe/observe.ts';
import { indices } from '../src/random.ts';
import { TaskSearch } from '../src/tallies/before-2002.ts';
import { SURVEYS, talliesOf } from '../src/tallies/index.ts';
import { RECKONINGS, reckonedTallies, SEARCH } from '../src/tallies/reckoned.ts';
import type { Surveyed, Tally } from '../src/tallies/tally.ts';
import { Watched } from '../src/tallies/watched.ts';
import type { StrategyModule } from '../src/workload.ts';

/** Rewriting a module takes seconds, so each is loaded once. */
const loaded = new Map<string, Promise<Surveyed>>();

function surveyedOf(id: string): Promise<Surveyed> {
  const known = loaded.get(id) ?? load(id);
  loaded.set(id, known);
  return known;
}

async function load(id: string): Promise<Surveyed> {
  const file = builtFile(id);
  return { id, module: await STRATEGIES[id](), file, observed: await loadObserved(file) };
}

const reckoned = reckonedTallies();

/** One survey of each built-in strategy, a line for each state. */
async function linesOf(survey: string, values: readonly string[]): Promise<string[]> {
  const asked = SURVEYS.find(({ id }) => id === survey);
  const lines: string[] = [];
  for (const id of Object.keys(STRATEGIES)) {
    const found = await asked?.ask(await surveyedOf(id));
    for (const each of found ?? [])
      lines.push(
        `${id} ${Object.values(each.params).join(' ')}: ${values.map((name) => Number(each.values[name].toFixed(2))).join(' ')}`,
      );
  }
  return lines;
}

describe('what was counted, as it is now: whoever changes it says so', () => {
  it('bitmaps and nodes, before and after the range is widened', async () => {
    expect(await linesOf('bitmaps', ['bytes', 'widened', 'last'])).toMatchInlineSnapshot(`
      [
        "hierarchical 0: 4096 4096 8192",
        "hierarchical 1: 4096 4096 8192",
        "hierarchical 1000: 4096 4096 8192",
        "hierarchical 30000: 4096 4096 8192",
        "flat 0: 4096 4096 8192",
        "flat 1: 4096 4096 8192",
        "flat 1000: 4096 4096 8192",
        "flat 30000: 4096 4096 8192",
        "pidspace 0: 4096 4096 8192",
        "pidspace 1: 4096 4096 8192",
        "pidspace 1000: 4096 4096 8192",
        "pidspace 30000: 4096 4096 8192",
        "idr 0: 0 0 1280",
        "idr 1: 320 320 2240",
        "idr 1000: 5440 5440 7040",
        "idr 30000: 152960 152960 154240",
      ]
    `);
  });

  it('bytes for each process, by how many live in a container', async () => {
    expect(await linesOf('share', ['bytes', 'task'])).toMatchInlineSnapshot(`
      [
        "hierarchical 0: 137.22 64",
        "hierarchical 10: 137.22 64",
        "hierarchical 50: 137.22 64",
        "hierarchical 100: 137.22 64",
        "flat 0: 205.31 128",
        "flat 10: 205.31 128",
        "flat 50: 205.31 128",
        "flat 100: 205.31 128",
        "pidspace 0: 137.22 64",
        "pidspace 10: 137.22 64",
        "pidspace 50: 137.22 64",
        "pidspace 100: 137.22 64",
        "idr 0: 134.53 64",
        "idr 10: 135.04 64",
        "idr 50: 137.22 64",
        "idr 100: 139.9 64",
      ]
    `);
  });

  it('bytes for each namespace', async () => {
    expect(await linesOf('namespaces', ['bytes'])).toMatchInlineSnapshot(`
      [
        "hierarchical 1: 5248",
        "hierarchical 10: 5248",
        "hierarchical 100: 5248",
        "hierarchical 1000: 5248",
        "hierarchical 10000: 5248",
        "flat 1: 5248",
        "flat 10: 5248",
        "flat 100: 5248",
        "flat 1000: 5248",
        "flat 10000: 5248",
        "pidspace 1: 5248",
        "pidspace 10: 5248",
        "pidspace 100: 5248",
        "idr 1: 768",
        "idr 10: 480",
        "idr 100: 457.6",
        "idr 1000: 453.44",
        "idr 10000: 453.15",
      ]
    `);
  });

  it('lines that a worker fetches from the cache of another', async () => {
    expect(await linesOf('sharing', ['lines'])).toMatchInlineSnapshot(`
      [
        "hierarchical own 1: 8.1",
        "hierarchical own 512: 0.42",
        "hierarchical same 1: 13.77",
        "hierarchical same 512: 0.45",
        "flat own 1: 8.23",
        "flat own 512: 0.55",
        "flat same 1: 13.27",
        "flat same 512: 0.35",
        "pidspace own 1: 0.64",
        "pidspace own 512: 0.37",
        "pidspace same 1: 6.4",
        "pidspace same 512: 0.01",
        "idr own 1: 8.49",
        "idr own 512: 2.21",
        "idr same 1: 14.97",
        "idr same 512: 2.4",
      ]
    `);
  });

  it('rounds of the lock', async () => {
    expect(await linesOf('locks', ['lockRounds'])).toMatchInlineSnapshot(`
      [
        "hierarchical 0 once: 0",
        "hierarchical 1 once: 0",
        "hierarchical 2 once: 0",
        "hierarchical 3 once: 0",
        "hierarchical 4 once: 0",
        "flat 0 once: 0",
        "flat 1 once: 0",
        "pidspace 0 once: 0",
        "pidspace 1 once: 0",
        "idr 0 once: 1",
        "idr 1 once: 1",
        "idr 2 once: 1",
        "idr 3 once: 1",
        "idr 4 once: 1",
        "idr 0 each level: 2",
        "idr 1 each level: 3",
        "idr 2 each level: 4",
        "idr 3 each level: 5",
        "idr 4 each level: 6",
      ]
    `);
  });

  it('writes to the references of a namespace', async () => {
    expect(await linesOf('references', ['writes'])).toMatchInlineSnapshot(`
      [
        "hierarchical plain: 0",
        "hierarchical shared: 0.06",
        "flat plain: 0",
        "flat shared: 0.06",
        "pidspace plain: 0",
        "pidspace shared: 0.03",
        "idr plain: 0",
        "idr shared: 0",
      ]
    `);
  });

  it('words by level', async () => {
    expect(await linesOf('levels', ['findWords', 'translateWords', 'freeWords', 'allocWords'])).toMatchInlineSnapshot(`
      [
        "hierarchical 0: 6 3 35 31",
        "hierarchical 1: 6.2 3 47.4 48",
        "hierarchical 2: 7.04 3 60.52 65",
        "hierarchical 3: 7.12 3 73.8 82",
        "hierarchical 4: 7.12 3 87.08 99",
        "hierarchical 5: 7.08 3 100.68 116",
        "hierarchical 6: 8.16 3 115.84 133",
        "hierarchical 7: 9.32 3 133.12 150",
        "hierarchical 8: 9.44 3 149.72 167",
        "flat 0: 5 3 33 28",
        "flat 1: 6 3 45 41",
        "pidspace 0: 5 3 31 29",
        "pidspace 1: 6 3 31 29",
        "idr 0: 4 3 37.3 38.48",
        "idr 1: 4 3 52.6 62.96",
        "idr 2: 4 3 67.9 87.44",
        "idr 3: 4 3 83.2 111.92",
        "idr 4: 4 3 98.5 136.4",
        "idr 5: 4 3 113.8 160.88",
        "idr 6: 4 3 129.1 185.54",
        "idr 7: 4 3 144.4 209.84",
        "idr 8: 4 3 159.7 234.5",
      ]
    `);
  });

  it('a list', async () => {
    expect(await linesOf('listing', ['words', 'lines', 'chain'])).toMatchInlineSnapshot(`
      [
        "hierarchical 1: 8 4 3",
        "hierarchical 64: 16.62 7.56 4",
        "flat 1: 7 4 2",
        "flat 64: 14.62 7.56 4",
        "pidspace 1: 9 5 2",
        "pidspace 64: 16.62 8.56 5",
        "idr 1: 7 6 5",
        "idr 64: 29.98 13.15 12.99",
      ]
    `);
  });

  it('what is counted of no strategy', () => {
    expect(RECKONINGS.map(({ id }) => id)).toEqual(['search', 'sparse']);
    expect(
      reckoned.map(({ strategy, params, values }) => [strategy, ...Object.values(params), ...Object.values(values)]),
    ).toMatchInlineSnapshot(`
      [
        [
          "search of before 2002",
          250,
          0.249,
        ],
        [
          "search of before 2002",
          1000,
          10.528,
        ],
        [
          "search of before 2002",
          5000,
          441.8545,
        ],
        [
          "search of before 2002",
          10000,
          1861.733,
        ],
        [
          "search of before 2002",
          50000,
          88101.4305,
        ],
        [
          "constant of 2007, 64 bits",
          8192,
          61.535424,
          123,
        ],
        [
          "golden ratio, 64 bits",
          1000000,
          1,
          1,
        ],
      ]
    `);
  });
});

describe('a survey', () => {
  it('has a name of its own, and says what it counts', () => {
    expect(new Set(SURVEYS.map(({ id }) => id)).size).toBe(SURVEYS.length);
    for (const { question, counted } of SURVEYS) {
      expect(question).toMatch(/\?$/);
      expect(counted.length).toBeGreaterThan(30);
    }
  });

  it('counts a million numbers, all but one taken, in the bitmap and in the tree', async () => {
    const survey = SURVEYS.find(({ id }) => id === 'last-free');
    const found = await Promise.all(['hierarchical', 'idr'].map(async (id) => survey?.ask(await surveyedOf(id))));
    const [[plain, shared], [tree]] = found as unknown as [Tally[], Tally[]];
    expect(plain.values).toMatchObject({ mostEntries: 32, mostBitmapBytes: 4_100 });
    expect(shared.values.mostBitmapBytes).toBeGreaterThan(8_000);
    expect(tree.values).toMatchObject({ mostEntries: 0, mostBitmapBytes: 0 });
    expect(tree.values.mostNodeWords).toBeLessThan(40);
  });

  it('asks of a strategy without a block of words only what can be asked', async () => {
    const objects = { traits: { strategy: 'objects', memory: 'objects' }, createPidAllocator: () => ({}) };
    expect(await talliesOf('objects', objects as unknown as StrategyModule, builtFile('flat'))).toEqual([]);
  });
});

describe('a watched allocator', () => {
  it('that became a copy of another is the same to the last word, and goes on like it', async () => {
    for (const id of Object.keys(STRATEGIES)) {
      const { observed, module } = await surveyedOf(id);
      if (!observed) throw new Error(`${id} cannot be observed`);
      const options = { capacity: 5_000, generationBase: 1, pidMax: PID_MAX_LIMIT };
      const made = module.createPidAllocator(options) as PidAllocator;
      made.setLastPid(made.initPidNs, 40_000);
      for (let i = 0; i < 3_000; i++) made.allocPid(made.initPidNs);
      const watched = new Watched(observed, options);
      watched.become(made);
      expect(watched.allocator.checkInvariants().violations).toEqual([]);
      expect(Buffer.from(watched.allocator.snapshot()).equals(Buffer.from(made.snapshot()))).toBe(true);
      expect(watched.allocator.allocPid(watched.allocator.initPidNs)).toBe(made.allocPid(made.initPidNs));
    }
  });

  it('refuses one of other options', async () => {
    const { observed, module } = await surveyedOf('flat');
    if (!observed) throw new Error('flat cannot be observed');
    const watched = new Watched(observed, { capacity: 100 });
    expect(() => watched.become(module.createPidAllocator({ capacity: 100_000 }) as PidAllocator)).toThrow(
      /same options/,
    );
  });
});

describe('the search of before 2002', () => {
  it('gives the numbers that a cyclic search gives, however full it is', () => {
    const pidMax = 400;
    for (const [seed, live] of [
      [1, 5],
      [2, 60],
      [3, 98],
    ]) {
      const search = new TaskSearch(pidMax);
      const tasks = new Int32Array(live + 1);
      let count = 0;
      let last = 0;
      const next = (): number => {
        const taken = new Set(tasks.subarray(0, count));
        do last = last + 1 >= pidMax ? 300 : last + 1;
        while (taken.has(last));
        return last;
      };
      for (const victim of indices(seed, 3_000, live)) {
        const nr = search.next(tasks, count);
        expect(nr).toBe(next());
        tasks[count++] = nr;
        if (count > live) tasks[victim] = tasks[--count];
      }
    }
  });

  it('does not look at any task as long as it knows where the next one is', () => {
    const search = new TaskSearch(1_000);
    const tasks = Int32Array.from([900]);
    for (let nr = 1; nr < 900; nr++) search.next(tasks, 1);
    expect(search.looked).toBe(1);
    expect(search.next(tasks, 1)).toBe(901);
  });

  it('looks at ever more tasks, the more there are', () => {
    const looked = reckoned.filter(({ strategy }) => strategy === SEARCH);
    const values = looked.map(({ values }) => values.looked);
    expect([...values].sort((a, b) => a - b)).toEqual(values);
  });
});

describe('records', () => {
  it('are drawn for every strategy, whole and without gaps', () => {
    for (const id of Object.keys(STRATEGIES)) {
      const records = recordsOf(id);
      expect(records.map(({ record }) => record)).toEqual(expect.arrayContaining(['pid_1', 'task', 'pid_namespace']));
      for (const { words, lines, fields, record } of records) {
        expect(lines).toBe(Math.ceil(words / 16));
        let end = 0;
        for (const field of fields) {
          // Flat's pairs begin on a line of their own, behind a word that says so.
          expect(field.at, `${id} ${record} ${field.name}`).toBe(end);
          end = field.at + field.words;
        }
        expect(end).toBe(words);
      }
    }
  });

  it('are as large as the caches say', async () => {
    for (const [id, loadStrategy] of Object.entries(STRATEGIES)) {
      const allocator = (await loadStrategy()).createPidAllocator() as PidAllocator;
      const sizes = new Map(allocator.slabInfo().map(({ name, objectBytes }) => [name, objectBytes]));
      for (const { record, lines } of recordsOf(id))
        if (sizes.has(record)) expect(64 * lines, `${id} ${record}`).toBe(sizes.get(record));
    }
  });

  it('are none for a stranger', () => {
    expect(recordsOf('one-line')).toEqual([]);
  });
});
