import { createModel } from '@pidlab/conformance';
import { type ErrnoCode, PidBug, PidError, type Strategy } from '@pidlab/contract';
import * as flat from '@pidlab/core-flat';
import * as hierarchical from '@pidlab/core-hierarchical';
import * as idr from '@pidlab/core-idr';
import * as pidspace from '@pidlab/core-pidspace';
import { describe, expect, test } from 'vitest';
import {
  createProcessTable,
  type Process,
  type ProcessTable,
  type ProcessTableOptions,
  type SignalInfo,
} from '../src/index.ts';

/** Whatever the table runs on: the four designs, and the reference model of each. */
export const subjects: (Strategy & { readonly name: string })[] = [
  { ...hierarchical, name: 'hierarchical' },
  { ...flat, name: 'flat' },
  { ...pidspace, name: 'pidspace' },
  { ...idr, name: 'idr' },
  ...[hierarchical, flat, pidspace, idr].map(({ traits }) => ({
    name: `model of ${traits.strategy}`,
    traits,
    createPidAllocator: createModel(traits),
  })),
];

export type P = Process<string>;

export interface World {
  readonly t: ProcessTable<string>;
  readonly init: P;
  readonly strategy: Strategy;
  /** What the hooks were told: `deliver p 15 terminate from 3`, `exited p`, `childChanged p c`. */
  readonly log: string[];
  /** What came with the signals of which the log tells. */
  readonly infos: SignalInfo[];
  /** A child of the root's init that is the init of a namespace. */
  box(payload?: string): P;
}

/** Hooks, and what else a table is made with. */
export type Extra = Partial<ProcessTableOptions<string>>;

export function createWorld(strategy: Strategy, extra: Extra = {}): World {
  const log: string[] = [];
  const infos: SignalInfo[] = [];
  const t = createProcessTable<string>({
    allocator: strategy.createPidAllocator({ capacity: 1_024, namespaces: 40 }),
    initPayload: 'init',
    deliver(process, info) {
      const { signal, action, pid } = info;
      infos.push(info);
      log.push(`deliver ${process.payload} ${signal} ${action} from ${pid}`);
    },
    exited(process) {
      log.push(`exited ${process.payload}`);
    },
    childChanged(parent, child) {
      log.push(`childChanged ${parent.payload} ${child.payload}`);
    },
    ...extra,
  });
  const box = (payload = 'box'): P => t.clone(t.init, { newPid: true, payload });
  return { t, init: t.init, strategy, log, infos, box };
}

/** One test for each subject; whatever it did, everything holds after it. */
export function each(name: string, body: (world: World) => void, extra: Extra = {}): void {
  describe(name, () => {
    for (const subject of subjects) {
      test(subject.name, () => {
        const world = createWorld(subject, extra);
        body(world);
        expect(world.t.checkInvariants()).toEqual([]);
      });
    }
  });
}

/** Expects a PidError of that code, and that nothing has changed. */
export function fails(t: ProcessTable<string>, code: ErrnoCode, act: () => unknown): void {
  const before = picture(t);
  const error = thrown(act);
  expect(error).toBeInstanceOf(PidError);
  expect((error as PidError).code).toBe(code);
  expect(picture(t)).toEqual(before);
}

/** Expects a PidBug, and that nothing has changed. */
export function bug(t: ProcessTable<string>, act: () => unknown): void {
  const before = picture(t);
  expect(thrown(act)).toBeInstanceOf(PidBug);
  expect(picture(t)).toEqual(before);
}

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Everything that can be seen from the root. */
export function picture(t: ProcessTable<string>): unknown {
  const root = t.allocator.initPidNs;
  const { pids, namespaces, tasks } = t.allocator.stats();
  return {
    pids,
    namespaces,
    tasks,
    processes: t.listProcesses(root).map((nr) => {
      const process = t.findProcess(nr, root)!;
      return [t.status(nr, root), t.listThreads(nr, root), process.children.length, process.pidNsForChildren];
    }),
  };
}
