import { PIDTYPE_PID, type PidAllocator, type PidAllocatorOptions, type PidRef, type TaskRef } from '@pidlab/contract';
import { deepEqual, during, equal, ok, type Refusal, refusal, show, throwsPidBug, throwsPidError } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { fork, newNs } from '../world.ts';

const BAD = 'the contract: PidAllocator: every function checks its arguments';

type Kind = 'pid' | 'ns' | 'task' | 'nr' | 'from' | 'type' | 'cursor' | 'pidMax' | 'flags' | 'setTid' | 'kill';

/** A function of the contract, and what its arguments are called and may be. */
interface Signature {
  readonly op: keyof PidAllocator;
  readonly args: readonly (readonly [name: string, kind: Kind])[];
}

const signature = (op: keyof PidAllocator, ...args: [string, Kind][]): Signature => ({ op, args });

const SIGNATURES: readonly Signature[] = [
  signature('lastPid', ['ns', 'ns']),
  signature('setLastPid', ['ns', 'ns'], ['nr', 'cursor']),
  signature('pidMax', ['ns', 'ns']),
  signature('setPidMax', ['ns', 'ns'], ['pidMax', 'pidMax']),
  signature('nextPidmap', ['ns', 'ns'], ['last', 'nr']),
  signature('allocPid', ['ns', 'ns'], ['setTid', 'setTid']),
  signature('freePid', ['pid', 'pid']),
  signature('getPid', ['pid', 'pid']),
  signature('putPid', ['pid', 'pid']),
  signature('pidCount', ['pid', 'pid']),
  signature('findPidNs', ['nr', 'nr'], ['ns', 'ns']),
  signature('findPid', ['nr', 'nr']),
  signature('findVpid', ['nr', 'nr'], ['viewer', 'task']),
  signature('findGetPid', ['nr', 'nr'], ['ns', 'ns']),
  signature('findGePid', ['nr', 'from'], ['ns', 'ns']),
  signature('pidNrNs', ['pid', 'pid'], ['ns', 'ns']),
  signature('pidNr', ['pid', 'pid']),
  signature('pidVnr', ['pid', 'pid'], ['viewer', 'task']),
  signature('pidNs', ['pid', 'pid']),
  signature('isContainerInit', ['pid', 'pid']),
  signature('freeTask', ['task', 'task']),
  signature('attachPid', ['task', 'task'], ['type', 'type'], ['pid', 'pid']),
  signature('detachPid', ['task', 'task'], ['type', 'type']),
  signature('transferPid', ['old', 'task'], ['next', 'task'], ['type', 'type']),
  signature('pidTask', ['pid', 'pid'], ['type', 'type']),
  signature('nextPidTask', ['task', 'task'], ['type', 'type']),
  signature('taskPid', ['task', 'task'], ['type', 'type']),
  signature('getTaskPid', ['task', 'task'], ['type', 'type']),
  signature('findTaskByPidTypeNs', ['type', 'type'], ['nr', 'nr'], ['ns', 'ns']),
  signature('findTaskByPid', ['nr', 'nr']),
  signature('findTaskByVpid', ['nr', 'nr'], ['viewer', 'task']),
  signature('findTaskByPidNs', ['nr', 'nr'], ['ns', 'ns']),
  signature('taskPidNrNs', ['task', 'task'], ['ns', 'ns']),
  signature('taskTgidNrNs', ['task', 'task'], ['ns', 'ns']),
  signature('taskPgrpNrNs', ['task', 'task'], ['ns', 'ns']),
  signature('taskSessionNrNs', ['task', 'task'], ['ns', 'ns']),
  signature('taskActivePidNs', ['task', 'task']),
  signature('copyPidNs', ['flags', 'flags'], ['old', 'ns']),
  signature('getPidNs', ['ns', 'ns']),
  signature('putPidNs', ['ns', 'ns']),
  signature('nsLevel', ['ns', 'ns']),
  signature('nsParent', ['ns', 'ns']),
  signature('childReaper', ['ns', 'ns']),
  signature('disablePidAllocation', ['ns', 'ns']),
  signature('zapPidNsProcesses', ['ns', 'ns'], ['kill', 'kill']),
];

/** Functions without arguments, and facts: nothing can be wrong with a call of them. */
const WITHOUT_ARGUMENTS: readonly (keyof PidAllocator)[] = [
  'traits',
  'initPidNs',
  'allocTask',
  'slabInfo',
  'stats',
  'checkInvariants',
  'snapshot',
];

const explode = (): never => {
  throw new Error('a bad argument’s code was run');
};

/** Never a number, whatever is asked for. Objects that would run code of the caller’s must not get to. */
function notNumbers(): unknown[] {
  return [
    undefined,
    null,
    true,
    false,
    '',
    'abc',
    '1',
    5n,
    Symbol('s'),
    {},
    [],
    [1],
    new Date(0),
    Object.create(null),
    Object(1),
    { valueOf: explode, toString: explode, [Symbol.toPrimitive]: explode, toJSON: explode },
    new Proxy({}, { get: explode, ownKeys: explode, getPrototypeOf: explode }),
  ];
}

const NOT_INTEGERS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0.5,
  1.5,
  -1.5,
  1e-300,
  2 ** 40 + 0.5,
];

/** Integers outside the range of each kind that has one. */
const OUTSIDE: Partial<Record<Kind, readonly number[]>> = {
  nr: [-1, -(2 ** 31), 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53, -(2 ** 53), 1e300],
  from: [-1, -(2 ** 31), 2 ** 31 + 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53, -(2 ** 53), 1e300],
  type: [-1, 4, 5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 32)],
  cursor: [-1, 2 ** 22, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53)],
  pidMax: [-1, 0, 2 ** 22 + 1, 2 ** 32 + 301, 2 ** 53],
};

/** Integers that are no handle of anything, near a real one and far from all. */
function notHandles(near: number): number[] {
  const numbers = [
    0,
    1,
    -1,
    2,
    63,
    64,
    65_536,
    2 ** 24,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    2 ** 52,
    2 ** 53 - 1,
    2 ** 53,
    -(2 ** 53),
    1e300,
  ];
  const lives = [near + 2 ** 24, near - 2 ** 24, near + 2 ** 25, near + 2 ** 32, -near];
  return [...numbers, ...lives];
}

/** A place in which there is one of each, gone ones included. */
function scene(t: Parameters<Chapter['define']>[0]) {
  const { a, home } = t.booted({ generationBase: 1000, capacity: 256, memory: 2 ** 20, namespaces: 4 });
  const { pid, task } = fork(a, home);
  const stalePid = a.allocPid(home);
  a.freePid(stalePid);
  const staleTask = a.allocTask();
  a.freeTask(staleTask);
  let staleNs = 0;
  if (t.level < t.traits.maxLevel) {
    staleNs = newNs(a, home);
    a.putPidNs(staleNs as never);
  }
  const other = t.booted({ generationBase: 7_000_000, capacity: 256, memory: 2 ** 20, namespaces: 4 });
  const foreign = fork(other.a, other.home);
  const good: Record<Kind, unknown> = {
    pid,
    ns: home,
    task,
    nr: 1,
    from: 1,
    type: PIDTYPE_PID,
    cursor: 5,
    pidMax: 1000,
    flags: 0,
    setTid: [777],
    kill: () => {},
  };
  const wrong: Partial<Record<Kind, readonly number[]>> = {
    pid: [stalePid, foreign.pid, task, home, a.initPidNs],
    task: [staleTask, foreign.task, pid, home, a.initPidNs],
    ns: [staleNs, other.home, pid, task],
  };
  return { a, home, good, wrong };
}

/** What may be handed in for this kind and is refused, with the error that is due. */
function badValues(
  kind: Kind,
  good: Record<Kind, unknown>,
  wrong: Partial<Record<Kind, readonly number[]>>,
): [unknown, Expected][] {
  const bug = (value: unknown): [unknown, Expected] => [value, 'PidBug'];
  const einval = (value: unknown): [unknown, Expected] => [value, 'EINVAL'];
  if (kind === 'kill') return [...notNumbers(), ...NOT_INTEGERS, 0, 5].map(bug);
  if (kind === 'setTid') {
    const lists = [['5'], [null], [undefined], [1.5], [Number.NaN], [5n], [Symbol('s')], [{}], [[5]], new Array(1)];
    const noLists = notNumbers().filter((value) => value !== undefined && !Array.isArray(value));
    return [...noLists, ...NOT_INTEGERS, 0, 5, explode, ...lists].map(bug).concat([[0], [-1], [2 ** 53]].map(einval));
  }
  const never = [...notNumbers(), explode, ...NOT_INTEGERS].map(bug);
  if (kind === 'pid' || kind === 'task' || kind === 'ns') {
    return [...never, ...notHandles(good[kind] as number).map(bug), ...(wrong[kind] ?? []).map(bug)];
  }
  return [...never, ...(OUTSIDE[kind] ?? []).map(einval)];
}

type Expected = 'PidBug' | 'EINVAL';

/** Calls with this one argument bad and the others good, and checks what is thrown. */
function tryBad(
  a: PidAllocator,
  { op, args }: Signature,
  at: number,
  value: unknown,
  expected: Expected,
  good: Record<Kind, unknown>,
): void {
  const values = args.map(([, kind]) => good[kind]);
  values[at] = value;
  const call = `${op}(${values.map(show).join(', ')})`;
  const body = (): unknown => (a[op] as (...given: unknown[]) => unknown)(...values);
  const refused = during(call, () => (expected === 'PidBug' ? throwsPidBug(body) : throwsPidError('EINVAL', body)));
  equal(refused.op, op, `${call} says that it was ${refused.op}`);
  namesIt(refused.message, args[at][0], value, call);
}

/** A message names the argument, its value, and says more than that. */
function namesIt(message: string, name: string, value: unknown, call: string): void {
  const about = `${call} says: ${message}`;
  ok(new RegExp(`\\b${name}\\b`).test(message), `${about}\n(it does not name the argument ${name})`);
  const primitive = typeof value !== 'object' && typeof value !== 'function' && value !== null;
  if (primitive && value !== '') {
    const shown = typeof value === 'bigint' ? String(value) : typeof value === 'string' ? value : String(value);
    ok(message.includes(shown), `${about}\n(it does not show the value ${shown})`);
  }
  ok(message.length - name.length > 30, `${about}\n(it does not say what is allowed)`);
}

/** All bad values for all arguments of one function; nothing may have changed after any of them. */
function tryAll(t: Parameters<Chapter['define']>[0], sign: Signature): void {
  const { a, good, wrong } = scene(t);
  const before = a.snapshot();
  for (const [at, [, kind]] of sign.args.entries()) {
    for (const [value, expected] of badValues(kind, good, wrong)) tryBad(a, sign, at, value, expected, good);
    ok(sameBytes(a.snapshot(), before), `${sign.op} changed something for a bad ${sign.args[at][0]}`);
  }
  deepEqual(a.checkInvariants().violations, []);
}

/** Byte for byte, without building a report of a mebibyte when it is not. */
function sameBytes(one: Uint8Array, two: Uint8Array): boolean {
  if (one.length !== two.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== two[i]) return false;
  return true;
}

const OPTIONS: readonly [name: keyof PidAllocatorOptions, bad: readonly unknown[]][] = [
  ['capacity', [0, -1, 2 ** 22 + 1, 2 ** 53]],
  ['namespaces', [-1, 131_073, 2 ** 32]],
  ['memory', [0, 1, 2 ** 20 - 1, 2 ** 30 + 1, -(2 ** 20)]],
  ['pidMax', [0, -1, 2 ** 22 + 1]],
  ['generationBase', [0, -1, 2 ** 29, 2 ** 53]],
  ['hash', ['', 'Kernel', 'linux', 0, 1]],
  [
    'floors',
    [
      5,
      'x',
      { root: 0, child: 1 },
      { root: 301, child: 1 },
      { root: 300, child: 301 },
      { root: 1.5, child: 1 },
      { root: 1, child: 'x' },
      { root: 1, child: 1, other: 1 },
    ],
  ],
];

/** Clauses 1 to 7 are about the whole. */
const FIRST_FUNCTION = 8;

export const badChapter: Chapter = chapter('BAD', 'Bad input', (t) => {
  const { clause, createByDefault } = t;

  /** What `createPidAllocator` says of these options, which look like `text`. */
  function refusedToCreate(text: string, options: unknown): Refusal {
    const call = `createPidAllocator(${text})`;
    const refused = during(call, () => throwsPidBug(() => createByDefault(options as PidAllocatorOptions)));
    equal(refused.op, 'createPidAllocator', `${call} says that it was ${refused.op}`);
    return refused;
  }

  clause(1, 'every function of the contract is there', { source: BAD, once: true }, () => {
    const a = createByDefault();
    const known = new Set<string>([...SIGNATURES.map(({ op }) => op), ...WITHOUT_ARGUMENTS]);
    for (const op of known) ok(op in a, `${op} is missing`);
    equal(known.size, SIGNATURES.length + WITHOUT_ARGUMENTS.length);
  });

  clause(
    2,
    'an option out of its range or of the wrong type is a PidBug that names it',
    { source: 'the contract: CreatePidAllocator', once: true },
    () => {
      for (const [name, outside] of OPTIONS) {
        const wrong = notNumbers().filter(
          (value) => value !== undefined && !(name === 'floors' && typeof value === 'object'),
        );
        const bad = name === 'floors' ? outside : [...outside, ...wrong, ...NOT_INTEGERS];
        for (const value of bad) {
          const text = `{ ${name}: ${name === 'floors' ? JSON.stringify(value) : show(value)} }`;
          const { message } = refusedToCreate(text, { [name]: value });
          const names = message.includes(name) || (name === 'floors' && /root|child|other/.test(message));
          ok(names, `createPidAllocator(${text}) does not name it: ${message}`);
        }
      }
    },
  );

  clause(
    3,
    'an unknown option is a PidBug that names it',
    { source: 'the contract: CreatePidAllocator', once: true },
    () => {
      for (const name of ['pidmax', 'Capacity', 'size', 'toString', '__proto__x', '']) {
        for (const value of [1, undefined]) {
          const text = `{ ${show(name)}: ${value} }`;
          const { message } = refusedToCreate(text, { [name]: value });
          ok(message.includes(name), `createPidAllocator(${text}) does not name it: ${message}`);
        }
      }
      refusedToCreate("{ [Symbol('capacity')]: 1 }", { [Symbol('capacity')]: 1 });
      const hidden = Object.defineProperty({ shared: false }, 'size', { value: 1, enumerable: false });
      refusedToCreate('{ size: 1 }, where size is not enumerable', hidden);
      createByDefault(Object.create({ size: 1, capacity: -1 }) as PidAllocatorOptions);
    },
  );

  clause(
    4,
    'options that are no object are a PidBug',
    { source: 'the contract: CreatePidAllocator', once: true },
    () => {
      for (const options of [null, 1, 'capacity', true, 5n, Symbol('s'), [], explode]) {
        refusedToCreate(show(options), options);
      }
    },
  );

  clause(
    5,
    'an option that is undefined is an option not given',
    { source: 'the contract: CreatePidAllocator', once: true },
    () => {
      const options = {
        capacity: undefined,
        pidMax: undefined,
        floors: undefined,
        hash: undefined,
        snapshot: undefined,
      };
      const a = createByDefault(options as unknown as PidAllocatorOptions);
      equal(a.pidMax(a.initPidNs), 32_768);
    },
  );

  clause(6, 'a call that was refused is as if it had not been: the next good one works', { source: BAD }, () => {
    const { a, home } = t.booted();
    const { pid, task } = fork(a, home);
    for (let i = 0; i < 20; i++) {
      refusal(() => a.attachPid(task, 9 as never, pid));
      refusal(() => a.findPidNs(-1, home));
      refusal(() => a.freePid(task as unknown as PidRef));
      refusal(() => a.freeTask(pid as unknown as TaskRef));
    }
    equal(a.findPidNs(2, home), pid);
    equal(a.pidTask(pid, PIDTYPE_PID), task);
    equal<number>(a.pidNrNs(a.allocPid(home), home), 3);
  });

  clause(7, 'missing arguments are refused like undefined ones, and surplus ones are ignored', { source: BAD }, () => {
    const { a, home, good } = scene(t);
    for (const { op, args } of SIGNATURES) {
      if (op === 'allocPid') continue;
      const call = a[op] as (...given: unknown[]) => unknown;
      throwsPidBug(() => call());
      throwsPidBug(() => call(...args.slice(0, -1).map(([, kind]) => good[kind])));
    }
    equal((a.nsLevel as (...given: unknown[]) => unknown)(home, 'surplus', explode), t.level);
  });

  // One clause for each function. A new function goes to the end of the list, so that ids stay.
  for (const [i, sign] of SIGNATURES.entries()) {
    const names = sign.args.map(([name]) => name).join(', ');
    clause(
      FIRST_FUNCTION + i,
      `${sign.op}(${names}) refuses everything that does not fit, says so, and changes nothing`,
      { source: BAD },
      () => tryAll(t, sign),
    );
  }
});
