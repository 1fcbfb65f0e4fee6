/** errors.md of the contract has a row for each failure that can be provoked, and no other; and a word on every function. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  CLONE_NEWPID,
  CLONE_THREAD,
  ERRNO,
  type NsRef,
  PIDTYPE_PID,
  type PidAllocator,
  PidBug,
  PidError,
  type PidRef,
  type PidType,
  type TaskRef,
} from '../packages/contract/dist/index.js';
import {
  attachPidAllocator as attachHierarchical,
  createPidAllocator as createHierarchical,
} from '../packages/core-hierarchical/dist/index.js';
import * as pidspace from '../packages/core-pidspace/dist/index.js';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'packages', 'contract', 'docs', 'errors.md'), 'utf8');
const SMALL = { memory: 2 ** 20, capacity: 16, namespaces: 4 };
const TOO_LARGE = 2 ** 31;

interface Bed {
  readonly a: PidAllocator;
  readonly ns: NsRef;
  readonly pid: PidRef;
  readonly task: TaskRef;
}

/** An allocator with a namespace, a pid in it, and a task that is its init. */
function bed(): Bed {
  const a = createHierarchical(SMALL);
  const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
  const pid = a.allocPid(ns);
  const task = a.allocTask();
  a.attachPid(task, PIDTYPE_PID, pid);
  return { a, ns, pid, task };
}

/** An allocator for so many workers. */
function shared(workers: number): PidAllocator {
  return createHierarchical({ ...SMALL, shared: true, workers });
}

function forever(act: () => unknown): never {
  for (;;) act();
}

const badType = 9 as PidType;

/** For each row of the first table, everything that its third column says. */
const errors: [code: keyof typeof ERRNO, op: string, ...provocations: ((bed: Bed) => unknown)[]][] = [
  ['EAGAIN', 'attachPidAllocator', () => attachHierarchical(shared(1).share())],
  ['EINVAL', 'declareGone', () => shared(2).declareGone(2), () => shared(2).declareGone(-1)],
  [
    'EAGAIN',
    'allocPid',
    ({ a, ns }) => {
      a.setPidMax(ns, 301);
      forever(() => a.allocPid(ns));
    },
    ({ a, ns }) => {
      a.setPidMax(a.initPidNs, 301);
      forever(() => a.allocPid(ns));
    },
  ],
  [
    'ENOMEM',
    'allocPid',
    ({ a }) => {
      a.setPidMax(a.initPidNs, 4_194_304);
      forever(() => a.allocPid(a.initPidNs));
    },
    ({ a, ns }) => {
      a.disablePidAllocation(ns);
      a.allocPid(ns);
    },
    ({ a, ns }) => {
      a.zapPidNsProcesses(ns, () => {});
      a.allocPid(ns);
    },
  ],
  ['ENOMEM', 'allocTask', ({ a }) => forever(() => a.allocTask())],
  ['ENOMEM', 'copyPidNs', ({ a }) => forever(() => a.copyPidNs(CLONE_NEWPID, a.initPidNs))],
  [
    'ENOMEM',
    'pidspaceInit',
    () => {
      const a = pidspace.createPidAllocator({ memory: 2 ** 20, capacity: 16 });
      for (let space = 1; space < 512; space++) a.pidspaceInit(space);
    },
  ],
  [
    'EBUSY',
    'pidspaceInit',
    () => pidspace.createPidAllocator(SMALL).pidspaceInit(0),
    () => {
      const a = pidspace.createPidAllocator(SMALL);
      a.pidspaceInit(5);
      a.pidspaceInit(5);
    },
  ],
  ['EEXIST', 'allocPid', ({ a, ns }) => a.allocPid(ns, [1])],
  [
    'EINVAL',
    'allocPid',
    ({ a, ns }) => a.allocPid(ns, [5, 1, 1]),
    ({ a, ns }) => a.allocPid(ns, [0]),
    ({ a, ns }) => {
      a.setPidMax(ns, 400);
      a.allocPid(ns, [400]);
    },
    ({ a }) => a.allocPid(a.copyPidNs(CLONE_NEWPID, a.initPidNs), [2]),
  ],
  [
    'EINVAL',
    'copyPidNs',
    ({ a, ns }) => a.copyPidNs(CLONE_NEWPID | CLONE_THREAD, ns),
    ({ a, ns }) => a.copyPidNs(-1, ns),
    ({ a, ns }) => a.copyPidNs(2 ** 32, ns),
  ],
  ['EINVAL', 'setLastPid', ({ a, ns }) => a.setLastPid(ns, -1), ({ a, ns }) => a.setLastPid(ns, 4_194_304)],
  ['EINVAL', 'setPidMax', ({ a, ns }) => a.setPidMax(ns, 0), ({ a, ns }) => a.setPidMax(ns, 4_194_305)],
  ['EINVAL', 'findGePid', ({ a, ns }) => a.findGePid(-1, ns), ({ a, ns }) => a.findGePid(TOO_LARGE + 1, ns)],
  ['EINVAL', 'nextPidmap', ({ a, ns }) => a.nextPidmap(ns, -1), ({ a, ns }) => a.nextPidmap(ns, TOO_LARGE)],
  ...(['findPidNs', 'findGetPid', 'findTaskByPidNs'] as const).map(
    (op): [keyof typeof ERRNO, string, ...((bed: Bed) => unknown)[]] => [
      'EINVAL',
      op,
      ({ a, ns }) => a[op](-1, ns),
      ({ a, ns }) => a[op](TOO_LARGE, ns),
    ],
  ),
  ...(['findPid', 'findTaskByPid'] as const).map((op): [keyof typeof ERRNO, string, ...((bed: Bed) => unknown)[]] => [
    'EINVAL',
    op,
    ({ a }) => a[op](-1),
    ({ a }) => a[op](TOO_LARGE),
  ]),
  ...(['findVpid', 'findTaskByVpid'] as const).map((op): [keyof typeof ERRNO, string, ...((bed: Bed) => unknown)[]] => [
    'EINVAL',
    op,
    ({ a, task }) => a[op](-1, task),
    ({ a, task }) => a[op](TOO_LARGE, task),
  ]),
  [
    'EINVAL',
    'findTaskByPidTypeNs',
    ({ a, ns }) => a.findTaskByPidTypeNs(PIDTYPE_PID, -1, ns),
    ({ a, ns }) => a.findTaskByPidTypeNs(badType, 1, ns),
  ],
  ['EINVAL', 'attachPid', ({ a, pid }) => a.attachPid(a.allocTask(), badType, pid)],
  ['EINVAL', 'detachPid', ({ a, task }) => a.detachPid(task, badType)],
  ['EINVAL', 'transferPid', ({ a, task }) => a.transferPid(task, a.allocTask(), badType)],
  ['EINVAL', 'pidTask', ({ a, pid }) => a.pidTask(pid, badType)],
  ...(['nextPidTask', 'taskPid', 'getTaskPid'] as const).map(
    (op): [keyof typeof ERRNO, string, ...((bed: Bed) => unknown)[]] => [
      'EINVAL',
      op,
      ({ a, task }) => a[op](task, badType),
    ],
  ),
  [
    'EINVAL',
    'pidspaceInit',
    () => pidspace.createPidAllocator(SMALL).pidspaceInit(-1),
    () => pidspace.createPidAllocator(SMALL).pidspaceInit(512),
  ],
  ['EINVAL', 'pidspaceFree', () => pidspace.createPidAllocator(SMALL).pidspaceFree(512)],
  ['EINVAL', 'pidToPidspace', () => pidspace.pidToPidspace(-1)],
  ['EINVAL', 'pidspacePidToVpid', () => pidspace.pidspacePidToVpid(TOO_LARGE)],
  [
    'EINVAL',
    'pidspaceVpidToPid',
    () => pidspace.pidspaceVpidToPid(512, 1),
    () => pidspace.pidspaceVpidToPid(1, 4_194_304),
  ],
  [
    'ENOSPC',
    'copyPidNs',
    ({ a, ns }) => {
      let at = ns;
      forever(() => {
        at = a.copyPidNs(CLONE_NEWPID, at);
      });
    },
    () => {
      const a = pidspace.createPidAllocator();
      forever(() => a.copyPidNs(CLONE_NEWPID, a.initPidNs));
    },
  ],
];

/** For each row of the second table, what it says beside wrong handles and numbers. */
const bugs: [op: string, ...provocations: ((bed: Bed) => unknown)[]][] = [
  [
    'createPidAllocator',
    () => createHierarchical({ size: 5 } as object),
    () => createHierarchical({ capacity: 0 }),
    ({ a }) => createHierarchical({ snapshot: a.snapshot(), capacity: 5 }),
    ({ a }) => createHierarchical({ snapshot: a.snapshot().subarray(4) }),
    ({ a }) => createHierarchical({ snapshot: a.snapshot().fill(1, 8_000, 8_010) }),
    () => createHierarchical({ snapshot: pidspace.createPidAllocator(SMALL).snapshot() }),
    () => createHierarchical({ memory: 2 ** 20, capacity: 4_194_304 }),
    () => createHierarchical({ workers: 4 }),
    ({ a }) => createHierarchical({ snapshot: a.snapshot(), shared: true }),
  ],
  ['allocPid', ({ a, ns }) => a.allocPid(ns, 5 as unknown as number[])],
  [
    'freePid',
    ({ a, pid }) => a.freePid(pid),
    ({ a, ns }) => {
      const pid = a.getPid(a.allocPid(ns));
      a.freePid(pid);
      a.freePid(pid);
    },
  ],
  ['putPid', ({ a, pid }) => a.putPid(pid)],
  [
    'attachPidAllocator',
    () => attachHierarchical({ ...shared(2).share(), capacity: 17 }),
    () => attachHierarchical({ ...shared(2).share(), workers: 3 }),
    () => attachHierarchical({ ...shared(2).share(), version: 0 }),
    () => attachHierarchical({ ...shared(2).share(), buffer: new SharedArrayBuffer(4096) }),
    () => attachHierarchical(pidspace.createPidAllocator({ ...SMALL, shared: true }).share()),
  ],
  ['share', ({ a }) => a.share()],
  ['detach', ({ a }) => a.detach()],
  ['declareGone', ({ a }) => a.declareGone(1), () => shared(2).declareGone(0), () => shared(2).declareGone(1)],
  ['freeTask', ({ a, task }) => a.freeTask(task)],
  [
    'attachPid',
    ({ a, task, pid }) => a.attachPid(task, PIDTYPE_PID, pid),
    ({ a, ns }) => {
      const pid = a.getPid(a.allocPid(ns));
      a.freePid(pid);
      a.attachPid(a.allocTask(), PIDTYPE_PID, pid);
    },
  ],
  ['detachPid', ({ a }) => a.detachPid(a.allocTask(), PIDTYPE_PID)],
  [
    'transferPid',
    ({ a, task }) => a.transferPid(a.allocTask(), task, PIDTYPE_PID),
    ({ a, task }) => a.transferPid(task, task, PIDTYPE_PID),
  ],
  [
    'putPidNs',
    ({ a, ns }) => {
      a.putPidNs(ns);
      a.putPidNs(ns);
    },
  ],
  ['zapPidNsProcesses', ({ a, ns }) => a.zapPidNsProcesses(ns, undefined as never)],
  [
    'pidspaceFree',
    () => pidspace.createPidAllocator(SMALL).pidspaceFree(3),
    () => pidspace.createPidAllocator(SMALL).pidspaceFree(0),
    () => {
      const a = pidspace.createPidAllocator(SMALL);
      a.allocPid(a.pidspaceInit(3));
      a.pidspaceFree(3);
      a.pidspaceFree(3);
    },
  ],
];

function thrownBy(act: (bed: Bed) => unknown): unknown {
  try {
    act(bed());
  } catch (error) {
    return error;
  }
  return undefined;
}

const [errorTable, bugTable] = ['## PidError', '## PidBug'].map((heading) =>
  page.slice(page.indexOf(heading), page.indexOf('\n## ', page.indexOf(heading) + 1)),
);
const cells = (table: string): string[][] => [...table.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row.split(' | '));
/** The functions that a cell names. */
const opsIn = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, op]) => op);

describe('errors.md: PidError', () => {
  const rows = cells(errorTable).filter(([code]) => Object.hasOwn(ERRNO, code));

  test('every code has its number', () => {
    expect([...new Set(rows.map(([code]) => code))].sort()).toEqual(Object.keys(ERRNO).sort());
    for (const [code, errno] of rows)
      expect(Number(errno.replace('−', '-')), code).toBe(ERRNO[code as keyof typeof ERRNO]);
  });

  test('the rows are the failures that there are', () => {
    const named = new Set(rows.flatMap(([code, , op]) => opsIn(op).map((name) => `${code} ${name}`)));
    const provoked = errors.map(([code, op]) => `${code} ${op}`);
    expect([...named].sort()).toEqual(provoked.sort());
    const withoutOp = rows.filter(([, , op]) => opsIn(op).length === 0).map(([code]) => code);
    expect(withoutOp).toEqual([...new Set(withoutOp)]);
  });

  for (const [code, op, ...provocations] of errors) {
    test(`${code} ${op}`, () => {
      for (const provoke of provocations) {
        const error = thrownBy(provoke);
        expect(error).toBeInstanceOf(PidError);
        expect(error).toMatchObject({ code, op, errno: ERRNO[code] });
      }
    });
  }
});

describe('errors.md: PidBug', () => {
  const contract = readFileSync(join(root, 'packages', 'contract', 'src', 'allocator.ts'), 'utf8');
  const functions = [...contract.matchAll(/^ {2}(\w+)\(/gm)].map(([, op]) => op);

  test('every function of the contract is named', () => {
    expect(functions.length).toBeGreaterThan(40);
    const named = cells(bugTable).flatMap(([ops]) => opsIn(ops));
    const without = ['allocTask', 'slabInfo', 'stats', 'checkInvariants', 'snapshot'];
    const others = ['createPidAllocator', 'attachPidAllocator', 'pidspaceFree'];
    expect([...named, ...without].sort()).toEqual([...functions, ...others].sort());
    for (const op of without) expect(bugTable).toContain(`\`${op}\``);
  });

  for (const [op, ...provocations] of bugs) {
    test(op, () => {
      for (const provoke of provocations) {
        const error = thrownBy(provoke);
        expect(error).toBeInstanceOf(PidBug);
        expect(error).toMatchObject({ op });
      }
    });
  }

  test('every function that takes an argument refuses one of the wrong type', () => {
    const { a } = bed();
    const without = ['allocTask', 'slabInfo', 'stats', 'checkInvariants', 'snapshot'];
    for (const op of functions) {
      if (without.includes(op)) continue;
      const call = a[op as keyof PidAllocator] as (...args: unknown[]) => unknown;
      expect(() => call('x', 'x', 'x'), op).toThrow(PidBug);
    }
  });
});
