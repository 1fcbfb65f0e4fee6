import { BITS_PER_PAGE, PID_MAX_LIMIT } from '@pidlab/contract';
import { deepEqual, equal, ok } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocAt, allocMany, childless, fork, freeNr, listed, nest, newNs, pidAt, seen, taken } from '../world.ts';

const FIND_GE_PID = 'find_ge_pid(), 2.6.24';

export const geChapter: Chapter = chapter('GE', 'Listing in order', (t) => {
  const { clause, create, traits, world } = t;

  clause(1, 'findGePid finds the number itself when it is taken', { source: FIND_GE_PID }, () => {
    const { a, home } = world();
    const pids = [3, 40, 500].map((nr) => allocAt(a, home, nr));
    for (const [i, nr] of [3, 40, 500].entries()) equal(a.findGePid(nr, home), pids[i]);
  });

  clause(2, 'and else the next one above', { source: FIND_GE_PID }, () => {
    const { a, home } = world();
    const pids = [3, 40, 500].map((nr) => allocAt(a, home, nr));
    deepEqual(
      [0, 1, 3, 4, 40, 41, 499].map((nr) => a.findGePid(nr, home)),
      [0, 0, 0, 1, 1, 2, 2].map((i) => pids[i]),
    );
  });

  clause(3, 'and none where there is none above', { source: FIND_GE_PID }, () => {
    const { a, home } = world();
    equal(a.findGePid(0, home), undefined);
    allocAt(a, home, 500);
    for (const nr of [501, 32_768, PID_MAX_LIMIT, 2 ** 31 - 1, 2 ** 31]) equal(a.findGePid(nr, home), undefined);
  });

  clause(4, 'walking with it lists every pid once, ascending', { source: FIND_GE_PID }, () => {
    const { a, home } = world({ pidMax: 900 });
    a.setLastPid(home, 800);
    const pids = allocMany(a, home, 300);
    deepEqual(listed(a, home).length, 300);
    deepEqual(new Set(listed(a, home)), new Set(pids));
    deepEqual(seen(a, home), taken(a, home));
    ok(seen(a, home).every((nr, i, all) => i === 0 || all[i - 1] < nr));
  });

  clause(5, 'it goes from page to page, over absent and over empty ones', { source: FIND_GE_PID }, () => {
    const { a, home } = world({ pidMax: PID_MAX_LIMIT });
    const far = [1, BITS_PER_PAGE - 1, BITS_PER_PAGE, 5 * BITS_PER_PAGE + 7, PID_MAX_LIMIT - 1];
    for (const nr of far) allocAt(a, home, nr);
    a.freePid(allocAt(a, home, 3 * BITS_PER_PAGE));
    deepEqual(seen(a, home), far);
  });

  clause(6, 'it never finds what was freed', { source: FIND_GE_PID }, () => {
    const { a, home } = world();
    allocMany(a, home, 50);
    for (let nr = 1; nr <= 50; nr++) if (nr % 10 !== 0) freeNr(a, home, nr);
    deepEqual(seen(a, home), [10, 20, 30, 40, 50]);
  });

  clause(7, 'a walk goes on when the pid it stands on is freed', { source: FIND_GE_PID }, () => {
    const { a, home } = world();
    allocMany(a, home, 20);
    const walked: number[] = [];
    for (let pid = a.findGePid(0, home); pid !== undefined; pid = a.findGePid(walked.at(-1)! + 1, home)) {
      walked.push(a.pidNrNs(pid, home));
      a.freePid(pid);
    }
    deepEqual(
      walked,
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });

  clause(8, 'it takes no reference', { source: FIND_GE_PID }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    listed(a, home);
    equal(a.pidCount(pid), 1);
  });

  clause(9, 'a namespace lists its descendants’ pids too, by their numbers there', { source: FIND_GE_PID }, () => {
    const { a, home, path } = world();
    const all = [...path, ...nest(a, home, 3)];
    for (const ns of all) allocMany(a, ns, 3);
    for (const [i, ns] of all.entries()) {
      const pids = listed(a, ns);
      equal(pids.length, 3 * (all.length - i));
      ok(seen(a, ns).every((nr, at, numbers) => at === 0 || numbers[at - 1] < nr));
      for (const pid of pids) equal(a.findPidNs(a.pidNrNs(pid, ns), ns), pid);
    }
  });

  clause(10, 'the root lists every pid there is, ascending', { source: FIND_GE_PID, once: true }, () => {
    const a = create();
    const spaces = [a.initPidNs];
    if (traits.maxLevel > 0) for (let i = 0; i < 5; i++) spaces.push(newNs(a, a.initPidNs));
    const made = Array.from({ length: 120 }, (_, i) => a.allocPid(spaces[(i * 5) % spaces.length]));
    deepEqual(new Set(listed(a, a.initPidNs)), new Set(made));
    deepEqual(listed(a, a.initPidNs).length, 120);
    const numbers = seen(a, a.initPidNs);
    deepEqual(
      numbers,
      [...numbers].sort((x, y) => x - y),
    );
  });

  clause(
    11,
    'encoded numbers come after the root’s own, space by space; small ones in the order of making',
    { source: 'Franke, pidspaces patch, January 2006; alloc_pid(), 2.6.24', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
      const inTwo = a.allocPid(two);
      const inOne = allocMany(a, one, 2);
      const inRoot = a.allocPid(a.initPidNs);
      const order = traits.rootNumbers === 'small' ? [inTwo, ...inOne, inRoot] : [inRoot, ...inOne, inTwo];
      deepEqual(listed(a, a.initPidNs), order);
    },
  );

  clause(
    12,
    'an empty space between two others is stepped over',
    { source: 'Franke, pidspaces patch, January 2006', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const spaces = [0, 1, 2, 3].map(() => newNs(a, a.initPidNs));
      const low = a.allocPid(spaces[0]);
      const high = a.allocPid(spaces[3]);
      deepEqual(listed(a, a.initPidNs), [low, high]);
      a.putPidNs(spaces[1]);
      deepEqual(listed(a, a.initPidNs), [low, high]);
      equal(a.findGePid(a.pidNr(low) + 1, a.initPidNs), high);
      equal(a.findGePid(a.pidNr(high) + 1, a.initPidNs), undefined);
    },
  );

  clause(13, 'a child’s listing stops at its own end', { source: FIND_GE_PID, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
    allocMany(a, one, 3);
    allocMany(a, two, 5);
    deepEqual(seen(a, one), [1, 2, 3]);
    equal(a.findGePid(4, one), undefined);
    equal(a.findGePid(PID_MAX_LIMIT - 1, one), undefined);
  });

  clause(14, 'what it lists is what findPidNs finds', { source: FIND_GE_PID }, () => {
    const { a, home } = world();
    for (let i = 0; i < 40; i++) fork(a, home);
    for (let nr = 0; nr < 45; nr++) {
      const found = a.findPidNs(nr, home);
      if (found !== undefined) equal(a.findGePid(nr, home), found);
      else ok(a.findGePid(nr, home) !== undefined ? nr === 0 : nr > 40);
    }
    equal(a.findGePid(0, home), pidAt(a, home, 1));
  });
});
