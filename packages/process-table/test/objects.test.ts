/** What is handed in is not always what it should be: proxies, heirs, getters that call back, what cannot be read. */
import { PidBug } from '@pidlab/contract';
import { expect, test } from 'vitest';
import { createProcessTable, type Pidfd, SIGTERM } from '../src/index.ts';
import { bug, each, fails, type P } from './worlds.ts';

const revoked = (target: object): never => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy as never;
};
const angry = {
  get newPid(): never {
    throw new TypeError('not to be read');
  },
};

each('what looks like a process is none', ({ t, init }) => {
  const p = t.fork(init);
  const forged = [
    new Proxy(p, {}),
    Object.create(p),
    { ...p },
    Object.assign(Object.create(Object.getPrototypeOf(p)), p),
  ];
  for (const one of [...forged, revoked(p), null, undefined, 7, 10n, Symbol('p'), 'p', () => p] as P[]) {
    bug(t, () => t.fork(one));
    bug(t, () => t.exit(one, 0));
    bug(t, () => t.getpid(one));
    bug(t, () => t.signalFromOutside(one, SIGTERM));
    bug(t, () => t.isOrphanedGroup(one));
  }
});

each('what looks like a pidfd is none', ({ t, init }) => {
  t.fork(init);
  const fd = t.openPidfd(init, 2);
  for (const one of [Object.create(fd), new Proxy(fd, {}), { ...fd }, revoked(fd), null, undefined, 7] as Pidfd[]) {
    bug(t, () => t.closePidfd(one));
    bug(t, () => t.pidfdPid(init, one));
    bug(t, () => t.pidfdSendSignal(init, one, 0));
  }
  expect(t.allocator.pidCount(fd.pid)).toBe(2);
  t.closePidfd(fd);
  fails(t, 'EBADF', () => t.closePidfd(fd));
});

each('options are read once, and are the caller’s own', ({ t, init }) => {
  const read: string[] = [];
  const options = new Proxy(
    { newPid: true, setTid: [1], payload: 'box' },
    {
      get(target, name, receiver) {
        read.push(String(name));
        return Reflect.get(target, name, receiver);
      },
    },
  );
  expect(t.getpid(t.clone(init, options))).toBe(1);
  expect(read.sort()).toEqual(['newPid', 'payload', 'setTid']);
  const heir = Object.create({ newPid: true });
  expect(t.clone(init, heir).pidNs).toBe(init.pidNs);
});

each('what stands on Object.prototype is nobody’s option', ({ t, init, strategy }) => {
  const names = ['newPid', 'thread', 'parent', 'noCldWait', 'deliver', 'mayKill', 'isolation', 'pids'];
  const polluted = Object.prototype as Record<string, unknown>;
  for (const name of names)
    Object.defineProperty(polluted, name, { value: () => false, configurable: true, writable: true });
  try {
    const p = t.clone(init, {});
    expect([p.pidNs, p.leader, p.parent]).toEqual([init.pidNs, p, init]);
    const other = createProcessTable({ allocator: strategy.createPidAllocator({ capacity: 16 }), initPayload: 0 });
    const [a, b] = [other.fork(other.init), other.fork(other.init)];
    other.kill(a, other.getpid(b), SIGTERM);
    expect(b.state).toBe('zombie');
  } finally {
    for (const name of names) delete polluted[name];
  }
});

each('what cannot be read is a PidBug, and changes nothing', ({ t, init }) => {
  for (const options of [null, 7, 'newPid', revoked({}), angry, { newpid: true }, { setTid: revoked([]) }] as never[])
    bug(t, () => t.clone(init, options));
  for (const setTid of [7, 'a', {}, [1.5], ['1'], [2n], [undefined], new Float64Array(1)] as never[])
    bug(t, () => t.clone(init, { setTid }));
  for (const length of [33, 1_000_000]) fails(t, 'EINVAL', () => t.clone(init, { setTid: new Array(length).fill(9) }));
  for (const options of [null, 7, revoked({}), { thread: true, more: 1 }] as never[]) {
    bug(t, () => t.openPidfd(init, 1, options));
    bug(t, () => t.sigaction(init, SIGTERM, 'default', options));
  }
});

each('a getter that calls the table meets no half-done work', ({ t, init }) => {
  const made: P[] = [];
  const options = {
    get newPid(): boolean {
      made.push(t.fork(init));
      return false;
    },
  };
  const child = t.clone(init, options);
  expect([made.length, t.getpid(made[0]), t.getpid(child), t.size]).toEqual([1, 2, 3, 3]);
});

each('a getter that ends its own caller ends the call', ({ t, init }) => {
  const ways: Record<string, (p: P, end: () => boolean) => unknown> = {
    newPid: (p, end) => t.clone(p, Object.defineProperty({}, 'newPid', { get: end, enumerable: true })),
    thread: (p, end) => t.clone(p, Object.defineProperty({}, 'thread', { get: () => !end(), enumerable: true })),
    setTid: (p, end) => t.clone(p, { setTid: Object.defineProperty([300], 0, { get: () => Number(end()) + 300 }) }),
    limits: (p, end) =>
      t.clone(p, { newPid: true, limits: Object.defineProperty({}, 'pids', { get: () => Number(end()) }) }),
    pidfd: (p, end) => t.openPidfd(p, 1, Object.defineProperty({}, 'thread', { get: end })),
    sigaction: (p, end) => t.sigaction(p, SIGTERM, 'ignore', Object.defineProperty({}, 'noCldWait', { get: end })),
  };
  for (const [name, way] of Object.entries(ways)) {
    const box = t.clone(init, { newPid: true });
    const end = (): boolean => {
      t.exit(box, 0);
      t.wait4(init, -1);
      return false;
    };
    expect(() => way(box, end), name).toThrow(PidBug);
    expect([box.state, t.size, t.checkInvariants()], name).toEqual(['dead', 1, []]);
  }
  const box = t.clone(init, { newPid: true });
  const limits = {
    get pids(): number {
      t.exit(box, 0);
      t.wait4(init, -1);
      return 7;
    },
  };
  expect(() => t.setLimits(box.pidNs, limits)).toThrow('ESRCH');
});

each('what is no number is named, and none of its code is run', ({ t, init }) => {
  const wait = (pid: unknown): unknown => t.wait4(init, pid as never);
  expect(() => wait(() => 1)).toThrow('pid is a function; it has to be an integer');
  expect(() => wait(Symbol('1'))).toThrow('pid is a symbol; it has to be an integer');
  expect(() => wait(revoked({}))).toThrow('pid is an object; it has to be an integer');
  expect(() => wait(null)).toThrow('pid is null; it has to be an integer');
});

each('a bigint of millions of bits is refused as quickly as a small one', ({ t, init }) => {
  const huge = (1n << 20_000_000n) as never;
  bug(t, () => t.kill(init, huge, 0));
  bug(t, () => t.exit(init, huge));
  expect(() => t.wait4(init, huge)).toThrow('pid is a bigint; it has to be an integer');
  expect(() => t.wait4(init, 'x'.repeat(100) as never)).toThrow('pid is a long string');
});

each('a table wants an allocator, and options that can be read', ({ strategy }) => {
  const make = (options: unknown): unknown => createProcessTable(options as never);
  for (const options of [undefined, null, 7, {}, { allocator: {} }, { allocator: null }, revoked({})])
    expect(() => make(options)).toThrow(PidBug);
  const allocator = strategy.createPidAllocator({ capacity: 16 });
  for (const more of [{ isolation: 'none' }, { deliver: 7 }, { limits: 7 }, { limits: { pids: 'many' } }, { on: 1 }])
    expect(() => make({ allocator, initPayload: 0, ...more })).toThrow(PidBug);
  expect(() => make({ allocator, initPayload: 0, limits: { pids: -1 } })).toThrow('EINVAL');
  expect(allocator.stats()).toMatchObject({ pids: 0, tasks: 0 });
});

test('a process of another table is none of this one', () => {
  expect(() => createProcessTable(Object.create({ allocator: 1 }) as never)).toThrow(PidBug);
});
