/**
 * What `checkInvariants` says. In a table where all is well one thing is put wrong by hand, for each of its sentences: so that its
 * silence everywhere else means something.
 */
import { CLONE_NEWPID, PIDTYPE_PGID, PIDTYPE_PID, type TaskRef } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { createProcessTable, type ProcessTable, SIGCHLD, SIGKILL } from '../src/index.ts';
import { Namespace, PIDS, type Task } from '../src/task.ts';
import { createWorld, type P, subjects } from './worlds.ts';

const [subject] = subjects;

/** Some of everything, by the records themselves. */
interface Busy {
  readonly t: ProcessTable<string>;
  /** 1, with two zombies among its children. */
  readonly init: Task<string>;
  /** 2 and 3, one process. Its children are 4, 5, and a zombie, 6. */
  readonly p: Task<string>;
  readonly thread: Task<string>;
  readonly a: Task<string>;
  /** It has a child. */
  readonly b: Task<string>;
  readonly zombie: Task<string>;
  /** The inits of two namespaces, alone there. */
  readonly inner: Task<string>;
  readonly other: Task<string>;
  /** It has been reaped. */
  readonly gone: Task<string>;
}

function makeBusy(): Busy {
  const { t, init, box } = createWorld(subject);
  const of = (process: P): Task<string> => process as Task<string>;
  const p = of(t.fork(init));
  const thread = of(t.clone(p, { thread: true }));
  const [a, b, zombie] = [t.fork(p), t.fork(p), t.fork(p)].map(of);
  t.fork(b);
  const [inner, other, gone] = [box(), box(), t.fork(init)].map(of);
  for (const child of [gone, zombie]) t.exit(child, 0);
  t.wait4(init, -1);
  for (const child of [t.fork(init), t.fork(init)]) t.exit(child, 0);
  return { t, init: of(init), p, thread, a, b, zombie, inner, other, gone };
}

/** What is said, and what is put wrong so that it is. */
const complaints: readonly (readonly [sentence: string, damage: (busy: Busy) => unknown])[] = [
  ['task 2: it is dead and in the index', ({ p }) => (p.life = 'dead')],
  ['task 3: a further thread is a zombie', ({ thread }) => (thread.life = 'zombie')],
  ['task 6: it has ended, and would have children elsewhere', (busy) => (busy.zombie.childHome = busy.inner.home)],
  ['task 4: it is exiting, and nobody looks after that', ({ a }) => (a.life = 'exiting')],
  ['task 2: a zombie has children', ({ p }) => (p.life = 'zombie')],
  [
    'task 8: it is alive, and the init of a namespace that sees it has ended',
    ({ inner }) => (inner.home.init = undefined),
  ],
  ['task 2: it is alive, and the init of a namespace that sees it has ended', ({ init }) => (init.live = 0)],
  ['task 3: its process does not know it', ({ thread, a }) => (thread.older = a)],
  ['task 3: its process does not know it', ({ p }) => (p.others = undefined)],
  [
    'task 4: its pid of type 2 is another in the allocator',
    ({ t, a }) => t.allocator.attachPid(a.task, PIDTYPE_PGID, a.pid),
  ],
  ['task 4: it is not found as 4 at level 0', ({ t, a }) => hangStranger(t, a)],
  ["number 4 has a stranger's task", ({ t, a }) => hangStranger(t, a)],

  ['task 2: 2 threads are alive, and 3 counted', ({ p }) => p.live++],
  ['task 2: the table and the allocator differ about who the init is', ({ p }) => (p.isInit = true)],
  ['task 2: its namespace has another init', ({ p }) => (p.isInit = true)],
  ['task 2: it has no parent', ({ p }) => (p.realParent = undefined)],
  ['task 2: its parent does not know it', ({ p }) => (p.olderSibling = p)],
  ['task 2: its parent does not know it', ({ p, a }) => (p.realParent = a)],
  ['task 4: its parent is zombie', ({ p }) => (p.life = 'zombie')],
  ['task 4: it has ended, and the wait list differs', ({ a }) => (a.life = 'zombie')],
  ['task 4: it has not ended, and the wait list differs', ({ a }) => (a.waitable = true)],
  ['task 6: it has ended without a status', ({ zombie }) => (zombie.status = undefined)],
  ['task 4: its process group does not know it', ({ a }) => (a.older = undefined)],
  ['task 4: its session does not know its process group', ({ a }) => (a.pgrp.younger = a.pgrp)],
  ['task 4: somebody who is gone holds its session’s number', ({ a, gone }) => (a.pgrp.session.holder = gone)],
  ['task 2: a child has another parent', ({ a, b }) => (a.realParent = b)],
  ['task 2: its children are out of order', ({ a, b }) => ([a.childNr, b.childNr] = [b.childNr, a.childNr])],
  ['task 2: a zombie among its children is not found', ({ p, a }) => (p.brood!.zombie = a)],
  ['task 1: a zombie among its children is not found', ({ init }) => init.brood!.zombies!.set.clear()],
  ['task 5: 0 of its children are zombies, and 1 counted', ({ b }) => (b.brood!.zombieCount = 1)],

  ['group 1: 0 members are stopped, and 1 counted', ({ a }) => a.pgrp.stopped++],
  ['group 1: 0 members are tied, and 1 counted', ({ a }) => a.pgrp.ties++],
  ['group 1: others are marked as tied', ({ a }) => (a.tied = true)],
  [
    'task 4: its subreaper is another',
    ({ t, p, a }) => {
      t.setChildSubreaper(p, true);
      a.above = undefined;
    },
  ],

  ['a namespace is known by another’s handle', ({ inner, other }) => put(inner.home, { ref: other.home.ref })],
  ['a namespace’s init is in another', ({ inner, p }) => (inner.home.init = p)],
  [
    'somebody waits for a namespace to be empty who is not its init, or does not end',
    ({ inner, p }) => (inner.home.exiting = p),
  ],
  [
    'somebody waits for a namespace to be empty who is not its init, or does not end',
    ({ inner }) => (inner.home.exiting = inner),
  ],
  [
    'an init is alone, and waits',
    ({ inner }) => {
      inner.life = 'exiting';
      inner.home.exiting = inner;
    },
  ],
  ['1 hold a namespace, and 2 counted', ({ inner }) => inner.home.holders++],
  ['0 hold a namespace, and 1 counted', ({ inner, other }) => put(inner, { home: other.home, childHome: other.home })],
  ['0 make children in a namespace, and 1 counted', ({ inner }) => inner.home.makers++],
  ['a namespace that somebody holds is not known', (busy) => sendElsewhere(busy)],
  ['a namespace’s meter 0 says 2 of 1, and it is 1', ({ inner }) => inner.home.meters[PIDS].current++],
  ['a namespace’s meter 0 says 1 of 0, and it is 1', ({ inner }) => (inner.home.meters[PIDS].peak = 0)],
  ['a namespace’s meter 0 says 1 of 0, and it is 0', (busy) => sendElsewhere(busy).meters[PIDS].current++],

  ["number 13 is nobody's", ({ t, init }) => t.allocator.allocPid(init.pidNs)],
  ['the allocator has 12 tasks, the table 11', ({ t }) => t.allocator.allocTask()],
];

/** Hangs a task of nobody's on the number of `task`, before that. */
function hangStranger({ allocator: a }: ProcessTable<string>, { pid }: Task<string>): void {
  a.attachPid(a.allocTask(), PIDTYPE_PID, pid);
}

/** Sends the next child of `a` to a namespace that the table does not know. */
function sendElsewhere({ t, init, a }: Busy): Namespace<string> {
  a.childHome = new Namespace(t.allocator.copyPidNs(CLONE_NEWPID, init.pidNs), init.home);
  return a.childHome;
}

/** Puts what is read-only. */
function put<T extends object>(record: T, values: Partial<T>): void {
  Object.assign(record, values);
}

describe('checkInvariants', () => {
  for (const [sentence, damage] of complaints)
    test(sentence, () => {
      const busy = makeBusy();
      expect(busy.t.checkInvariants()).toEqual([]);
      damage(busy);
      expect(busy.t.checkInvariants()).toContain(sentence);
    });

  test('a number that is only a session’s is somebody’s', () => {
    const { t, init } = createWorld(subject);
    const founder = t.fork(init);
    t.setsid(founder);
    const member = t.fork(founder);
    t.setpgid(member, 0, 0);
    t.exit(founder, 0);
    t.wait4(init, 2);
    expect([t.getsid(member, 0), t.listProcesses(init.pidNs), t.checkInvariants()]).toEqual([2, [1, 3], []]);
  });

  test('an allocator that gives the same task again and again is found', () => {
    const allocator = subject.createPidAllocator({ capacity: 64 });
    let only: TaskRef | undefined;
    const t = createProcessTable({
      allocator: {
        ...allocator,
        allocTask() {
          only ??= allocator.allocTask();
          return only;
        },
        attachPid(task, type, pid) {
          if (allocator.taskPid(task, type) === undefined) allocator.attachPid(task, type, pid);
        },
      },
      initPayload: '',
    });
    for (let i = 0; i < 2; i++) t.fork(t.init);
    expect(t.checkInvariants()).toContain('the index has 2 tasks and counts 3');
  });

  test('an allocator that fails in the middle of a call leaves signals on their way', () => {
    const allocator = subject.createPidAllocator({ capacity: 64 });
    let isBroken = false;
    const t = createProcessTable({
      allocator: {
        ...allocator,
        freeTask(task) {
          if (isBroken) throw new Error('broken');
          allocator.freeTask(task);
        },
      },
      initPayload: '',
    });
    t.sigaction(t.init, SIGCHLD, 'ignore');
    t.fork(t.init);
    isBroken = true;
    expect(() => t.kill(t.init, 2, SIGKILL)).toThrow('broken');
    // SIGKILL, and the SIGCHLD that it caused.
    expect(t.checkInvariants()).toContain('2 signals have been left on their way');
  });
});
