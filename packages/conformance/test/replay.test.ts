import type { CreatePidAllocator, PidAllocator, Traits } from '@pidlab/contract';
import * as flat from '@pidlab/core-flat';
import * as hierarchical from '@pidlab/core-hierarchical';
import * as idr from '@pidlab/core-idr';
import * as pidspace from '@pidlab/core-pidspace';
import { describe, expect, it } from 'vitest';
import { createModel } from '../src/model/index.ts';
import { ReplayError, replay } from '../src/traces/replay.ts';
import { loadTrace, type Trace, type TraceEvent, traceNames } from '../src/traces/trace.ts';

const traces = traceNames.map(loadTrace);

const MODEL: Traits = { ...hierarchical.traits, strategy: 'model' };
const strategies: Record<string, CreatePidAllocator> = {
  hierarchical: hierarchical.createPidAllocator,
  flat: flat.createPidAllocator,
  pidspace: pidspace.createPidAllocator,
  idr: idr.createPidAllocator,
  model: createModel(MODEL),
};

describe.each(Object.entries(strategies))('%s replays', (_strategy, create) => {
  describe.each(traces)('$header.name', (trace) => {
    it.each([0, 1] as const)('at level %i, number by number as the kernel did', (level) => {
      const result = replay(create, trace, level);
      expect(result.events).toBe(trace.events.length);
      expect(result.allocations).toBe(trace.header.counts.fork + trace.header.counts.thread);
      expect(result.orderChecked + result.orderSkipped).toBe(result.allocations);
      expect(result.orderFollowed).toBe(result.orderChecked);
      expect(result.orderSkipped / result.allocations).toBeLessThan(0.001);
      expect(result.eventsPerSecond).toBeGreaterThan(0);
    });
  });
});

it('c-build wraps, again and again', () => {
  expect(replay(createModel(MODEL), traces[0]!).wraps).toBeGreaterThanOrEqual(3);
});

describe('a replay fails on an allocator that', () => {
  /** What a faulty allocator does differently, given the sound one. */
  type Fault = (sound: PidAllocator) => Partial<PidAllocator>;
  const faulty =
    (fault: Fault): CreatePidAllocator =>
    (options) => {
      const sound = createModel(MODEL)(options);
      return { ...sound, ...fault(sound) };
    };

  it.each<[string, RegExp, Fault]>([
    [
      'does not go on from the last number',
      /the allocator gave 300 .*not even 1$/,
      (a) => ({
        allocPid(ns) {
          a.setLastPid(ns, 299);
          return a.allocPid(ns);
        },
      }),
    ],
    [
      'skips a number now and then',
      /the allocator gave 6 .*not even 5/,
      (a) => ({
        allocPid(ns) {
          if (a.lastPid(ns) === 4) a.setLastPid(ns, 5);
          return a.allocPid(ns);
        },
      }),
    ],
    ['does not wrap where the kernel did', /the allocator gave 1024, and 300 was next/, () => ({ setPidMax() {} })],
    ['finds nothing', /no task has the number 1|1 does not lead/, () => ({ findPidNs: () => undefined })],
    [
      'still finds numbers that are free',
      /is found though it is free/,
      (a) => {
        const seen = new Map();
        return {
          findPidNs(nr, ns) {
            const pid = a.findPidNs(nr, ns);
            if (pid !== undefined) seen.set(nr, pid);
            return pid ?? seen.get(nr);
          },
        };
      },
    ],
    [
      'never frees',
      /is found though it is free/,
      (a) => ({
        detachPid(task, type) {
          a.getPid(a.taskPid(task, type)!);
          a.attachPid(a.allocTask(), type, a.taskPid(task, type)!);
          a.detachPid(task, type);
        },
      }),
    ],
    [
      'mixes up numbers',
      /the allocator gave 0 .*not even 1/,
      (a) => ({ pidNrNs: (pid, ns) => (a.pidNrNs(pid, ns) ^ 1) as never }),
    ],
    ['loses count of its tasks', /1 tasks/, (a) => ({ stats: () => ({ ...a.stats(), tasks: 1 }) })],
    [
      'has broken invariants',
      /a bit is set/,
      () => ({ checkInvariants: () => ({ violations: ['a bit is set'], leaked: [] }) }),
    ],
  ])('%s', (_what, message, fault) => {
    const [trace] = traces as [Trace];
    expect(() => replay(faulty(fault), trace)).toThrow(message);
  });
});

describe('a number that does not follow from the trace', () => {
  const fork = (parent: number, child: number): TraceEvent => ({ kind: 'fork', parent, child });
  const gone = (parent: number, child: number): TraceEvent[] => [
    { kind: 'exit', task: child },
    { kind: 'wait', parent, child },
  ];
  // Something between 2 and 5 took numbers and gave them back out of sight.
  const events = [
    fork(0, 1),
    fork(1, 2),
    fork(1, 5),
    fork(1, 6),
    ...gone(1, 2),
    ...gone(1, 5),
    ...gone(1, 6),
    ...gone(0, 1),
  ];
  const trace: Trace = { header: { ...traces[0]!.header, name: 'gap' }, events };

  it('is skipped and counted, and the order is checked again after it', () => {
    const { orderChecked, orderSkipped } = replay(createModel(MODEL), trace);
    expect({ orderChecked, orderSkipped }).toEqual({ orderChecked: 3, orderSkipped: 1 });
  });

  it('but is taken is refused', () => {
    const twice: Trace = { ...trace, events: [fork(0, 1), fork(1, 1)] };
    expect(() => replay(createModel(MODEL), twice)).toThrow(/event 1, .*the allocator gave 2 .*not even 1/);
    expect(() => replay(createModel(MODEL), twice)).toThrow(ReplayError);
  });
});
