/** Refuses memory at each place of each call of a process table, each time that it is taken there, and looks at what comes of it. */
import { type NsRef, type PidAllocator, PidError } from '@pidlab/contract';
import type { ProcessTable } from '@pidlab/process-table';
import { Crew } from '../simulation/crew.ts';
import { mustHold, type Searched, same, taken, watched } from './every.ts';
import type { Faulty } from './strategy.ts';
import { OPTIONS, type TableStage, type TableStep, tableSteps } from './table-scenario.ts';
import type { Tables } from './tables.ts';

/** Where memory was taken: in which step, for each time at that place. */
type Takings = Map<string, number[]>;

/** The one time that memory is refused. */
interface Refusal {
  readonly place: string;
  readonly time: number;
  readonly step: number;
}

/**
 * Plays the scenario once for each place and each time that memory is taken there; of the hundred forks, which are alike, only for
 * each `forks`-th. Throws where something is not as documented.
 */
export function failTableEverywhere(strategy: Faulty, tables: Tables, shared: boolean, forks = 1): Searched {
  const called = new Set<string>();
  const failed = new Map<string, number>();
  const takings: Takings = new Map();
  const player = new Player(strategy, tables, shared, called, failed);
  player.play(undefined, takings);
  const calls = tableSteps(strategy.traits).map(([call]) => call);
  for (const [place, steps] of takings) {
    for (const [i, step] of steps.entries()) {
      if (calls[step] === 'fork' && i % forks !== 0) continue;
      try {
        player.play({ place, time: i + 1, step });
      } catch (error) {
        throw new Error(`${place}, time ${i + 1} of ${steps.length}: ${error}`, { cause: error });
      }
    }
  }
  return { places: new Map([...takings].map(([place, { length }]) => [place, length])), called, failed };
}

class Player {
  readonly #strategy: Faulty;
  readonly #tables: Tables;
  readonly #shared: boolean;
  readonly #called: Set<string>;
  readonly #failed: Map<string, number>;

  constructor(strategy: Faulty, tables: Tables, shared: boolean, called: Set<string>, failed: Map<string, number>) {
    this.#strategy = strategy;
    this.#tables = tables;
    this.#shared = shared;
    this.#called = called;
    this.#failed = failed;
  }

  /** One run of the scenario, with one refusal or none. */
  play(refusal: Refusal | undefined, takings?: Takings): void {
    const ground = this.#ground();
    const stage = this.#stageOver(ground);
    const fresh = taken(ground.allocator);
    let at = 0;
    let left = refusal?.time ?? 0;
    this.#strategy.injectFaults((place) => {
      if (takings !== undefined) takings.set(place, [...(takings.get(place) ?? []), at]);
      return place === refusal?.place && --left === 0;
    });
    try {
      for (const step of tableSteps(this.#strategy.traits)) {
        ground.turn(at);
        if (at === refusal?.step) this.#refused(step, stage, ground, refusal.place);
        else step[1](stage);
        at++;
      }
    } finally {
      this.#strategy.injectFaults();
    }
    same(0, stage.t!.size, 'who is left at the end');
    mustHold(ground.allocator);
    same(fresh, taken(ground.allocator), 'what is in use at the end');
  }

  /** The step fails as documented and changes nothing that can be seen; then it is done. */
  #refused([call, run]: TableStep, stage: TableStage, ground: Ground, place: string): void {
    const before = pictureOf(stage, ground);
    try {
      run(stage);
    } catch (error) {
      if (!(error instanceof PidError) || error.code !== 'ENOMEM') throw error;
      this.#failed.set(call, (this.#failed.get(call) ?? 0) + 1);
      same(before, pictureOf(stage, ground), `what can be seen after ${call} has failed`);
      same([], stage.t?.checkInvariants() ?? [], 'what does not hold');
      mustHold(ground.allocator);
      run(stage);
      return;
    }
    // Where there is no page for the next number, one of another page will do.
    if (place !== 'pidmap page') throw new Error(`${call} did not fail for want of a ${place}`);
  }

  #ground(): Ground {
    const { createPidAllocator } = this.#strategy;
    if (this.#shared) return new Crew(this.#strategy, OPTIONS);
    const ground = {
      allocator: createPidAllocator(OPTIONS),
      turn: (): void => {},
      restore(snapshot: Uint8Array): PidAllocator {
        ground.allocator = createPidAllocator({ snapshot });
        return ground.allocator;
      },
    };
    return ground;
  }

  #stageOver(ground: Ground): TableStage {
    const told: string[] = [];
    const note =
      (what: string) =>
      (process: { readonly payload: string }): void =>
        void told.push(`${what} ${process.payload}`);
    const hooks = { deliver: note('deliver'), exited: note('exited'), childChanged: note('childChanged') };
    const seen = (t: ProcessTable<string>) => watched(t, this.#called);
    return {
      ...{ t: undefined, people: new Map(), fds: [], saved: undefined, told },
      create: () =>
        seen(this.#tables.createProcessTable({ allocator: ground.allocator, initPayload: 'init', ...hooks })),
      restore: (snapshot) => {
        const allocator = ground.restore(snapshot.allocator);
        return seen(this.#tables.restoreProcessTable({ allocator, snapshot, ...hooks }));
      },
    };
  }
}

/** Where everything happens: one allocator, or several workers of a block, of whom one makes all calls of a step. */
type Ground = Pick<Crew, 'allocator' | 'turn' | 'restore'>;

/** What a table saves of a namespace, as far as it matters here. */
interface Saved {
  readonly ref: NsRef;
  /** Of pids, of namespaces, and more. */
  readonly meters: readonly unknown[];
}

/** All that can be seen of a table from anywhere, and of its allocator but for cursors. */
function pictureOf({ t, fds, told }: TableStage, { allocator }: Ground): unknown {
  const used = taken(allocator);
  if (t === undefined) return used;
  const root = t.init.pidNs;
  const listed = t.listProcesses(root).map((nr) => [t.status(nr, root), t.listThreads(nr, root)]);
  const open = fds.map((fd) => [fd.pid, fd.closed, fd.closed || t.pidfdPid(t.init, fd)]);
  const { namespaces, ...more } = t.snapshot().table as { readonly namespaces: readonly Saved[] };
  // A namespace that was there for a moment may have been the most that there ever were.
  const records = namespaces.map(({ meters, ...record }) => {
    const { peak: _, ...count } = t.usage(record.ref).namespaces;
    return [record, count, meters.filter((__, i) => i !== 1)];
  });
  return { used, told: told.length, size: t.size, listed, open, records, ...more };
}
