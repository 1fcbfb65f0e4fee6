import { MAX_PID_NS_LEVEL, PAGE_SIZE, type PidAllocator, type SlabInfo } from '@pidlab/contract';
import { deepEqual, equal, ok, some } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocMany, blockless, childless, fork, nest, newNs, numbersOf } from '../world.ts';

const CREATE_CACHE = 'create_pid_cachep(), 2.6.24';
const SLABINFO = '/proc/slabinfo: slabinfo(5)';
const LINE_BYTES = 64;

function cacheNamed(a: PidAllocator, name: string): SlabInfo {
  return some(
    a.slabInfo().find((cache) => cache.name === name),
    `there is no cache ${name}`,
  );
}

function activeIn(a: PidAllocator, name: string): number {
  return a.slabInfo().find((cache) => cache.name === name)?.activeObjects ?? 0;
}

/** Sizes that a first number in `base` bytes and others of `step` bytes each would give, in whole lines. */
function sizes(base: number, step: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.ceil((base + i * step) / LINE_BYTES) * LINE_BYTES);
}

export const cacheChapter: Chapter = chapter('CACHE', 'Slab caches', (t) => {
  const { booted, clause, create, traits, world } = t;

  clause(1, 'a pid comes from the cache that is named after the numbers it carries', { source: CREATE_CACHE }, () => {
    const { a, home, path } = world();
    if (blockless(a)) return;
    for (const ns of [...path, ...nest(a, home, 4)]) {
      const name = `pid_${numbersOf(a, ns)}`;
      const before = activeIn(a, name);
      const pid = a.allocPid(ns);
      equal(activeIn(a, name), before + 1);
      a.freePid(pid);
      equal(activeIn(a, name), before);
    }
  });

  clause(2, 'two namespaces of one level share a cache', { source: CREATE_CACHE, once: true }, () => {
    const a = create();
    if (blockless(a) || childless(a)) return;
    const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
    const names = a.slabInfo().map(({ name }) => name);
    const name = `pid_${numbersOf(a, one)}`;
    const before = activeIn(a, name);
    a.allocPid(one);
    a.allocPid(two);
    equal(activeIn(a, name), before + 2);
    deepEqual(new Set(a.slabInfo().map((cache) => cache.name)).size, a.slabInfo().length);
    ok(names.every((n) => a.slabInfo().some((cache) => cache.name === n)));
  });

  clause(
    3,
    'caches are made on first need, one for each count of numbers',
    { source: CREATE_CACHE, once: true },
    () => {
      const a = create();
      if (blockless(a)) return;
      a.allocPid(a.initPidNs);
      const pidCaches = (): string[] =>
        a
          .slabInfo()
          .map((c) => c.name)
          .filter((name) => name.startsWith('pid_') && name !== 'pid_namespace');
      deepEqual(pidCaches(), ['pid_1']);
      for (const ns of nest(a, a.initPidNs, MAX_PID_NS_LEVEL)) a.allocPid(ns);
      deepEqual(
        pidCaches(),
        Array.from({ length: traits.maxNumbers }, (_, i) => `pid_${i + 1}`),
      );
    },
  );

  clause(
    4,
    'an object is a base and so much more for each further number, in whole cache lines',
    { source: CREATE_CACHE, once: true },
    () => {
      const a = create();
      if (blockless(a)) return;
      for (const ns of [a.initPidNs, ...nest(a, a.initPidNs, MAX_PID_NS_LEVEL)]) a.allocPid(ns);
      const actual = Array.from({ length: traits.maxNumbers }, (_, i) => cacheNamed(a, `pid_${i + 1}`).objectBytes);
      for (const bytes of actual) equal(bytes % LINE_BYTES, 0);
      const fits = (base: number, step: number): boolean =>
        sizes(base, step, actual.length).every((s, i) => s === actual[i]);
      let found = false;
      for (let base = actual[0] - LINE_BYTES + 4; base <= actual[0]; base += 4) {
        for (let step = 4; step <= LINE_BYTES; step += 4) found ||= fits(base, step);
      }
      ok(found, `no base and step give ${actual.join(', ')}`);
    },
  );

  clause(5, 'slabInfo’s columns fit together', { source: SLABINFO }, () => {
    const { a, home } = booted();
    if (blockless(a)) return;
    for (let i = 0; i < 200; i++) fork(a, home);
    for (const cache of a.slabInfo()) {
      const { name, activeObjects, totalObjects, objectBytes, objectsPerSlab, slabs } = cache;
      ok(objectBytes > 0 && objectBytes % LINE_BYTES === 0, name);
      ok(objectsPerSlab >= 1 && objectsPerSlab * objectBytes <= PAGE_SIZE, name);
      equal(totalObjects, slabs * objectsPerSlab, name);
      ok(activeObjects >= 0 && activeObjects <= totalObjects, name);
    }
    equal(
      a.slabInfo().reduce((sum, cache) => sum + cache.slabs, 0),
      a.stats().pages.slab,
    );
  });

  clause(6, 'the namespaces’ cache comes first', { source: 'the contract: slabInfo' }, () => {
    const { a } = world();
    if (blockless(a)) return;
    equal(a.slabInfo()[0].name, 'pid_namespace');
  });

  clause(7, 'namespaces and tasks have caches of their own', { source: 'pid_ns_cachep, 2.6.24' }, () => {
    const { a, home } = world();
    if (blockless(a)) return;
    const before = [activeIn(a, 'pid_namespace'), activeIn(a, 'task')];
    const nested = nest(a, home, 2);
    for (let i = 0; i < 5; i++) a.allocTask();
    deepEqual([activeIn(a, 'pid_namespace'), activeIn(a, 'task')], [before[0] + nested.length, before[1] + 5]);
    for (const ns of nested.reverse()) a.putPidNs(ns);
    equal(activeIn(a, 'pid_namespace'), before[0]);
  });

  clause(8, 'all objects in use are in some cache, once', { source: SLABINFO }, () => {
    const { a, home } = booted();
    if (blockless(a)) return;
    for (const ns of [home, ...nest(a, home, 3)]) allocMany(a, ns, 7);
    const sum = (want: (name: string) => boolean): number =>
      a.slabInfo().reduce((all, cache) => all + (want(cache.name) ? cache.activeObjects : 0), 0);
    equal(
      sum((name) => /^pid_\d+$/.test(name)),
      a.stats().pids,
    );
    equal(
      sum((name) => name === 'task'),
      a.stats().tasks,
    );
  });

  clause(9, 'a dead pid that is referenced still counts', { source: 'put_pid(), 2.6.24' }, () => {
    const { a, home } = world();
    if (blockless(a)) return;
    const name = `pid_${numbersOf(a, home)}`;
    const pid = a.getPid(a.allocPid(home));
    const before = activeIn(a, name);
    a.freePid(pid);
    equal(activeIn(a, name), before);
    a.putPid(pid);
    equal(activeIn(a, name), before - 1);
  });

  clause(10, 'a cache keeps its slabs when all objects are free', { source: 'kmem_cache_free()' }, () => {
    const { a, home } = world();
    if (blockless(a)) return;
    const name = `pid_${numbersOf(a, home)}`;
    const pids = allocMany(a, home, 500);
    const { slabs } = cacheNamed(a, name);
    for (const pid of pids) a.freePid(pid);
    equal(cacheNamed(a, name).slabs, slabs);
    equal(cacheNamed(a, name).activeObjects, 0);
    allocMany(a, home, 500);
    equal(cacheNamed(a, name).slabs, slabs);
  });

  clause(11, 'a cache outlives the namespaces that needed it', { source: CREATE_CACHE, once: true }, () => {
    const a = create();
    if (blockless(a)) return;
    const nested = nest(a, a.initPidNs, 5);
    for (const ns of nested) a.freePid(a.allocPid(ns));
    const names = a.slabInfo().map(({ name }) => name);
    for (const ns of nested.reverse()) a.putPidNs(ns);
    equal(a.stats().namespaces, 1);
    deepEqual(
      a.slabInfo().map(({ name }) => name),
      names,
    );
  });

  clause(
    12,
    'a pid goes back to the cache it came from, though its namespace is gone and its memory used again',
    { source: 'put_pid(), 2.6.24', once: true },
    () => {
      const a = create();
      if (blockless(a)) return;
      const nested = nest(a, a.initPidNs, 3);
      const deepest = nested.at(-1);
      if (deepest === undefined) return;
      const name = `pid_${numbersOf(a, deepest)}`;
      const pid = a.getPid(a.allocPid(deepest));
      a.freePid(pid);
      for (const ns of nested.reverse()) a.putPidNs(ns);
      equal(a.stats().namespaces, 1);
      for (let i = 0; i < 5; i++) newNs(a, a.initPidNs);
      const before = activeIn(a, name);
      a.putPid(pid);
      equal(activeIn(a, name), before - 1);
    },
  );

  clause(13, 'slabs are as many as the objects at the busiest moment needed', { source: SLABINFO }, () => {
    const { a, home } = world();
    if (blockless(a)) return;
    const name = `pid_${numbersOf(a, home)}`;
    allocMany(a, home, 1);
    const { objectsPerSlab } = cacheNamed(a, name);
    allocMany(a, home, 10 * objectsPerSlab - 1);
    const { slabs } = cacheNamed(a, name);
    ok(slabs >= 10 && slabs <= 11, `${slabs} slabs for ten slabs of objects`);
  });

  clause(14, 'slabInfo is a report: changing it changes nothing', { source: 'the contract: slabInfo' }, () => {
    const { a } = booted();
    if (blockless(a)) return;
    const info = a.slabInfo();
    const copy = structuredClone(info);
    info.length = 0;
    deepEqual(a.slabInfo(), copy);
  });
});
