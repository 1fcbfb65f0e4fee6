/** Memory is refused at every place, every time that it is asked for: what is documented comes of it, and nothing else. */
import { describe, expect, test } from 'vitest';
import { failEverywhere } from '../src/faults/every.ts';
import { loadFaulty } from '../src/faults/strategy.ts';
import type { Change } from '../src/mutants/mutant.ts';

/** What a worker does with a shared block as a whole; the search itself calls these, and they take no memory. */
const OF_WORKERS = ['share', 'detach', 'declareGone'];

describe.each(['hierarchical', 'flat', 'pidspace', 'idr'] as const)('%s', async (name) => {
  const strategy = await loadFaulty(name);

  test.each([false, true])(
    'fails as documented wherever memory runs out, and goes on after that (shared: %s)',
    (shared) => {
      const { places, called, failed } = failEverywhere(strategy, shared);
      console.log(`${name}, shared: ${shared}: ${[...places].map(([place, times]) => `${place} ${times}`).join(', ')}`);
      const functions = Object.entries(strategy.createPidAllocator()).flatMap(([key, value]) =>
        typeof value === 'function' && !OF_WORKERS.includes(key) ? [key] : [],
      );
      expect([...called].sort()).toEqual(functions.sort());
      const takers = ['allocPid', 'allocTask', 'copyPidNs', ...(name === 'pidspace' ? ['pidspaceInit'] : [])];
      expect([...failed.keys()].sort()).toEqual(takers);
      const map = name === 'idr' ? 'radix_tree_node' : 'pidmap page';
      for (const place of ['slab page', map, 'serial', 'pid_namespace', 'task', 'pid_1'])
        expect(places.get(place), place).toBeGreaterThan(1);
    },
  );
});

describe('the search notices', () => {
  test.each<[string, 'hierarchical' | 'idr', boolean, Change, RegExp]>([
    [
      'a namespace whose record is lost when there is no page for its map',
      'hierarchical',
      false,
      {
        package: 'core',
        file: 'pids/namespaces.ts',
        find: '    freeRecord(s, nsAt);\n    throw',
        replace: '    throw',
      },
      /pidmap page, time 1 of \d+: .*what is in use after/,
    ],
    [
      'a pid that keeps its inner numbers when there is none further out',
      'hierarchical',
      true,
      { package: 'core', file: 'pids/pids.ts', find: '  s.design.giveBack(s, pidAt, taken);\n', replace: '' },
      /pidmap page, time \d+ of \d+: /,
    ],
    [
      'a tree that stays too high when a node further down cannot be had',
      'idr',
      false,
      {
        package: 'core-idr',
        file: 'map/radix-tree.ts',
        find: '    shrink(s, nsAt);\n    return 0;',
        replace: '    return 0;',
      },
      /radix_tree_node, time \d+ of \d+: /,
    ],
    [
      'a pid for which there is no memory that is refused as if numbers were short',
      'hierarchical',
      false,
      {
        package: 'core',
        file: 'pids/pids.ts',
        find: "throw noRecord(s, pidCache(numbers), 'allocPid', 'a pid');",
        replace: "throw new PidBug('allocPid', 'none');",
      },
      /pid_1, time 1 of \d+: PidBug/,
    ],
  ])('%s', async (_what, name, shared, change, message) => {
    const strategy = await loadFaulty(name, [change]);
    expect(() => failEverywhere(strategy, shared)).toThrow(message);
  });
});
