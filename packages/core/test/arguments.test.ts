import {
  CLONE_NEWPID,
  PIDTYPE_PID,
  type PidAllocator,
  type PidAllocatorOptions,
  PidBug,
  PidError,
  type PidRef,
} from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { describe as inWords } from '../src/border/arguments.ts';
import { bind } from '../src/border/bind.ts';
import { createState } from '../src/border/create.ts';
import { readOptions } from '../src/border/options.ts';
import { makeBusy } from './busy.ts';
import { at, bug, design, type Made, make } from './design.ts';

function explode(): never {
  throw new Error('the caller’s code ran');
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What is no handle and no number, and does not like to be asked what else it is. */
const HOSTILE: readonly unknown[] = [
  undefined,
  null,
  true,
  '1',
  '',
  5n,
  -1n,
  2n ** 70n,
  Symbol('s'),
  Symbol(),
  Symbol.iterator,
  explode,
  {},
  [],
  [1],
  Object(1),
  Object.create(null),
  { valueOf: explode, toString: explode, toJSON: explode, [Symbol.toPrimitive]: explode },
  new Proxy({}, { get: explode, has: explode, ownKeys: explode, getPrototypeOf: explode }),
  revoked(),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0.5,
  -0.5,
  Number.MIN_VALUE,
];

/** The same words as `words`, whatever `run` throws. */
function unchanged(words: Int32Array, run: () => void): void {
  const before = words.slice();
  run();
  expect(Buffer.compare(Buffer.from(words.buffer as ArrayBuffer), Buffer.from(before.buffer))).toBe(0);
}

describe('hostile arguments', () => {
  const b = makeBusy();
  const good: Readonly<Record<string, unknown>> = {
    ns: b.child,
    pid: b.idle,
    task: b.tasks[3],
    type: PIDTYPE_PID,
    nr: 5,
    flags: CLONE_NEWPID,
  };
  /** Every function and what it is called with. */
  const functions: Readonly<Partial<Record<keyof PidAllocator, readonly string[]>>> = {
    ...{ lastPid: ['ns'], setLastPid: ['ns', 'nr'], pidMax: ['ns'], setPidMax: ['ns', 'nr'], nextPidmap: ['ns', 'nr'] },
    ...{ allocPid: ['ns'], freePid: ['pid'], getPid: ['pid'], putPid: ['pid'], pidCount: ['pid'] },
    ...{ findPidNs: ['nr', 'ns'], findPid: ['nr'], findVpid: ['nr', 'task'], findGetPid: ['nr', 'ns'] },
    ...{ findGePid: ['nr', 'ns'], pidNrNs: ['pid', 'ns'], pidNr: ['pid'], pidVnr: ['pid', 'task'], pidNs: ['pid'] },
    ...{
      isContainerInit: ['pid'],
      freeTask: ['task'],
      attachPid: ['task', 'type', 'pid'],
      detachPid: ['task', 'type'],
    },
    ...{ transferPid: ['task', 'task', 'type'], pidTask: ['pid', 'type'], nextPidTask: ['task', 'type'] },
    ...{ taskPid: ['task', 'type'], getTaskPid: ['task', 'type'], findTaskByPidTypeNs: ['type', 'nr', 'ns'] },
    ...{ findTaskByPid: ['nr'], findTaskByVpid: ['nr', 'task'], findTaskByPidNs: ['nr', 'ns'] },
    ...{ taskPidNrNs: ['task', 'ns'], taskTgidNrNs: ['task', 'ns'], taskPgrpNrNs: ['task', 'ns'] },
    ...{ taskSessionNrNs: ['task', 'ns'], taskActivePidNs: ['task'], copyPidNs: ['flags', 'ns'], getPidNs: ['ns'] },
    ...{ putPidNs: ['ns'], nsLevel: ['ns'], nsParent: ['ns'], childReaper: ['ns'], disablePidAllocation: ['ns'] },
  };
  const noArguments = ['allocTask', 'slabInfo', 'stats', 'checkInvariants', 'snapshot', 'zapPidNsProcesses'].concat([
    ...['share', 'detach', 'declareGone'],
  ]);

  test('the list of functions is whole', () => {
    const names = Object.entries(b.a).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
    expect([...Object.keys(functions), ...noArguments].sort()).toEqual(names.sort());
  });

  test.each(Object.entries(functions))('%s(%s) refuses each, runs none of it, changes nothing', (name, params) => {
    const call = b.a[name as keyof PidAllocator] as (...args: unknown[]) => unknown;
    unchanged(b.s.words, () => {
      for (let i = 0; i < params.length; i++) {
        const hostile = ['ns', 'pid', 'task'].includes(params[i])
          ? [...HOSTILE, 0, -0, -1, 1, 2 ** 31, 2 ** 52, 2 ** 53 + 2]
          : HOSTILE;
        for (const value of hostile) {
          const args = params.map((param, j) => (j === i ? value : good[param]));
          const { op } = bug(() => call(...args));
          expect(op).toBe(name);
        }
      }
    });
  });

  test('handles of one kind are refused for another, and it says which it is', () => {
    const { a, root, idle, tasks } = b;
    expect(bug(() => a.pidCount(root as unknown as PidRef)).message).toMatch(
      /which is a namespace; .* live pid handle/,
    );
    expect(bug(() => a.pidCount(tasks[0] as unknown as PidRef)).message).toMatch(/which is a task/);
    expect(bug(() => a.nsLevel(idle as unknown as typeof root)).message).toMatch(/which is a pid/);
  });

  test('no word of the block can be named by a handle, except the records in use', () => {
    const { s, a } = makeBusy();
    const live = new Set<number>();
    for (let word = 0; word < s.words.length; word += 16) {
      for (const generation of [s.words[word] & 0x1fff_ffff, 1000, 0, 1]) {
        const handle = generation * 2 ** 24 + (word >>> 4);
        for (const call of [a.pidCount, a.nsLevel, a.taskActivePidNs] as ((handle: never) => unknown)[]) {
          try {
            call(handle as never);
            live.add(word);
          } catch (error) {
            if (!(error instanceof PidBug)) throw error;
          }
        }
      }
    }
    const { pids, tasks, namespaces } = a.stats();
    expect(live.size).toBe(pids + tasks + namespaces);
  });

  test('-0 is 0', () => {
    const { a, root } = b;
    expect(a.findPidNs(-0, root)).toBeUndefined();
    expect(a.findGePid(-0, root)).toBe(a.findGePid(0, root));
    expect(a.nextPidmap(root, -0)).toBe(1);
    const fresh = make();
    fresh.a.setLastPid(fresh.a.initPidNs, -0);
    expect(Object.is(fresh.a.lastPid(fresh.a.initPidNs), 0)).toBe(true);
    expect(() => a.allocPid(root, [-0])).toThrow(/EINVAL: setTid\[0\] is 0/);
  });
});

/** A revoked proxy cannot even be asked whether it is a list; it is none to allocPid. */
function isList(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

describe('hostile lists of chosen numbers', () => {
  const b = makeBusy();

  test.each([
    ['no array', HOSTILE.filter((value) => value !== undefined && !isList(value))],
    ['an array of what is no number', HOSTILE.map((value) => [value])],
    ['a hole', [new Array(1), Object.assign([1], { length: 2 })]],
  ])('%s is refused', (_, lists) => {
    unchanged(b.s.words, () => {
      for (const list of lists) expect(bug(() => b.a.allocPid(b.grandchild, list as number[])).op).toBe('allocPid');
    });
  });

  test('a list is read by its places, whatever its iterator would say', () => {
    class Endless extends Array<number> {
      override *[Symbol.iterator](): ArrayIterator<number> {
        for (;;) yield 1;
      }
    }
    unchanged(b.s.words, () => {
      expect(bug(() => b.a.allocPid(b.grandchild, Endless.from([1.5]))).message).toContain('setTid[0] is 1.5');
    });
  });

  test('a list too long is EINVAL before anything of it is read', () => {
    const sparse: number[] = [];
    sparse.length = 2 ** 32 - 1;
    Object.defineProperty(sparse, 0, { get: explode });
    unchanged(b.s.words, () => {
      expect(() => b.a.allocPid(b.root, sparse)).toThrow(PidError);
      expect(() => b.a.allocPid(b.root, new Array(34).fill(1))).toThrow(PidError);
    });
  });

  test('a getter that throws comes through, and nothing has changed', () => {
    const list = Object.defineProperty([1], 0, { get: explode });
    unchanged(b.s.words, () => expect(() => b.a.allocPid(b.root, list)).toThrow('the caller’s code ran'));
  });

  test('a subclass is a list like any other', () => {
    class Numbers extends Array<number> {}
    const { a } = make();
    expect(a.pidNr(a.allocPid(a.initPidNs, Numbers.of(1)))).toBe(1);
  });

  test('a getter that ends the namespace meets a stale handle, not a dead record', () => {
    const { s, a } = make();
    const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
    const sly = Object.defineProperty([1], 0, {
      get() {
        a.putPidNs(ns);
        return 1;
      },
    });
    expect(bug(() => a.allocPid(ns, sly)).message).toMatch(/^allocPid: ns is \d+, which is stale or foreign/);
    expect(a.checkInvariants().violations).toEqual([]);
    expect(s.words[at(ns)] >>> 29).toBe(0);
  });

  test('a getter that takes the number first, fills the map or closes the namespace is met as if it had been earlier', () => {
    const { a } = make();
    const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
    const list = (run: () => void) =>
      Object.defineProperty([1], 0, {
        get() {
          run();
          return 1;
        },
      });
    expect(() =>
      a.allocPid(
        ns,
        list(() => void a.allocPid(ns)),
      ),
    ).toThrow(/EEXIST/);
    expect(() =>
      a.allocPid(
        ns,
        list(() => a.disablePidAllocation(ns)),
      ),
    ).toThrow(/ENOMEM/);
    expect(a.checkInvariants().violations).toEqual([]);
  });
});

describe('hostile options', () => {
  const create = (options: unknown) => make(options as PidAllocatorOptions);

  test.each(['capacity', 'namespaces', 'memory', 'pidMax', 'generationBase', 'hash', 'snapshot'])(
    '%s refuses each',
    (name) => {
      for (const value of HOSTILE) {
        if (value === undefined) continue;
        const { message } = bug(() =>
          create({ memory: undefined, capacity: undefined, generationBase: undefined, [name]: value }),
        );
        expect(message).toContain(`createPidAllocator: ${name} `);
      }
    },
  );

  test('floors refuses each, and each in it', () => {
    for (const value of HOSTILE) {
      const isObject = typeof value === 'object' && value !== null;
      if (value !== undefined && !isObject)
        expect(bug(() => create({ floors: value })).message).toMatch(/: floors is /);
      if (value !== undefined) expect(bug(() => create({ floors: { root: value } })).message).toMatch(/: root is /);
    }
    for (const floor of [0, -0, 301, -1]) expect(() => create({ floors: { child: floor } })).toThrow(PidBug);
  });

  test.each([
    ['capacity', [0, 4_194_305]],
    ['namespaces', [-1, 131_073]],
    ['memory', [2 ** 20 - 1, 2 ** 30 + 1]],
    ['pidMax', [0, 4_194_305]],
    ['generationBase', [0, 2 ** 29]],
  ])('%s outside its range is refused with the range', (name, values) => {
    for (const value of values)
      expect(bug(() => create({ [name]: value })).message).toMatch(/integer in \[\d+, \d+\]$/);
  });

  test('a revoked proxy is no object that could be read', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(bug(() => createWith(proxy)).message).toMatch(/options cannot be read/);
    expect(bug(() => create({ floors: proxy })).message).toMatch(/floors cannot be read/);
  });

  test('a getter that throws comes through', () => {
    expect(() =>
      createWith({
        get pidMax(): number {
          return explode();
        },
      }),
    ).toThrow('the caller’s code ran');
  });

  test('unknown names, symbols among them, and __proto__ are refused', () => {
    for (const options of [{ size: 1 }, { [Symbol('capacity')]: 1 }, JSON.parse('{"__proto__":1}')]) {
      expect(bug(() => createWith(options)).message).toMatch(/which is unknown; known are capacity, /);
    }
  });

  test('what only looks like a snapshot is refused, and nothing of a subclass runs', () => {
    expect(bug(() => createWith({ snapshot: Object.create(Uint8Array.prototype) })).message).toMatch(/Uint8Array/);
    expect(bug(() => createWith({ snapshot: new DataView(new ArrayBuffer(8)) })).message).toMatch(/Uint8Array/);
    class Sly extends Uint8Array {
      override [Symbol.iterator](): never {
        return explode();
      }
    }
    const whole = makeBusy().a.snapshot();
    expect(createWith({ snapshot: new Sly(whole.buffer as ArrayBuffer) }).a.snapshot()).toEqual(whole);
    const shared = new Uint8Array(new SharedArrayBuffer(whole.length + 1), 1);
    shared.set(whole);
    expect(createWith({ snapshot: shared }).a.snapshot()).toEqual(whole);
    structuredClone(whole.buffer, { transfer: [whole.buffer as ArrayBuffer] });
    expect(bug(() => createWith({ snapshot: whole })).message).toMatch(/0 bytes are not a whole snapshot/);
  });

  test('a Uint8Array is asked for its bytes, not for what it says of itself', () => {
    const whole = makeBusy().a.snapshot();
    let asked = 0;
    class Liar extends Uint8Array {
      override get length(): number {
        return asked++ === 0 ? 0 : explode();
      }
      override get buffer(): ArrayBuffer {
        return explode();
      }
    }
    const lying = Object.defineProperty(Uint8Array.from(whole), 'length', { get: () => (asked++ === 0 ? 0 : 1e9) });
    for (const snapshot of [new Liar(whole.buffer as ArrayBuffer), lying]) {
      expect(createWith({ snapshot }).a.snapshot()).toEqual(whole);
    }
    expect(asked).toBe(0);
    const posing = Object.setPrototypeOf(new Uint16Array(whole), Uint8Array.prototype);
    for (const snapshot of [posing, new Proxy(whole, {}), revoked()]) {
      expect(bug(() => createWith({ snapshot })).message).toMatch(/: snapshot is an object; it has to be a Uint8Array/);
    }
  });

  test.each([
    ['shared', true],
    ['pidMax', 400],
    ['snapshot', new Uint8Array(8)],
    ['root', 5],
  ])('%s is not obeyed when Object.prototype has it', (name, value) => {
    const plain = readOptions(design, { generationBase: 1000 });
    Object.defineProperty(Object.prototype, name, { value, configurable: true });
    try {
      expect(readOptions(design, { generationBase: 1000 })).toEqual(plain);
      expect(readOptions(design, { generationBase: 1000, floors: {} })).toEqual(plain);
      const { a } = createWith({ memory: 2 ** 20, capacity: 1 });
      expect(a.pidMax(a.initPidNs)).toBe(32_768);
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
  });

  test('nothing may stand beside a snapshot, except what is undefined', () => {
    const { a } = makeBusy();
    const snapshot = a.snapshot();
    expect(bug(() => createWith({ snapshot, pidMax: 400 })).message).toMatch(/snapshot stands beside pidMax/);
    expect(createWith({ snapshot, pidMax: undefined }).a.stats()).toEqual(a.stats());
  });

  test('a block too small for its tables is refused, and says what to do', () => {
    expect(bug(() => create({ memory: 2 ** 20, capacity: 4_194_304 })).message).toMatch(
      /raise memory or lower capacity/,
    );
  });

  /** Exactly these options. */
  function createWith(options: unknown): Made {
    const s = createState(design, readOptions(design, options));
    return { s, a: bind(s) };
  }
});

describe('words for values', () => {
  test('are made of nothing of the caller’s', () => {
    expect(HOSTILE.map(inWords)).toEqual([
      ...[
        'undefined',
        'null',
        'true',
        '"1"',
        '""',
        '5n',
        '-1n',
        `${2n ** 70n}n`,
        'Symbol(s)',
        'Symbol()',
        'Symbol(Symbol.iterator)',
      ],
      ...['a function', ...Array(8).fill('an object')],
      ...['NaN', 'Infinity', '-Infinity', '0.5', '-0.5', '5e-324'],
    ]);
    expect(inWords('x'.repeat(100))).toBe(`"${'x'.repeat(40)}…"`);
    expect(inWords(Symbol('x'.repeat(100)))).toBe(`Symbol(${'x'.repeat(40)}…)`);
  });

  test('a BigInt is not written out when it is long', () => {
    const written = (bits: bigint) => [inWords(1n << bits), inWords(-1n << bits)];
    expect(written(127n)).toEqual([`${2n ** 127n}n`, `-${2n ** 127n}n`]);
    expect(written(20_000_000n)).toEqual(Array(2).fill('a BigInt of more than 128 bits'));
  });
});
