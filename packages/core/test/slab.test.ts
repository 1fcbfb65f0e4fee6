import { describe, expect, test } from 'vitest';
import { CACHE, HEADER, PAGE_SHIFT, PAGE_WORDS } from '../src/layout.ts';
import { GENERATION_LIMIT, handleOf, KIND_RETIRED, KIND_SHIFT, KIND_TASK } from '../src/memory/handles.ts';
import { allocMapPage, allocSlabPage, freeMapPage } from '../src/memory/pages.ts';
import { cacheAlloc, cacheFree, ensureCache, pidCache, TASK_CACHE } from '../src/memory/slab.ts';
import { slabInfo, stats } from '../src/whole/reports.ts';
import { make } from './design.ts';

const C = CACHE.at;
const H = HEADER.at;

describe('the page allocator', () => {
  test('hands out from both ends, and they meet in the middle, whoever comes last', () => {
    for (const share of [0, 1, 50, 1000]) {
      const { s } = make();
      const { slab: before, pidmap } = stats(s).pages;
      const free = stats(s).pages.free;
      const maps: number[] = [];
      while (maps.length < share) {
        const page = allocMapPage(s);
        if (page === 0) break;
        maps.push(page);
      }
      const slabs: number[] = [];
      for (let start = allocSlabPage(s, TASK_CACHE); start !== 0; start = allocSlabPage(s, TASK_CACHE))
        slabs.push(start);
      expect(maps.length + slabs.length).toBe(free);
      expect(allocMapPage(s)).toBe(0);
      expect(allocSlabPage(s, TASK_CACHE)).toBe(0);
      expect(s.words[H.slabEnd]).toBe(s.words[H.mapStart] << PAGE_SHIFT);
      expect(new Set([...maps, ...slabs.map((start) => start >>> PAGE_SHIFT)]).size).toBe(free);
      expect(stats(s).pages).toEqual({ slab: before + slabs.length, pidmap: pidmap + maps.length, free: 0 });
    }
  });

  test('gives back pidmap pages blank, the last one first, and counts them as free', () => {
    const { s } = make();
    const [one, two] = [allocMapPage(s), allocMapPage(s)];
    const { free } = stats(s).pages;
    for (const page of [one, two]) {
      s.words[page << PAGE_SHIFT] = 1;
      freeMapPage(s, page);
    }
    expect(stats(s).pages.free).toBe(free + 2);
    for (const page of [two, one]) {
      expect(allocMapPage(s)).toBe(page);
      const start = page << PAGE_SHIFT;
      expect(s.words.subarray(start, start + PAGE_WORDS).every((word) => word === 0)).toBe(true);
    }
    expect(stats(s).pages.free).toBe(free);
  });
});

describe('a slab cache', () => {
  const take = (s: Parameters<typeof cacheAlloc>[0], cache = TASK_CACHE) => {
    const at = cacheAlloc(s, cache);
    if (at !== 0) s.words[at] |= KIND_TASK << KIND_SHIFT;
    return at;
  };

  test('cuts a page from its start on, one object after the other, and then the next page', () => {
    const { s } = make();
    const objects = Array.from({ length: 65 }, () => take(s));
    const [first] = objects;
    expect(first % PAGE_WORDS).toBe(0);
    expect(objects.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, i) => first + i * 16));
    expect(objects[64] % PAGE_WORDS).toBe(0);
    expect(slabInfo(s)[1]).toEqual({
      name: 'task',
      activeObjects: 65,
      retiredObjects: 0,
      totalObjects: 128,
      objectBytes: 64,
      objectsPerSlab: 64,
      slabs: 2,
    });
  });

  test('does not cut an object across the end of a page', () => {
    const { s } = make();
    ensureCache(s, pidCache(3), 7 * 16 - 3);
    expect(s.words[pidCache(3) + C.objectWords]).toBe(112);
    const objects = Array.from({ length: 20 }, () => take(s, pidCache(3)));
    for (const at of objects) expect((at % PAGE_WORDS) + 112).toBeLessThanOrEqual(PAGE_WORDS);
    expect(slabInfo(s).at(-1)).toMatchObject({ name: 'pid_3', objectsPerSlab: 9, slabs: 3, totalObjects: 27 });
  });

  test('uses what was freed last first', () => {
    const { s } = make();
    const [a, b, c] = [take(s), take(s), take(s)];
    for (const at of [b, a, c]) cacheFree(s, TASK_CACHE, at);
    expect([take(s), take(s), take(s)]).toEqual([c, a, b]);
    expect(s.words[TASK_CACHE + C.active]).toBe(3);
    expect(s.words[TASK_CACHE + C.slabs]).toBe(1);
  });

  test('gives each life of a record another handle', () => {
    const { s } = make();
    const handles = new Set<number>();
    for (let life = 0; life < 1000; life++) {
      const at = take(s);
      handles.add(handleOf(s.words, at));
      cacheFree(s, TASK_CACHE, at);
      expect(s.words[at] >>> KIND_SHIFT).toBe(0);
    }
    expect(handles.size).toBe(1000);
  });

  test('retires a record with its last generation, and never uses it again', () => {
    const { s, a } = make({ generationBase: GENERATION_LIMIT - 3 });
    const lives = [1, 2, 3].map(() => {
      const at = take(s);
      const handle = handleOf(s.words, at);
      cacheFree(s, TASK_CACHE, at);
      return { at, generation: Math.floor(handle / 2 ** 24) };
    });
    expect(new Set(lives.map(({ at }) => at)).size).toBe(1);
    expect(lives.map(({ generation }) => GENERATION_LIMIT - generation)).toEqual([3, 2, 1]);
    expect(s.words[lives[0].at] >>> KIND_SHIFT).toBe(KIND_RETIRED);
    expect(s.words[TASK_CACHE + C.retired]).toBe(1);
    expect(a.slabInfo().map(({ name, retiredObjects }) => [name, retiredObjects])).toContainEqual(['task', 1]);
    expect(take(s)).toBe(lives[0].at + 16);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('retires pids and namespaces too, through the contract, and refuses their handles', () => {
    const { a } = make({ generationBase: GENERATION_LIMIT - 1 });
    const pid = a.allocPid(a.initPidNs);
    a.freePid(pid);
    const ns = a.copyPidNs(0x2000_0000, a.initPidNs);
    a.putPidNs(ns);
    const next = a.allocPid(a.initPidNs);
    expect(next % 2 ** 24).toBe((pid % 2 ** 24) + 1);
    expect(() => a.pidCount(pid)).toThrow(/stale or foreign/);
    expect(() => a.nsLevel(ns)).toThrow(/stale or foreign/);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('is 0 when the block is full, and has lost nothing', () => {
    const { s, a } = make();
    const objects: number[] = [];
    for (let at = take(s); at !== 0; at = take(s)) objects.push(at);
    expect(take(s)).toBe(0);
    expect(s.words[TASK_CACHE + C.active]).toBe(objects.length);
    expect(objects.length).toBe(s.words[TASK_CACHE + C.slabs] * 64);
    cacheFree(s, TASK_CACHE, objects[7]);
    expect([take(s), take(s)]).toEqual([objects[7], 0]);
    expect(a.checkInvariants().violations).toEqual([]);
  });
});
