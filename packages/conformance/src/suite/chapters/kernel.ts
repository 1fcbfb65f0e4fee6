import { MAX_PID_NS_LEVEL, PIDTYPE_PGID, PIDTYPE_PID, PIDTYPE_SID, PIDTYPE_TGID } from '@pidlab/contract';
import { deepEqual, equal, notEqual, ok, some, throwsPidBug, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { childless, exit, fork, listed, nest, newNs, nextNr, seen, taken } from '../world.ts';

export const kernelChapter: Chapter = chapter('KERNEL', 'What public test suites assert of Linux', (t) => {
  const { booted, clause, create, traits, world } = t;

  clause(1, 'the first process of a new namespace is 1, and its parent is 0 to it', { source: 'LTP pidns01' }, () => {
    const { a, home } = booted();
    const parent = fork(a, home);
    const [ns] = nest(a, home, 1);
    if (ns === undefined) return;
    const init = fork(a, ns);
    equal<number>(a.taskPidNrNs(init.task, ns), 1);
    equal<number>(a.pidVnr(parent.pid, init.task), 0);
  });

  clause(2, 'session and group are 0 to a namespace’s init until it makes its own', { source: 'LTP pidns02' }, () => {
    const { a, home } = booted();
    const parent = fork(a, home);
    const [ns] = nest(a, home, 1);
    if (ns === undefined) return;
    const init = fork(a, ns);
    for (const type of [PIDTYPE_PGID, PIDTYPE_SID] as const) a.attachPid(init.task, type, parent.pid);
    equal<number>(a.taskSessionNrNs(init.task, ns), 0);
    equal<number>(a.taskPgrpNrNs(init.task, ns), 0);
    for (const type of [PIDTYPE_PGID, PIDTYPE_SID] as const) {
      a.detachPid(init.task, type);
      a.attachPid(init.task, type, init.pid);
    }
    equal<number>(a.taskSessionNrNs(init.task, ns), 1);
    equal<number>(a.taskPgrpNrNs(init.task, ns), 1);
    equal<number>(a.taskPgrpNrNs(init.task, home), a.pidNrNs(init.pid, home));
  });

  clause(3, 'to itself a namespace’s init is number 1', { source: 'LTP pidns03' }, () => {
    const { a, home } = booted();
    for (const ns of [home, ...nest(a, home, 1)]) {
      const init = a.childReaper(ns) ?? fork(a, ns).task;
      equal(a.findTaskByVpid(1, init), init);
      equal<number>(a.pidVnr(some(a.taskPid(init, PIDTYPE_PID)), init), 1);
    }
  });

  clause(4, 'the end of a namespace spares its init', { source: 'LTP pidns04' }, () => {
    const { a, home } = booted();
    const init = some(a.childReaper(home));
    fork(a, home);
    a.zapPidNsProcesses(home, (pid) => a.detachPid(some(a.pidTask(pid, PIDTYPE_PID)), PIDTYPE_PID));
    equal(a.findTaskByPidNs(1, home), init);
  });

  clause(5, 'when the outermost of five nested inits ends, all end', { source: 'LTP pidns05', once: true }, () => {
    const { a, home } = booted();
    const nested = nest(a, home, 5);
    const inits = nested.map((ns) => fork(a, ns));
    if (inits.length === 0) return;
    const end = (pid: (typeof inits)[0]['pid']): void => exit(a, some(inits.find((init) => init.pid === pid)));
    equal(a.zapPidNsProcesses(nested[0], end), true);
    exit(a, inits[0]);
    for (const ns of nested) deepEqual(seen(a, ns), []);
    deepEqual(seen(a, home), [1]);
  });

  clause(6, 'the parent’s outer number means nobody inside', { source: 'LTP pidns06' }, () => {
    const { a, home } = booted();
    a.setLastPid(home, 500);
    const parent = fork(a, home);
    const [ns] = nest(a, home, 1);
    if (ns === undefined) return;
    const inside = fork(a, ns);
    equal(a.findVpid(a.pidNrNs(parent.pid, home), inside.task), undefined);
    equal(a.findTaskByVpid(501, inside.task), undefined);
  });

  clause(7, 'with only init there, there is nobody else to send to', { source: 'LTP pidns10' }, () => {
    const { a, home } = booted();
    equal(a.findGePid(2, home), undefined);
    equal(a.nextPidmap(home, 1), undefined);
  });

  clause(8, 'a sender from outside is 0, oneself is 1', { source: 'LTP pidns12, pidns16' }, () => {
    const { a, home } = booted();
    const outside = fork(a, home);
    const [ns] = nest(a, home, 1);
    if (ns === undefined) return;
    const inside = fork(a, ns);
    equal<number>(a.taskPidNrNs(outside.task, ns), 0);
    equal<number>(a.taskPidNrNs(inside.task, ns), 1);
  });

  clause(9, 'a child’s signal carries its number in the receiver’s namespace', { source: 'LTP pidns31' }, () => {
    const { a, home } = booted();
    const [ns] = nest(a, home, 1);
    if (ns === undefined) return;
    fork(a, ns);
    const sender = fork(a, ns);
    const receiver = some(a.childReaper(home));
    const si = a.pidVnr(sender.pid, receiver);
    equal(a.findTaskByVpid(si, receiver), sender.task);
    notEqual<number>(si, 0);
  });

  clause(10, 'nesting goes to the limit and is refused there', { source: 'LTP pidns32', once: true }, () => {
    const a = create();
    equal(nest(a, a.initPidNs, MAX_PID_NS_LEVEL + 1).length, traits.maxLevel);
  });

  clause(11, 'the first child after unshare is 1, and the next is 2', { source: 'LTP unshare05' }, () => {
    const { a, home } = booted();
    const [ns] = nest(a, home, 1);
    if (ns === undefined) return;
    deepEqual([nextNr(a, ns), nextNr(a, ns)], [1, 2]);
  });

  clause(12, 'fork and wait again and again never gives the number just used', { source: 'LTP fork13' }, () => {
    const { a, home } = booted({ pidMax: 310 });
    let last = 0;
    for (let i = 0; i < 2000; i++) {
      const process = fork(a, home);
      const nr = a.taskPidNrNs(process.task, home);
      notEqual<number>(nr, last);
      last = nr;
      exit(a, process);
    }
  });

  clause(13, 'an old reference never reaches the number’s new owner', { source: 'LTP pidfd_send_signal03' }, () => {
    const { a, home } = booted();
    const old = fork(a, home);
    a.getPid(old.pid);
    exit(a, old);
    a.setLastPid(home, 1);
    const young = fork(a, home);
    equal<number>(a.pidNrNs(young.pid, home), a.pidNrNs(old.pid, home));
    equal(a.pidTask(old.pid, PIDTYPE_PID), undefined);
    equal(a.pidTask(young.pid, PIDTYPE_PID), young.task);
    a.putPid(old.pid);
    throwsPidBug(() => a.pidTask(old.pid, PIDTYPE_PID));
  });

  clause(
    14,
    'fork after the namespace’s init was reaped is ENOMEM',
    { source: 'selftests pid_namespace/regression_enomem' },
    () => {
      const { a, home } = booted();
      const [ns] = nest(a, home, 1);
      if (ns === undefined) return;
      const init = fork(a, ns);
      a.zapPidNsProcesses(ns, () => {});
      exit(a, init);
      throwsPidError('ENOMEM', () => a.allocPid(ns));
      throwsPidError('ENOMEM', () => a.allocPid(ns, [1]));
    },
  );

  clause(
    15,
    'with a low limit no number at or above it is given, ever',
    { source: 'selftests pid_namespace/pid_max' },
    () => {
      const { a, home } = booted({ pidMax: 400 });
      const [ns] = nest(a, home, 1);
      for (const at of ns === undefined ? [home] : [home, ns]) {
        if (at === ns) a.setPidMax(at, 350);
        const limit = a.pidMax(at);
        for (let i = 0; i < 1000; i++) {
          const process = fork(a, at);
          ok(a.taskPidNrNs(process.task, at) < limit);
          ok(a.taskPidNrNs(process.task, home) < 400 || traits.rootNumbers === 'encoded');
          exit(a, process);
        }
      }
    },
  );

  clause(
    16,
    'chosen numbers: too many, 0, -1 and the limit are EINVAL, init’s is EEXIST',
    { source: 'selftests clone3_set_tid' },
    () => {
      const { a, home } = booted();
      const tooMany = Array.from({ length: t.level + 2 }, () => 600);
      for (const list of [tooMany, [0], [-1], [a.pidMax(home)]]) throwsPidError('EINVAL', () => a.allocPid(home, list));
      throwsPidError('EEXIST', () => a.allocPid(home, [1]));
    },
  );

  clause(17, 'a process whose parent is outside ends with the namespace too', { source: 'gVisor setns' }, () => {
    const { a, home } = booted();
    const parent = fork(a, home);
    const [ns] = nest(a, home, 1);
    if (ns === undefined) return;
    fork(a, ns);
    const joined = fork(a, ns);
    a.attachPid(joined.task, PIDTYPE_PGID, parent.pid);
    const killed: number[] = [];
    a.zapPidNsProcesses(ns, (pid) => killed.push(pid));
    deepEqual(killed, [joined.pid]);
  });

  clause(
    18,
    'a group can be joined while its leader is a zombie, and waited for after',
    { source: 'gVisor processes' },
    () => {
      const { a, home } = booted();
      const leader = fork(a, home);
      a.attachPid(leader.task, PIDTYPE_PGID, leader.pid);
      const member = fork(a, home);
      a.attachPid(member.task, PIDTYPE_PGID, leader.pid);
      a.detachPid(leader.task, PIDTYPE_PGID);
      exit(a, leader);
      equal(a.findTaskByPidTypeNs(PIDTYPE_PGID, 2, home), member.task);
      equal(a.findTaskByPidNs(2, home), undefined);
    },
  );

  clause(19, 'a number that is still a group or session is not given out again', { source: 'gVisor issue 355' }, () => {
    for (const type of [PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID] as const) {
      const { a, home } = booted({ pidMax: 310 });
      a.setLastPid(home, 303);
      const leader = fork(a, home);
      const nr = a.taskPidNrNs(leader.task, home);
      const member = fork(a, home);
      a.attachPid(member.task, type, leader.pid);
      exit(a, leader);
      for (let i = 0; i < 700; i++) {
        const process = fork(a, home);
        notEqual(a.taskPidNrNs(process.task, home), nr);
        exit(a, process);
      }
    }
  });

  clause(
    20,
    'groups of two namespaces with equal numbers are two groups',
    { source: 'gVisor issues 13556, 13573', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const spaces = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
      const leaders = spaces.map((ns) => {
        const leader = fork(a, ns);
        a.attachPid(leader.task, PIDTYPE_PGID, leader.pid);
        return leader;
      });
      for (const [i, ns] of spaces.entries()) {
        equal<number>(a.taskPgrpNrNs(leaders[i].task, ns), 1);
        equal(a.findTaskByPidTypeNs(PIDTYPE_PGID, 1, ns), leaders[i].task);
        equal(a.nextPidTask(leaders[i].task, PIDTYPE_PGID), undefined);
      }
    },
  );

  clause(
    21,
    'fork into a dead namespace is an error and not a crash',
    { source: 'DragonOS issues 1730, 1919', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const ns = newNs(a, a.initPidNs);
      a.putPidNs(ns);
      throwsPidBug(() => a.allocPid(ns));
      throwsPidBug(() => newNs(a, ns));
      const held = newNs(a, a.initPidNs);
      a.disablePidAllocation(held);
      throwsPidError('ENOMEM', () => a.allocPid(held));
      // In mainline the refused one took a number of the root, and gave it back.
      const tookOne = traits.rules === 'mainline' && traits.rootNumbers === 'small';
      equal(nextNr(a, a.initPidNs), tookOne ? 2 : 1);
    },
  );

  clause(22, 'the root has nothing above it', { source: 'LTP ioctl_ns01', once: true }, () => {
    const a = create();
    equal(a.nsParent(a.initPidNs), undefined);
  });

  clause(23, 'a shell’s pipeline: group of three, the leader first to go', { source: 'setpgid(2)' }, () => {
    const { a, home } = world();
    const shell = fork(a, home);
    a.attachPid(shell.task, PIDTYPE_SID, shell.pid);
    const jobs = [fork(a, home), fork(a, home), fork(a, home)];
    for (const job of jobs) {
      a.attachPid(job.task, PIDTYPE_SID, shell.pid);
      a.attachPid(job.task, PIDTYPE_PGID, jobs[0].pid);
    }
    for (const job of jobs) {
      deepEqual(taken(a, home).includes(2), true);
      a.detachPid(job.task, PIDTYPE_PGID);
      a.detachPid(job.task, PIDTYPE_SID);
      exit(a, job);
    }
    deepEqual(taken(a, home), [1]);
    equal(listed(a, home)[0], shell.pid);
  });
});
