import { PIDTYPE_PGID, PIDTYPE_PID } from '@pidlab/contract';
import { deepEqual, equal, ok, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocAt, allocMany, childless, exit, fork, nest, newNs, type Process, pidAt, seen, taken } from '../world.ts';

const ZAP = 'zap_pid_ns_processes(), 2.6.24';

export const zapChapter: Chapter = chapter('ZAP', 'The end of a namespace', (t) => {
  const { booted, clause, traits, world } = t;

  clause(1, 'kill is called once for each taken number above 1, ascending', { source: ZAP }, () => {
    const { a, home } = booted();
    for (const nr of [40_000, 7, 300, 2, 31_000]) {
      a.setPidMax(home, 50_000);
      allocAt(a, home, nr);
    }
    const called: number[] = [];
    a.zapPidNsProcesses(home, (_, nr) => called.push(nr));
    deepEqual(called, [2, 7, 300, 31_000, 40_000]);
  });

  clause(2, 'with the pid that has the number there', { source: ZAP }, () => {
    const { a, home } = booted();
    allocMany(a, home, 10);
    a.zapPidNsProcesses(home, (pid, nr) => {
      equal<number>(a.pidNrNs(pid, home), nr);
      equal(a.findPidNs(nr, home), pid);
    });
  });

  clause(3, 'init is never killed', { source: ZAP }, () => {
    const { a, home } = booted();
    allocMany(a, home, 3);
    a.zapPidNsProcesses(home, (pid, nr) => {
      ok(nr > 1);
      a.freePid(pid);
    });
    deepEqual(taken(a, home), [1]);
    equal(a.findPidNs(1, home), pidAt(a, home, 1));
  });

  clause(4, 'when only init is left the reaper is cleared, and it returns true', { source: ZAP }, () => {
    const { a, home } = booted();
    allocMany(a, home, 5);
    equal(
      a.zapPidNsProcesses(home, (pid) => a.freePid(pid)),
      true,
    );
    equal(a.childReaper(home), undefined);
  });

  clause(5, 'while another number is taken the reaper stays, and it returns false', { source: ZAP }, () => {
    const { a, home } = booted();
    const init = a.childReaper(home);
    allocMany(a, home, 5);
    equal(
      a.zapPidNsProcesses(home, (pid, nr) => nr !== 4 && a.freePid(pid)),
      false,
    );
    equal(a.childReaper(home), init);
    deepEqual(taken(a, home), [1, 4]);
    a.freePid(pidAt(a, home, 4));
    equal(
      a.zapPidNsProcesses(home, () => {}),
      true,
    );
    equal(a.childReaper(home), undefined);
  });

  clause(6, 'with nobody but init there kill is not called', { source: 'LTP pidns10' }, () => {
    const { a, home } = booted();
    let called = 0;
    equal(
      a.zapPidNsProcesses(home, () => called++),
      true,
    );
    equal(called, 0);
  });

  clause(7, 'an empty namespace can be zapped too', { source: ZAP }, () => {
    const { a, home } = world();
    equal(
      a.zapPidNsProcesses(home, () => {}),
      true,
    );
    throwsPidError('ENOMEM', () => a.allocPid(home));
  });

  clause(
    8,
    'allocation is disabled before the first kill and stays disabled',
    { source: 'zap_pid_ns_processes(), mainline' },
    () => {
      const { a, home } = booted();
      allocMany(a, home, 3);
      let kills = 0;
      a.zapPidNsProcesses(home, (pid) => {
        throwsPidError('ENOMEM', () => a.allocPid(home));
        a.freePid(pid);
        kills++;
      });
      equal(kills, 3);
      throwsPidError('ENOMEM', () => a.allocPid(home));
      deepEqual(taken(a, home), [1]);
    },
  );

  clause(9, 'descendants’ pids are killed too where the design numbers them here', { source: ZAP }, () => {
    const { a, home } = booted();
    const nested = nest(a, home, 3);
    const inner = nested.map((ns) => a.allocPid(ns));
    const own = a.allocPid(home);
    const expected = new Set([own]);
    for (const pid of inner) if (taken(a, home).includes(a.pidNrNs(pid, home))) expected.add(pid);
    const killed = new Set<typeof own>();
    const done = a.zapPidNsProcesses(home, (pid) => {
      killed.add(pid);
      a.freePid(pid);
    });
    equal(done, true);
    deepEqual(killed, expected);
    if (traits.rootNumbers === 'small') for (const ns of nested) deepEqual(seen(a, ns), []);
  });

  clause(10, 'a pid that an earlier kill has freed is not called', { source: ZAP }, () => {
    const { a, home } = booted();
    allocMany(a, home, 9);
    const called: number[] = [];
    a.zapPidNsProcesses(home, (pid, nr) => {
      called.push(nr);
      if (nr < 9) a.freePid(pidAt(a, home, nr + 1));
      a.freePid(pid);
    });
    deepEqual(called, [2, 4, 6, 8, 10]);
  });

  clause(
    11,
    'what kill throws comes through, and allocation stays disabled',
    { source: 'the contract: zapPidNsProcesses' },
    () => {
      const { a, home } = booted();
      const init = a.childReaper(home);
      allocMany(a, home, 5);
      const mine = new Error('mine');
      let thrown: unknown;
      try {
        a.zapPidNsProcesses(home, (pid, nr) => {
          if (nr === 4) throw mine;
          a.freePid(pid);
        });
      } catch (error) {
        thrown = error;
      }
      equal(thrown, mine);
      deepEqual(taken(a, home), [1, 4, 5, 6]);
      equal(a.childReaper(home), init);
      throwsPidError('ENOMEM', () => a.allocPid(home));
      equal(
        a.zapPidNsProcesses(home, (pid) => a.freePid(pid)),
        true,
      );
    },
  );

  clause(
    12,
    'a number that is only a group any more is called and keeps the namespace from being done',
    { source: 'detach_pid(), 2.6.24' },
    () => {
      const { a, home } = booted();
      const leader = fork(a, home);
      const outside = a.allocTask();
      a.attachPid(outside, PIDTYPE_PGID, leader.pid);
      exit(a, leader);
      const called: number[] = [];
      equal(
        a.zapPidNsProcesses(home, (_, nr) => called.push(nr)),
        false,
      );
      deepEqual(called, [2]);
      a.detachPid(outside, PIDTYPE_PGID);
      equal(
        a.zapPidNsProcesses(home, () => {}),
        true,
      );
    },
  );

  clause(13, 'processes with tasks are ended by detaching them', { source: ZAP }, () => {
    const { a, home } = booted();
    const processes = new Map(
      Array.from({ length: 20 }, () => fork(a, home)).map((p) => [p.pid, p] as [number, Process]),
    );
    equal(
      a.zapPidNsProcesses(home, (pid) => exit(a, processes.get(pid)!)),
      true,
    );
    equal(a.stats().tasks, t.level + 1);
    deepEqual(taken(a, home), [1]);
  });

  clause(14, 'siblings and parents are left alone', { source: ZAP, once: true }, () => {
    const { a, home } = booted();
    if (childless(a)) return;
    const [one, two] = [newNs(a, home), newNs(a, home)];
    for (const ns of [one, two]) for (let i = 0; i < 3; i++) fork(a, ns);
    a.zapPidNsProcesses(one, (pid) => {
      a.detachPid(a.pidTask(pid, PIDTYPE_PID)!, PIDTYPE_PID);
    });
    deepEqual(seen(a, one), [1]);
    deepEqual(seen(a, two), [1, 2, 3]);
    fork(a, two);
    fork(a, home);
  });

  clause(
    15,
    'a zapped namespace goes when its init is freed and nobody holds it',
    { source: 'free_pid_ns(), 2.6.24', once: true },
    () => {
      const { a, home } = booted();
      if (childless(a)) return;
      const ns = newNs(a, home);
      const init = fork(a, ns);
      fork(a, ns);
      a.zapPidNsProcesses(ns, (pid) => a.detachPid(a.pidTask(pid, PIDTYPE_PID)!, PIDTYPE_PID));
      a.putPidNs(ns);
      equal(a.stats().namespaces, 2);
      exit(a, init);
      equal(a.stats().namespaces, 1);
    },
  );
});
