import { PID_MAX_LIMIT } from '@pidlab/contract';
import { deepEqual, equal, ok, some } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocAt, allocMany, childless, exit, fork, nest, newNs } from '../world.ts';

const PID_NR_NS = 'pid_nr_ns(), 2.6.24';

export const translateChapter: Chapter = chapter('TRANSLATE', 'From a pid to its numbers', (t) => {
  const { booted, clause, create, traits, world } = t;

  clause(1, 'the first pid of a namespace is number 1 there', { source: PID_NR_NS }, () => {
    const { a, home } = world();
    for (const ns of [home, ...nest(a, home, 2)].reverse()) {
      if (a.lastPid(ns) === 0) equal<number>(a.pidNrNs(a.allocPid(ns), ns), 1);
    }
  });

  clause(2, 'findPidNs undoes pidNrNs at every level that sees the pid', { source: PID_NR_NS }, () => {
    const { a, home, path } = world();
    const all = [...path, ...nest(a, home, 4)];
    for (const inner of all) {
      const pid = a.allocPid(inner);
      for (const ns of all.slice(0, a.nsLevel(inner) + 1)) equal(a.findPidNs(a.pidNrNs(pid, ns), ns), pid);
    }
  });

  clause(3, 'a namespace does not see the pids of those above it', { source: PID_NR_NS }, () => {
    const { a, home, path } = world();
    const all = [...path, ...nest(a, home, 4)];
    for (const outer of all) {
      const pid = a.allocPid(outer);
      for (const ns of all.slice(a.nsLevel(outer) + 1)) equal<number>(a.pidNrNs(pid, ns), 0);
    }
  });

  clause(4, 'siblings never see each other, though their numbers are equal', { source: PID_NR_NS, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
    const pids = [a.allocPid(one), a.allocPid(two)];
    deepEqual<number[]>([a.pidNrNs(pids[0], one), a.pidNrNs(pids[0], two)], [1, 0]);
    deepEqual<number[]>([a.pidNrNs(pids[1], one), a.pidNrNs(pids[1], two)], [0, 1]);
  });

  clause(
    5,
    'cousins do not see each other: it is the same object that counts, not the same level',
    { source: PID_NR_NS, once: true },
    () => {
      const a = create();
      const left = nest(a, a.initPidNs, 3);
      const right = nest(a, a.initPidNs, 3);
      for (const ns of left) {
        const pid = a.allocPid(ns);
        for (const other of right) equal<number>(a.pidNrNs(pid, other), 0);
      }
    },
  );

  clause(6, 'pidNr is the number in the root', { source: 'pid_nr(), 2.6.24' }, () => {
    const { a, home } = booted();
    for (const pid of allocMany(a, home, 4)) equal<number>(a.pidNr(pid), a.pidNrNs(pid, a.initPidNs));
  });

  clause(7, 'pidVnr is the number in the viewer’s namespace', { source: 'pid_vnr(), 2.6.24' }, () => {
    const { a, home, path } = booted();
    const pid = a.allocPid(home);
    for (const ns of path) equal<number>(a.pidVnr(pid, some(a.childReaper(ns))), a.pidNrNs(pid, ns));
  });

  clause(8, 'to a viewer without a pid every number is 0', { source: 'the contract: pidVnr' }, () => {
    const { a, home } = booted();
    const bare = a.allocTask();
    equal<number>(a.pidVnr(some(a.findPidNs(1, home)), bare), 0);
  });

  clause(9, 'a viewer that does not see the pid gets 0', { source: 'pid_vnr(), 2.6.24', once: true }, () => {
    const a = create();
    const outside = fork(a, a.initPidNs);
    if (childless(a)) return;
    const inside = fork(a, newNs(a, a.initPidNs));
    equal<number>(a.pidVnr(outside.pid, inside.task), 0);
    equal<number>(a.pidVnr(inside.pid, inside.task), 1);
    equal<number>(a.pidVnr(inside.pid, outside.task), a.pidNr(inside.pid));
  });

  clause(
    10,
    'a viewer’s namespace is that of its pid, not that of its group or session',
    { source: 'task_active_pid_ns(), mainline', once: true },
    () => {
      const a = create();
      const outside = fork(a, a.initPidNs);
      if (childless(a)) return;
      const inside = fork(a, newNs(a, a.initPidNs));
      a.attachPid(inside.task, 2, outside.pid);
      a.attachPid(inside.task, 3, outside.pid);
      equal<number>(a.pidVnr(outside.pid, inside.task), 0);
      equal(a.findVpid(1, inside.task), inside.pid);
    },
  );

  clause(11, 'numbers are each level’s own', { source: PID_NR_NS }, () => {
    const { a, home } = world();
    const nested = nest(a, home, 3);
    for (const [i, ns] of [home, ...nested].entries()) a.setLastPid(ns, 1000 * (i + 1));
    const deepest = nested.at(-1) ?? home;
    const pid = a.allocPid(deepest);
    equal<number>(a.pidNrNs(pid, deepest), 1000 * (nested.length + 1) + 1);
    ok(a.pidNr(pid) > 0);
  });

  clause(
    12,
    'an encoded number is the space above the namespace’s own number',
    { source: 'pidspace_vpid_to_pid(), January 2006', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const spaces = [1, 2, 3].map(() => newNs(a, a.initPidNs));
      for (const [i, ns] of spaces.entries()) {
        const pid = allocAt(a, ns, 4000 + i);
        const expected = traits.rootNumbers === 'encoded' ? (i + 1) * PID_MAX_LIMIT + 4000 + i : i + 1;
        equal<number>(a.pidNr(pid), expected);
      }
    },
  );

  clause(13, 'a dead pid answers as before while its namespace lives', { source: PID_NR_NS }, () => {
    const { a, home, path } = world();
    const pid = a.getPid(allocAt(a, home, 5000));
    const numbers = path.map((ns) => a.pidNrNs(pid, ns));
    a.freePid(pid);
    allocAt(a, home, 5000);
    deepEqual(
      path.map((ns) => a.pidNrNs(pid, ns)),
      numbers,
    );
  });

  clause(
    14,
    'a dead pid answers 0 in a namespace that came later, though it may have the old one’s memory',
    { source: PID_NR_NS, once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const old = newNs(a, a.initPidNs);
      const pid = a.getPid(a.allocPid(old));
      const fromRoot = a.pidNr(pid);
      a.freePid(pid);
      a.putPidNs(old);
      for (let i = 0; i < 40; i++) {
        const later = newNs(a, a.initPidNs);
        equal<number>(a.pidNrNs(pid, later), 0);
        const live = fork(a, later);
        equal<number>(a.pidVnr(pid, live.task), 0);
        equal<number>(a.pidNrNs(live.pid, later), 1);
        if (i % 2 === 0) {
          exit(a, live);
          a.putPidNs(later);
        }
      }
      equal(a.pidNr(pid), fromRoot);
      equal(a.isContainerInit(pid), true);
    },
  );

  clause(
    15,
    'pidNs of a dead pid is none when the namespace is gone, and never a later one',
    { source: 'ns_of_pid(), 2.6.24', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const old = newNs(a, a.initPidNs);
      const pid = a.getPid(a.allocPid(old));
      a.freePid(pid);
      equal(a.pidNs(pid), old);
      a.putPidNs(old);
      equal(a.pidNs(pid), undefined);
      newNs(a, a.initPidNs);
      equal(a.pidNs(pid), undefined);
    },
  );

  clause(16, 'a dead pid answers at the levels that are left', { source: PID_NR_NS }, () => {
    const { a, home, path } = world();
    const [inner] = nest(a, home, 1);
    if (inner === undefined) return;
    const pid = a.getPid(a.allocPid(inner));
    const numbers = path.map((ns) => a.pidNrNs(pid, ns));
    a.freePid(pid);
    a.putPidNs(inner);
    deepEqual(
      path.map((ns) => a.pidNrNs(pid, ns)),
      numbers,
    );
    equal<number>(a.pidNrNs(pid, newNs(a, home)), 0);
  });

  clause(17, 'isContainerInit is number 1 at its own level', { source: 'is_container_init(), 2.6.24' }, () => {
    const { a, home } = world();
    const [first, second] = allocMany(a, home, 2);
    equal(a.isContainerInit(first), true);
    equal(a.isContainerInit(second), false);
  });

  clause(
    18,
    'number 1 somewhere above does not make an init',
    { source: 'is_container_init(), 2.6.24', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const child = newNs(a, a.initPidNs);
      a.setLastPid(child, 40);
      const pid = a.allocPid(child);
      if (traits.rootNumbers === 'small') equal<number>(a.pidNr(pid), 1);
      equal(a.isContainerInit(pid), false);
      a.setLastPid(child, 0);
      const init = a.allocPid(child);
      equal(a.isContainerInit(init), true);
    },
  );

  clause(19, 'asking for numbers takes no reference', { source: PID_NR_NS }, () => {
    const { a, home } = booted();
    const pid = some(a.findPidNs(1, home));
    const viewer = some(a.childReaper(home));
    a.pidNr(pid);
    a.pidVnr(pid, viewer);
    a.pidNs(pid);
    equal(a.pidCount(pid), 1);
    if (a.nsLevel(home) > 0) {
      a.putPidNs(home);
      a.pidNs(pid);
      equal(a.stats().namespaces, 2);
    }
  });

  clause(20, 'the largest number translates and is found', { source: PID_NR_NS }, () => {
    const { a, home } = world({ pidMax: PID_MAX_LIMIT });
    const pid = allocAt(a, home, PID_MAX_LIMIT - 1);
    ok(a.pidNr(pid) > 0);
    equal(a.findPid(a.pidNr(pid)), pid);
    equal(a.findGePid(PID_MAX_LIMIT - 1, home), pid);
  });
});
