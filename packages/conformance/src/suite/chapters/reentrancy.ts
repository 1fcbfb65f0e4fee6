import { type NsRef, PIDTYPE_PID } from '@pidlab/contract';
import { deepEqual, equal, ok, some, throwsPidBug, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocMany, childless, exit, fork, listed, nest, newNs, nextNr, picture, pidAt, taken } from '../world.ts';

const KILL = 'the contract: zapPidNsProcesses: kill may call the allocator';

export const reentrancyChapter: Chapter = chapter('REENTRANCY', 'Callbacks that call back', (t) => {
  const { booted, clause, create, traits, world } = t;

  clause(1, 'kill may free its pid, and every other', { source: KILL }, () => {
    const { a, home } = booted();
    allocMany(a, home, 50);
    let calls = 0;
    const done = a.zapPidNsProcesses(home, () => {
      calls++;
      for (const pid of listed(a, home)) if (a.pidNrNs(pid, home) > 1) a.freePid(pid);
    });
    equal(calls, 1);
    equal(done, true);
  });

  clause(2, 'kill may look, list, translate and report, and finds everything in order', { source: KILL }, () => {
    const { a, home } = booted();
    allocMany(a, home, 10);
    a.zapPidNsProcesses(home, (pid, nr) => {
      equal(a.findPidNs(nr, home), pid);
      equal(a.findGePid(nr, home), pid);
      deepEqual(a.checkInvariants().violations, []);
      ok(a.snapshot().length > 0);
      a.freePid(pid);
      deepEqual(a.checkInvariants().violations, []);
    });
    deepEqual(taken(a, home), [1]);
  });

  clause(3, 'kill may allocate in another namespace', { source: KILL, once: true }, () => {
    const { a, home } = booted();
    if (childless(a)) return;
    const [dying, other] = [newNs(a, home), newNs(a, home)];
    allocMany(a, dying, 20);
    equal(
      a.zapPidNsProcesses(dying, (pid) => {
        a.freePid(pid);
        a.allocPid(other);
        fork(a, home);
      }),
      true,
    );
    equal(taken(a, other).length, 19);
  });

  clause(4, 'kill may not allocate here, and its failures leave no trace', { source: KILL }, () => {
    const { a, home, path } = booted();
    allocMany(a, home, 5);
    a.zapPidNsProcesses(home, () => {
      const before = picture(a, path);
      throwsPidError('ENOMEM', () => a.allocPid(home));
      throwsPidError('ENOMEM', () => a.allocPid(home, [500]));
      deepEqual(picture(a, path), before);
    });
    equal(taken(a, home).length, 6);
  });

  clause(5, 'kill may make and destroy namespaces', { source: KILL }, () => {
    const { a, home } = booted();
    allocMany(a, home, 10);
    const before = a.stats().namespaces;
    a.zapPidNsProcesses(home, (pid) => {
      for (const ns of nest(a, a.initPidNs, 2).reverse()) a.putPidNs(ns);
      a.freePid(pid);
    });
    equal(a.stats().namespaces, before);
  });

  clause(6, 'kill may put the namespace that is being ended', { source: KILL, once: true }, () => {
    const { a, home } = booted();
    if (childless(a)) return;
    const ns = newNs(a, home);
    const init = a.allocPid(ns);
    allocMany(a, ns, 4);
    let put = false;
    equal(
      a.zapPidNsProcesses(ns, (pid) => {
        if (!put) a.putPidNs(ns);
        put = true;
        a.freePid(pid);
      }),
      true,
    );
    equal(a.nsLevel(ns), a.nsLevel(home) + 1);
    a.freePid(init);
    throwsPidBug(() => a.nsLevel(ns));
  });

  clause(7, 'kill may free the last pid of a namespace that nobody holds', { source: KILL, once: true }, () => {
    const { a, home } = booted();
    if (childless(a)) return;
    const ns = newNs(a, home);
    a.setLastPid(ns, 9);
    allocMany(a, ns, 3);
    a.putPidNs(ns);
    const before = a.stats().namespaces;
    equal(
      a.zapPidNsProcesses(ns, (pid) => a.freePid(pid)),
      true,
    );
    equal(a.stats().namespaces, before - 1);
    throwsPidBug(() => a.nsLevel(ns));
  });

  clause(8, 'kill may end a namespace below', { source: KILL }, () => {
    const { a, home } = booted();
    const [ns] = nest(a, home, 1);
    fork(a, home);
    if (ns === undefined) return;
    for (let i = 0; i < 3; i++) fork(a, ns);
    const end = (at: NsRef): boolean =>
      a.zapPidNsProcesses(at, (pid) => {
        if (at === home && a.pidNs(pid) === ns && a.childReaper(ns) !== undefined) end(ns);
        const task = a.pidTask(pid, PIDTYPE_PID);
        if (task !== undefined) exit(a, { pid, task });
      });
    equal(end(home), true);
    deepEqual(taken(a, home), [1]);
    if (traits.rootNumbers === 'small') deepEqual(taken(a, ns), []);
  });

  clause(9, 'kill may end the same namespace again', { source: KILL }, () => {
    const { a, home } = booted();
    allocMany(a, home, 10);
    let depth = 0;
    const end = (): boolean =>
      a.zapPidNsProcesses(home, (pid) => {
        if (depth++ === 0) equal(end(), true);
        else a.freePid(pid);
      });
    equal(end(), true);
    equal(depth, 11);
    deepEqual(taken(a, home), [1]);
    equal(a.childReaper(home), undefined);
  });

  clause(10, 'what kill throws first is what comes through, and the rest is as it was left', { source: KILL }, () => {
    const { a, home } = booted();
    allocMany(a, home, 10);
    for (const thrown of [new RangeError('x'), 'a string', undefined, null]) {
      let caught: unknown = 'nothing';
      try {
        a.zapPidNsProcesses(home, () => {
          throw thrown;
        });
      } catch (error) {
        caught = error;
      }
      equal(caught, thrown);
      deepEqual(a.checkInvariants().violations, []);
    }
    equal(taken(a, home).length, 11);
  });

  clause(11, 'kill may move the cursor and the limit', { source: KILL }, () => {
    const { a, home } = booted();
    for (let i = 0; i < 5; i++) a.allocPid(home);
    const called: number[] = [];
    a.zapPidNsProcesses(home, (_, nr) => {
      called.push(nr);
      a.setLastPid(home, 0);
      a.setPidMax(home, 301);
    });
    deepEqual(called, [2, 3, 4, 5, 6]);
  });

  clause(12, 'kill may hand the office of reaper on', { source: KILL }, () => {
    const { a, home } = booted();
    const init = some(a.childReaper(home));
    const victim = fork(a, home);
    const done = a.zapPidNsProcesses(home, () => {
      exit(a, victim);
      a.transferPid(init, a.allocTask(), PIDTYPE_PID);
    });
    equal(done, true);
    equal(a.childReaper(home), undefined);
    a.freeTask(init);
  });

  clause(
    13,
    'a list of chosen numbers whose reading calls the allocator confuses nobody',
    { source: 'the contract: PidAllocator', once: true },
    () => {
      const { a, home } = booted();
      let inner = 0;
      const sly = new Proxy([777], {
        get(target, key, receiver) {
          if (key === '0') inner = a.allocPid(home, [888 + inner]) > 0 ? inner + 1 : inner;
          return Reflect.get(target, key, receiver);
        },
      });
      const pid = a.allocPid(home, sly);
      equal<number>(a.pidNrNs(pid, home), 777);
      deepEqual(a.checkInvariants().violations, []);
      ok(taken(a, home).includes(777));
    },
  );

  clause(
    14,
    'options whose reading makes allocators make them all',
    { source: 'the contract: CreatePidAllocator', once: true },
    () => {
      const made: number[] = [];
      const a = create({
        get pidMax() {
          made.push(nextNr(...rooted(create())));
          return 400;
        },
      });
      equal(a.pidMax(a.initPidNs), 400);
      ok(made.length >= 1 && made.every((nr) => nr === 1));
      function rooted(b: ReturnType<typeof create>): [typeof b, NsRef] {
        return [b, b.initPidNs];
      }
    },
  );

  clause(15, 'an allocator may be used inside another’s kill', { source: KILL }, () => {
    const one = booted();
    const two = world();
    allocMany(one.a, one.home, 5);
    one.a.zapPidNsProcesses(one.home, (pid) => {
      two.a.allocPid(two.home);
      one.a.freePid(pid);
    });
    deepEqual(taken(two.a, two.home), [1, 2, 3, 4, 5]);
    equal(pidAt(one.a, one.home, 1), some(one.a.findPidNs(1, one.home)));
  });

  clause(
    16,
    'a namespace that kill makes in the memory of the one it ended is not ended with it',
    { source: KILL, once: true },
    () => {
      const { a, home } = booted();
      if (childless(a)) return;
      const ns = newNs(a, home);
      const [init] = allocMany(a, ns, 2);
      a.putPidNs(ns);
      let fresh: NsRef | undefined;
      let kills = 0;
      const done = a.zapPidNsProcesses(ns, (pid) => {
        kills++;
        if (kills > 1) return;
        a.freePid(pid);
        a.freePid(some(init));
        fresh = newNs(a, home);
        fork(a, fresh);
        allocMany(a, fresh, 3);
      });
      equal(done, true);
      equal(kills, 1);
      const made = some(fresh);
      ok(a.childReaper(made) !== undefined, 'the reaper of the new namespace was cleared');
      deepEqual(taken(a, made), [1, 2, 3, 4]);
    },
  );
});
