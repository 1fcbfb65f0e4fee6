import { PAGE_SIZE } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import {
  CACHE,
  HEADER,
  NS,
  PAGE_SHIFT,
  PAGE_WORDS,
  PID_HEAD,
  PIDMAP,
  PIDMAP_NS,
  TASK,
  TASK_LINK,
} from '../src/layout.ts';
import { ALL_CACHES, MAP_CACHE, NS_CACHE, numbersOfCache, PID_CACHES, TASK_CACHE } from '../src/memory/slab.ts';
import { struct, wholeLines } from '../src/words/struct.ts';

describe('struct', () => {
  test('lays fields out in their order, each as wide as it says', () => {
    const record = struct('record', {
      a: ['once', 'one word'],
      b: ['owner', 'four words', 4],
      c: ['once', 'one more'],
      d: ['nobody', 'two', 2],
    });
    expect(record.at).toEqual({ a: 0, b: 1, c: 5, d: 6 });
    expect(record.words).toBe(8);
    expect(record.name).toBe('record');
    expect(record.fields.b).toEqual(['owner', 'four words', 4]);
  });

  test('goes on behind another record', () => {
    const head = struct('head', { x: ['once', 'one'], y: ['once', 'two', 2] });
    const body = struct('body', { z: ['once', 'one'], t: ['once', 'one'] }, head);
    expect(body.at).toEqual({ z: 3, t: 4 });
    expect(body.words).toBe(5);
  });

  test.each([
    [0, 0],
    [1, 16],
    [15, 16],
    [16, 16],
    [17, 32],
    [272, 272],
    [273, 288],
  ])('%i words take %i in whole lines', (words, lines) => expect(wholeLines(words)).toBe(lines));
});

describe('the layout', () => {
  test('the header is no longer than its page', () => {
    expect(PAGE_WORDS * 4).toBe(PAGE_SIZE);
    expect(1 << PAGE_SHIFT).toBe(PAGE_WORDS);
    expect(HEADER.words).toBeLessThanOrEqual(PAGE_WORDS);
  });

  test('no two fields of a record share a word, and none is left between them', () => {
    for (const record of [HEADER, NS, PID_HEAD, TASK, TASK_LINK, CACHE, PIDMAP]) {
      const offsets = Object.values<number>(record.at);
      expect([...offsets].sort((a, b) => a - b)).toEqual(offsets);
      expect(new Set(offsets).size).toBe(offsets.length);
      expect(offsets[0]).toBe(0);
      expect(Object.keys(record.fields)).toEqual(Object.keys(record.at));
    }
  });

  test('the parts fill the places that are left for them', () => {
    expect(PIDMAP_NS.at.pidmap).toBe(16);
    expect(PIDMAP_NS.words - PIDMAP_NS.at.pidmap).toBe(128 * PIDMAP.words);
    expect(TASK.at.lock - TASK.at.links).toBe(4 * TASK_LINK.words);
    expect(HEADER.at.spaces - HEADER.at.caches).toBe(36 * CACHE.words);
  });

  test('caches lie side by side: namespaces, tasks, pids by their numbers, and what maps are made of', () => {
    expect(ALL_CACHES).toHaveLength(36);
    expect(ALL_CACHES).toEqual(ALL_CACHES.map((_, i) => NS_CACHE + i * CACHE.words));
    expect(ALL_CACHES.slice(0, 2)).toEqual([NS_CACHE, TASK_CACHE]);
    expect(PID_CACHES.map(numbersOfCache)).toEqual(PID_CACHES.map((_, i) => i + 1));
    expect(MAP_CACHE + CACHE.words).toBe(HEADER.at.spaces);
  });
});
