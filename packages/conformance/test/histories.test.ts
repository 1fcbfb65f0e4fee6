import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { Call, Initial, Result, Space } from '../src/histories/calls.ts';
import type { Event, Lanes } from '../src/histories/history.ts';
import { DONE, explain, type Specification } from '../src/histories/search.ts';
import { pidSpecification } from '../src/histories/spec.ts';

const SPACES: readonly Space[] = [
  { floor: 299, end: 301, maps: [0], isSmall: true },
  { floor: 299, end: 301, maps: [1, 0], isSmall: true },
];
const [ROOT, CHILD] = [0, 1];
const [A, B, C] = [1000, 1001, 1002];
const THERE: Initial = { pid: A, ns: ROOT, nrs: [299], count: 1 };
const DEEP: Initial = { pid: A, ns: CHILD, nrs: [300, 299], count: 1 };

type PidEvent = Event<Call, Result>;

/** A worker's call, and when it began and ended. */
function at(from: number, to: number, call: Call, result: Result = {}): Omit<PidEvent, 'worker'> {
  return { from, to, call, result };
}

function lanesOf(...lanes: (readonly Omit<PidEvent, 'worker'>[])[]): Lanes<Call, Result> {
  return lanes.map((events, worker) => events.map((event) => ({ ...event, worker })));
}

function isExplained(initial: readonly Initial[], lanes: Lanes<Call, Result>): boolean {
  return explain(pidSpecification(SPACES, initial, lanes), lanes).explained;
}

const alloc = (ns: number, pid: number, ...nrs: number[]) =>
  [
    { op: 'allocPid', ns },
    { value: pid, nrs },
  ] as const;
const full = (ns: number) => [{ op: 'allocPid', ns }, { error: 'EAGAIN' }] as const;
const exists = (...setTid: number[]) => [{ op: 'allocPid', ns: CHILD, setTid }, { error: 'EEXIST' }] as const;
const free = (pid: number) => [{ op: 'freePid', pid }, {}] as const;
const find = (ns: number, nr: number, pid?: number) =>
  [{ op: 'findPidNs', ns, nr }, pid === undefined ? {} : { value: pid }] as const;
const get = (pid: number) => [{ op: 'getPid', pid }, {}] as const;
const put = (pid: number) => [{ op: 'putPid', pid }, {}] as const;
const count = (pid: number, value: number) => [{ op: 'pidCount', pid }, { value }] as const;
const next = (ns: number, last: number, value?: number) =>
  [{ op: 'nextPidmap', ns, last }, value === undefined ? {} : { value }] as const;
const BUG = { error: 'PidBug' };

describe('histories that something explains', () => {
  const cases: [string, Initial[], Lanes<Call, Result>][] = [
    ['nothing happens', [], lanesOf([], [])],
    ['two take the two numbers', [], lanesOf([at(0, 2, ...alloc(ROOT, A, 299))], [at(1, 3, ...alloc(ROOT, B, 300))])],
    [
      'a number is taken again while its free is under way',
      [THERE],
      lanesOf([at(0, 5, ...free(A))], [at(1, 2, ...alloc(ROOT, B, 300)), at(3, 4, ...alloc(ROOT, C, 299))]),
    ],
    [
      'a pid is gone before its number is free',
      [THERE],
      lanesOf(
        [at(0, 9, ...free(A))],
        [at(1, 2, ...find(ROOT, 299)), at(3, 4, ...next(ROOT, 0, 299)), at(5, 6, ...next(ROOT, 0))],
      ),
    ],
    [
      'a number is taken before its pid is there',
      [],
      lanesOf([at(0, 9, ...alloc(ROOT, A, 299))], [at(1, 2, ...next(ROOT, 0, 299)), at(3, 4, ...find(ROOT, 299))]),
    ],
    [
      'nothing is free at any one look, though something is at every moment',
      [THERE],
      lanesOf([at(0, 9, ...full(ROOT))], [at(1, 2, ...free(A)), at(3, 4, ...alloc(ROOT, B, 300))]),
    ],
    [
      'an allocation that fails in the root holds a number of the child meanwhile',
      [THERE, { pid: B, ns: ROOT, nrs: [300], count: 1 }],
      lanesOf([at(0, 5, ...full(CHILD))], [at(1, 2, ...next(CHILD, 0, 300)), at(3, 4, ...next(CHILD, 0))]),
    ],
    [
      'an allocation that fails is in the way of another, though it might have failed before that',
      [DEEP],
      lanesOf(
        [at(0, 3, ...free(A)), at(5, 8, ...alloc(ROOT, B, 299))],
        [at(1, 12, ...exists(300, 299))],
        [at(10, 11, ...next(CHILD, 299, 300))],
      ),
    ],
    [
      'a reference outlasts the free',
      [THERE],
      lanesOf(
        [at(0, 1, ...get(A)), at(4, 5, ...count(A, 1)), at(6, 7, ...put(A)), at(8, 9, put(A)[0], BUG)],
        [at(2, 3, ...free(A))],
      ),
    ],
    ['of two frees one comes too late', [THERE], lanesOf([at(0, 2, ...free(A))], [at(1, 3, free(A)[0], BUG)])],
    [
      'a scan steps over a number that is freed and meets one that is taken later',
      [THERE],
      lanesOf([at(0, 9, ...next(ROOT, 0, 300))], [at(1, 2, ...free(A)), at(3, 4, ...alloc(ROOT, B, 300))]),
    ],
  ];
  test.each(cases)('%s', (_name, initial, lanes) => assert.ok(isExplained(initial, lanes)));
});

describe('histories that nothing explains', () => {
  const cases: [string, Initial[], Lanes<Call, Result>][] = [
    ['one number is given twice', [], lanesOf([at(0, 2, ...alloc(ROOT, A, 299))], [at(1, 3, ...alloc(ROOT, B, 299))])],
    ['one number is given twice at the upper level', [THERE], lanesOf([at(0, 1, ...alloc(CHILD, B, 300, 299))])],
    ['a number is given that there is not', [], lanesOf([at(0, 1, ...alloc(ROOT, A, 301))])],
    [
      'another number is given than was chosen',
      [],
      lanesOf([at(0, 1, { op: 'allocPid', ns: ROOT, setTid: [300] }, { value: A, nrs: [299] })]),
    ],
    ['nothing is free, though one number always is', [THERE], lanesOf([at(0, 1, ...full(ROOT))])],
    [
      'a chosen number is taken, though it never is',
      [THERE],
      lanesOf([at(0, 3, { op: 'allocPid', ns: ROOT, setTid: [300] }, { error: 'EEXIST' })], [at(1, 2, ...free(A))]),
    ],
    ['a pid is not found', [THERE], lanesOf([at(0, 1, ...find(ROOT, 299))])],
    ['a pid is found after it was freed', [THERE], lanesOf([at(0, 1, ...free(A))], [at(2, 3, ...find(ROOT, 299, A))])],
    [
      'a pid is gone at one level and then found at the other',
      [DEEP],
      lanesOf([at(0, 9, ...free(A))], [at(1, 2, ...find(ROOT, 299)), at(3, 4, ...find(CHILD, 300, A))]),
    ],
    [
      'a pid is found at one level and not yet at the other',
      [],
      lanesOf(
        [at(0, 9, ...alloc(CHILD, A, 300, 299))],
        [at(1, 2, ...find(ROOT, 299, A)), at(3, 4, ...find(CHILD, 300))],
      ),
    ],
    ['a pid is freed twice', [THERE], lanesOf([at(0, 2, ...free(A))], [at(1, 3, ...free(A))])],
    ['a pid counts a reference that nobody took', [THERE], lanesOf([at(0, 1, ...count(A, 2))])],
    ['a reference is lost', [THERE], lanesOf([at(0, 2, ...get(A)), at(4, 5, ...count(A, 2))], [at(1, 3, ...get(A))])],
    [
      'a reference does not outlast the free',
      [THERE],
      lanesOf([at(0, 1, ...get(A)), at(4, 5, put(A)[0], BUG)], [at(2, 3, ...free(A))]),
    ],
    ['a pid has no references and answers', [THERE], lanesOf([at(0, 9, ...free(A))], [at(1, 2, ...count(A, 0))])],
    ['a scan passes a number that is taken all the time', [THERE], lanesOf([at(0, 1, ...next(ROOT, 0))])],
    ['a handle comes from nowhere', [THERE], lanesOf([at(0, 1, ...find(ROOT, 299, C))])],
  ];
  test.each(cases)('%s', (_name, initial, lanes) => assert.ok(!isExplained(initial, lanes)));

  test('and it says how far it came', () => {
    const lanes = lanesOf([at(0, 1, ...free(A)), at(2, 3, ...find(ROOT, 299, A))], [at(4, 5, ...find(ROOT, 299))]);
    const { most, left } = explain(pidSpecification(SPACES, [THERE], lanes), lanes);
    assert.equal(most, 1);
    assert.deepEqual(
      left.map(({ from }) => from),
      [2, 4],
    );
  });
});

describe('the search cannot be told from trying all orders', () => {
  test('on a register, with a step a call: all permutations of the calls', () => {
    const told = { explained: 0, not: 0 };
    fc.assert(
      fc.property(registerHistories(), (lanes) => {
        const { explained } = explain(REGISTER, lanes);
        assert.equal(explained, permutations(lanes.flat()).some(isRun));
        if (explained) told.explained++;
        else told.not++;
      }),
      { numRuns: 2000 },
    );
    assert.ok(told.explained > 200 && told.not > 200, JSON.stringify(told));
  });

  test('on pids: all orders of all steps', () => {
    const told = { explained: 0, not: 0 };
    fc.assert(
      fc.property(pidHistories(), ([initial, lanes]) => {
        const spec = pidSpecification(SPACES, initial, lanes);
        const { explained } = explain(spec, lanes);
        assert.equal(
          explained,
          tryAll(
            spec,
            lanes.flat().map((event) => ({ event, at: 0 })),
            spec.initial,
          ),
        );
        if (explained) told.explained++;
        else told.not++;
      }),
      { numRuns: 3000 },
    );
    assert.ok(told.explained > 200 && told.not > 200, JSON.stringify(told));
  });
});

/** A number that can be written and read. */
type RegisterEvent = Event<'read' | 'write', number>;
const REGISTER: Specification<{ readonly value: number }, 'read' | 'write', number> = {
  initial: { value: 0 },
  steps: (state, { call, result }) => {
    if (call === 'write') return [{ state: { value: result }, at: DONE }];
    return state.value === result ? [{ state, at: DONE }] : [];
  },
  isLook: ({ call }) => call === 'read',
  key: ({ value }) => String(value),
};

/** Whether calls one after the other, in that order, return what they returned, and none comes before one that was over. */
function isRun(events: readonly RegisterEvent[]): boolean {
  let value = 0;
  return events.every((event, i) => {
    if (events.slice(i + 1).some((later) => later.to < event.from)) return false;
    if (event.call === 'write') value = event.result;
    return event.result === value;
  });
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((first, i) => permutations(of.filter((_, j) => j !== i)).map((rest) => [first, ...rest]));
}

interface UnderWay {
  readonly event: PidEvent;
  readonly at: number;
}

/** The same as the search, without remembering and without looking ahead. */
function tryAll<S>(spec: Specification<S, Call, Result>, left: readonly UnderWay[], state: S): boolean {
  if (left.length === 0) return true;
  return left.some(({ event, at }, i) => {
    if (left.some((other) => other.event.to < event.from)) return false;
    return spec.steps(state, event, at).some((step) => {
      const rest = left.filter((_, j) => j !== i);
      return tryAll(spec, step.at === DONE ? rest : [...rest, { event, at: step.at }], step.state);
    });
  });
}

/** Two or three workers' calls at random times. */
function timed<C, R>(calls: fc.Arbitrary<readonly [C, R]>, most: number): fc.Arbitrary<Event<C, R>[][]> {
  const lane = fc.array(calls, { maxLength: most });
  return fc.array(lane, { minLength: 2, maxLength: 3 }).chain((lanes) => {
    const ends = lanes.flatMap((of, worker) => of.flatMap(() => [worker, worker]));
    return fc.shuffledSubarray(ends, { minLength: ends.length }).map((order) => {
      const ticks = lanes.map((_, worker) => order.flatMap((of, tick) => (of === worker ? [tick] : [])));
      return lanes.map((of, worker) =>
        of.map(([call, result], i) => {
          return { worker, call, result, from: ticks[worker]![2 * i]!, to: ticks[worker]![2 * i + 1]! };
        }),
      );
    });
  });
}

function registerHistories(): fc.Arbitrary<RegisterEvent[][]> {
  return timed(fc.tuple(fc.constantFrom('read' as const, 'write' as const), fc.nat(1)), 2);
}

/** Calls on few pids, with results that may be right. New pids get handles of their own. */
function pidHistories(): fc.Arbitrary<[Initial[], PidEvent[][]]> {
  const initial = fc.constantFrom<Initial[]>([], [THERE], [DEEP]);
  const call: fc.Arbitrary<readonly [Call, Result]> = fc.oneof(
    fc.constantFrom(alloc(ROOT, B, 299), alloc(ROOT, B, 300), alloc(CHILD, B, 299, 300), alloc(CHILD, B, 300, 299)),
    fc.constantFrom(exists(300), exists(299), exists(300, 300)),
    fc.constantFrom(full(ROOT), full(CHILD), free(A), [free(A)[0], BUG] as const),
    fc.constantFrom(find(ROOT, 299, A), find(ROOT, 299), find(CHILD, 300, A), find(CHILD, 300)),
    fc.constantFrom(get(A), put(A), [put(A)[0], BUG] as const, count(A, 1), count(A, 2)),
    fc.constantFrom(next(ROOT, 0, 299), next(ROOT, 0, 300), next(ROOT, 0), next(CHILD, 0, 300)),
  );
  return fc.tuple(initial, timed(call, 2)).map(([pids, lanes]) => [pids, withHandles(lanes)]);
}

function withHandles(lanes: PidEvent[][]): PidEvent[][] {
  let handle = B;
  return lanes.map((events) =>
    events.map((event) =>
      event.result.nrs === undefined ? event : { ...event, result: { ...event.result, value: handle++ } },
    ),
  );
}
