/** Memory is refused at every place, every time that it is asked for: what is documented comes of it, and nothing else. */
import { describe, expect, test } from 'vitest';
import { failEverywhere } from '../src/faults/every.ts';
import { loadFaulty } from '../src/faults/strategy.ts';
import { failTableEverywhere } from '../src/faults/table-every.ts';
import { loadTables } from '../src/faults/tables.ts';
import type { Change } from '../src/mutants/mutant.ts';

/** All designs in both modes, and for the table all and not one (`npm test -- --long`). */
const isLong = process.env.PIDLAB_LONG === '1';
/** Those that differ in where numbers come from. */
const IN_BOTH_MODES = ['hierarchical', 'idr'];
const tables = await loadTables();

/** What a worker does with a shared block as a whole; the search itself calls these, and they take no memory. */
const OF_WORKERS = ['share', 'detach', 'declareGone'];

describe.each(['hierarchical', 'flat', 'pidspace', 'idr'] as const)('%s', async (name) => {
  const strategy = await loadFaulty(name);

  test.each(isLong || IN_BOTH_MODES.includes(name) ? [false, true] : [false])(
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

  test.skipIf(!isLong && name !== 'hierarchical').each([false, true])(
    'so does every call of a process table over it (shared: %s)',
    (shared) => {
      const { places, called, failed } = failTableEverywhere(strategy, tables, shared, isLong ? 1 : 8);
      console.log(
        `table over ${name}, shared: ${shared}: ${[...places].map(([place, times]) => `${place} ${times}`).join(', ')}`,
      );
      const t = tables.createProcessTable({ allocator: strategy.createPidAllocator(), initPayload: '' });
      const functions = Object.entries(Object.getOwnPropertyDescriptors(t)).flatMap(([key, { value }]) =>
        typeof value === 'function' ? [key] : [],
      );
      expect([...called].sort()).toEqual(functions.sort());
      expect([...failed.keys()].sort()).toEqual(['clone', 'createProcessTable', 'fork', 'unshare']);
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

describe('the search notices in a table', async () => {
  const strategy = await loadFaulty('hierarchical');

  test.each<[string, Change, RegExp]>([
    [
      'a task that is lost when there is no memory for its pid',
      {
        package: 'process-table',
        file: 'clone.ts',
        find: '    a.freeTask(task.task);\n    throw error;\n  }\n  a.attachPid',
        replace: '    throw error;\n  }\n  a.attachPid',
      },
      /time \d+ of \d+: .*what can be seen after (fork|clone) has failed/,
    ],
    [
      'a namespace that is lost when there is no memory for its init',
      {
        package: 'process-table',
        file: 'clone.ts',
        find: '    if (isNew) enterNamespace(t, home, -1);',
        replace: '    if (isNew && home.init !== undefined) enterNamespace(t, home, -1);',
      },
      /time \d+ of \d+: .*what can be seen after clone has failed/,
    ],
    [
      'a table that has taken number 1 and no task when it cannot be made',
      {
        package: 'process-table',
        file: 'clone.ts',
        find: '  const ref = a.allocTask();\n  const pid = firstPid(t, ref);',
        replace: '  const pid = a.allocPid(root.ref);\n  const ref = a.allocTask();',
      },
      /time \d+ of \d+: .*what can be seen after createProcessTable has failed/,
    ],
    [
      'a namespace that is charged before there is memory for it',
      {
        package: 'process-table',
        file: 'namespaces.ts',
        find: '  const record = addNamespace(t, t.allocator.copyPidNs(CLONE_NEWPID, parent.ref), parent);',
        replace:
          '  charge(parent, NAMESPACES);\n  const ref = t.allocator.copyPidNs(CLONE_NEWPID, parent.ref);\n  discharge(parent, NAMESPACES, 1);\n  const record = addNamespace(t, ref, parent);',
      },
      /time \d+ of \d+: .*what can be seen after (clone|unshare) has failed/,
    ],
  ])('%s', async (_what, change, message) => {
    const broken = await loadTables([change]);
    expect(() => failTableEverywhere(strategy, broken, false, 8)).toThrow(message);
  });
});
