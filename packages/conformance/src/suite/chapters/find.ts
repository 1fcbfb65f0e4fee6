import { PID_MAX_LIMIT } from '@pidlab/contract';
import { equal, some, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocAt, allocMany, childless, exit, fork, newNs } from '../world.ts';

const FIND_PID_NS = 'find_pid_ns(), 2.6.24';

export const findChapter: Chapter = chapter('FIND', 'From a number to its pid', (t) => {
  const { booted, clause, create, traits, world } = t;

  clause(1, 'findPidNs finds a pid by its number there', { source: FIND_PID_NS }, () => {
    const { a, home } = world();
    for (const [i, pid] of allocMany(a, home, 20).entries()) equal(a.findPidNs(i + 1, home), pid);
  });

  clause(2, 'a number that nobody has is not found', { source: FIND_PID_NS }, () => {
    const { a, home } = world();
    allocMany(a, home, 3);
    for (const nr of [0, 4, 300, 32_767, 32_768, PID_MAX_LIMIT - 1, PID_MAX_LIMIT, 2 ** 31 - 1]) {
      equal(a.findPidNs(nr, home), undefined);
      equal(a.findGetPid(nr, home), undefined);
    }
  });

  clause(3, 'a number outside [0, 2^31 - 1] is EINVAL', { source: 'the contract: PidAllocator' }, () => {
    const { a, home } = world();
    for (const nr of [-1, -(2 ** 31), 2 ** 31, 2 ** 32 + 1, 2 ** 53]) {
      throwsPidError('EINVAL', () => a.findPidNs(nr, home));
      throwsPidError('EINVAL', () => a.findPid(nr));
      // It may be asked for what is behind the largest.
      throwsPidError('EINVAL', () => a.findGePid(nr < 0 ? nr : nr + 1, home));
    }
  });

  clause(4, 'findPid is findPidNs in the root', { source: 'find_pid(), 2.6.24' }, () => {
    const { a, home } = booted();
    for (const pid of allocMany(a, home, 5)) {
      equal(a.findPid(a.pidNr(pid)), pid);
      equal(a.findPidNs(a.pidNr(pid), a.initPidNs), pid);
    }
    equal(a.findPid(31_000), undefined);
  });

  clause(5, 'findVpid is findPidNs in the viewer’s namespace', { source: 'find_vpid(), 2.6.24' }, () => {
    const { a, home, path } = booted();
    const viewer = fork(a, home).task;
    for (const pid of allocMany(a, home, 5)) equal(a.findVpid(a.pidNrNs(pid, home), viewer), pid);
    equal(a.findVpid(1, viewer), a.findPidNs(1, home));
    for (const ns of path) equal(a.findVpid(1, some(a.childReaper(ns))), a.findPidNs(1, ns));
  });

  clause(6, 'a viewer without a pid finds nobody', { source: 'the contract: findVpid' }, () => {
    const { a, home } = booted();
    const bare = a.allocTask();
    equal(a.findVpid(1, bare), undefined);
    const late = fork(a, home);
    a.getPid(late.pid);
    a.detachPid(late.task, 0);
    equal(a.findVpid(1, late.task), undefined);
  });

  clause(7, 'equal numbers of two namespaces are two pids', { source: FIND_PID_NS, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
    const pids = [a.allocPid(one), a.allocPid(two)];
    equal(a.findPidNs(1, one), pids[0]);
    equal(a.findPidNs(1, two), pids[1]);
    a.freePid(pids[0]);
    equal(a.findPidNs(1, one), undefined);
    equal(a.findPidNs(1, two), pids[1]);
  });

  clause(
    8,
    'a child finds nobody of its parent’s, the root and siblings included',
    { source: FIND_PID_NS, once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
      const outer = allocMany(a, a.initPidNs, 20).at(-1)!;
      const inner = allocAt(a, one, 500);
      for (const pid of [outer, inner]) equal(a.findPidNs(a.pidNr(pid), two), undefined);
      equal(a.findPidNs(a.pidNr(outer), one), undefined);
      equal(a.findPidNs(500, a.initPidNs), undefined);
      equal(a.findGePid(0, two), undefined);
    },
  );

  clause(
    9,
    'a number with a bit too many is not the number without it',
    { source: 'pidspace_vpid_to_pid(), January 2006', once: true },
    () => {
      const a = create({ pidMax: PID_MAX_LIMIT });
      const places = [a.initPidNs];
      if (traits.maxLevel > 0) places.push(newNs(a, a.initPidNs), newNs(a, a.initPidNs));
      for (const ns of places) allocMany(a, ns, 5);
      for (const ns of places.slice(1)) {
        for (let bit = 22; bit < 31; bit++) equal(a.findPidNs(2 ** bit + 5, ns), undefined);
      }
      if (traits.rootNumbers === 'small') {
        for (let bit = 22; bit < 31; bit++) equal(a.findPid(2 ** bit + 5), undefined);
      }
    },
  );

  clause(
    10,
    'an encoded number is found from the root and from nowhere else',
    { source: 'pidspace_vpid_to_pid(), January 2006', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
      const pid = allocAt(a, one, 700);
      const nr = a.pidNr(pid);
      equal(a.findPid(nr), pid);
      equal(a.findPidNs(700, one), pid);
      equal(a.findPidNs(nr, two), undefined);
      if (traits.rootNumbers === 'encoded') equal(a.findPidNs(nr, one), undefined);
    },
  );

  clause(11, 'ten thousand pids are all found, and ten thousand others are not', { source: FIND_PID_NS }, () => {
    const { a, home } = world();
    const pids = allocMany(a, home, 10_000);
    for (let nr = 1; nr <= 10_000; nr++) equal(a.findPidNs(nr, home), pids[nr - 1]);
    for (let nr = 10_001; nr <= 20_000; nr++) equal(a.findPidNs(nr, home), undefined);
  });

  clause(12, 'numbers a power of two apart are all found', { source: 'pid_hashfn(), 2.6.24' }, () => {
    const { a, home } = world({ pidMax: PID_MAX_LIMIT, capacity: 64 });
    const numbers = Array.from({ length: 1000 }, (_, i) => (i + 1) * 4096);
    const pids = numbers.map((nr) => allocAt(a, home, nr));
    for (const [i, nr] of numbers.entries()) equal(a.findPidNs(nr, home), pids[i]);
    for (let i = 0; i < 1000; i += 2) a.freePid(pids[i]);
    for (const [i, nr] of numbers.entries()) equal(a.findPidNs(nr, home), i % 2 === 0 ? undefined : pids[i]);
  });

  clause(13, 'hundreds of namespaces each find their own number 1', { source: FIND_PID_NS, once: true }, () => {
    const a = create({ capacity: 16 });
    if (childless(a)) return;
    const spaces = Array.from({ length: Math.min(400, traits.maxNamespaces) }, () => newNs(a, a.initPidNs));
    const inits = spaces.map((ns) => a.allocPid(ns));
    for (const [i, ns] of spaces.entries()) equal(a.findPidNs(1, ns), inits[i]);
    for (let i = 0; i < spaces.length; i += 2) a.freePid(inits[i]);
    for (const [i, ns] of spaces.entries()) equal(a.findPidNs(1, ns), i % 2 === 0 ? undefined : inits[i]);
  });

  clause(14, 'a number is found anew for each owner', { source: FIND_PID_NS }, () => {
    const { a, home } = world();
    for (let i = 0; i < 50; i++) {
      const process = fork(a, home);
      a.setLastPid(home, 0);
      equal(a.findPidNs(1, home), process.pid);
      exit(a, process);
      equal(a.findPidNs(1, home), undefined);
    }
  });
});
