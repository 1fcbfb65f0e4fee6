import { strict as assert } from 'node:assert';
import {
  CLONE_NEWPID,
  type Floors,
  type NsRef,
  PID_MAX_LIMIT,
  type PidAllocator,
  PidError,
  type PidRef,
  type Strategy,
} from '@pidlab/contract';
import * as flat from '@pidlab/core-flat';
import * as hierarchical from '@pidlab/core-hierarchical';
import * as idr from '@pidlab/core-idr';
import * as pidspace from '@pidlab/core-pidspace';
import fc from 'fast-check';
import { describe, test, vi } from 'vitest';
import type { Command } from '../src/sequences/commands.ts';
import { sequences } from './sequences.ts';

/*
 * The same sequence, with namespaces at level 1 at most and the same floors, gives the same numbers in all designs. What idr
 * does in its own way below the floor (`traits.rules`) does not show where the floor is 1.
 *
 * Seen from its own namespace that is true of every pid below the root. The root's own pids are another matter in the
 * pidspace design, where the root's map is not drawn on by anybody else: there it is true while all pids are the root's.
 */

const RUNS = Number(process.env.PIDLAB_RUNS ?? (process.env.PIDLAB_LONG === '1' ? 200 : 40));
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
vi.setConfig({ testTimeout: 120_000 + RUNS * 1_000 });

const FLOORS = [
  { root: 300, child: 300 },
  { root: 300, child: 1 },
  { root: 17, child: 290 },
];

/** One pid in one allocator: what its own namespace sees, what the root sees, and its space where there is one. */
interface Seen {
  readonly inRoot: boolean;
  readonly own: number;
  readonly root: number;
  readonly space: number;
}

/** What a sequence of allocations and frees leaves behind: the numbers of every pid ever made, or why there was none. */
function play(
  strategy: Strategy,
  setup: Command,
  commands: readonly Command[],
  onlyRoot: boolean,
  floors: Floors = FLOORS[setup[0] % FLOORS.length]!,
): (Seen | string)[] {
  const a = strategy.createPidAllocator({
    floors,
    pidMax: PID_MAX_LIMIT,
    capacity: 1 << 14,
  });
  const namespaces: (NsRef | undefined)[] = [a.initPidNs];
  const pids: (PidRef | undefined)[] = [];
  const said: (Seen | string)[] = [];
  const spaces = new Map<NsRef, number>();

  /** One of the namespaces that there are, by its place in the list, which is the same in every design. */
  const nsAt = (choice: number): NsRef =>
    onlyRoot ? a.initPidNs : (namespaces[choice % namespaces.length] ?? a.initPidNs);

  for (const [op, first, second] of commands) {
    switch (op % 12) {
      case 0: {
        const made = attempt(() => a.copyPidNs(CLONE_NEWPID, a.initPidNs));
        if (typeof made === 'string') break;
        namespaces.push(made);
        a.setPidMax(made, [301, 305, 320, 32_768, 32_769, PID_MAX_LIMIT][second % 6]!);
        spaces.set(made, lowestFree(spaces));
        break;
      }
      case 1: {
        // Only a namespace without pids: whether a namespace dies must not depend on anything else.
        const i = 1 + (first % Math.max(1, namespaces.length - 1));
        const ns = namespaces[i];
        if (ns === undefined || a.nextPidmap(ns, 0) !== undefined) break;
        a.putPidNs(ns);
        spaces.delete(ns);
        namespaces[i] = undefined;
        break;
      }
      case 2:
        a.setLastPid(nsAt(first), [0, 250, 299, 30_000, 32_766, 65_534, PID_MAX_LIMIT - 2][second % 7]!);
        break;
      case 3:
      case 4:
      case 5: {
        const i = first % Math.max(1, pids.length);
        const pid = pids[i];
        if (pid !== undefined) a.freePid(pid);
        pids[i] = undefined;
        break;
      }
      default:
        for (let left = op % 36 === 11 ? 40 : 0; left >= 0; left--) {
          const ns = nsAt(first);
          const pid = attempt(() => a.allocPid(ns));
          if (typeof pid !== 'string') pids.push(pid);
          said.push(typeof pid === 'string' ? pid : seen(a, pid, ns, spaces.get(ns) ?? 0));
        }
    }
  }
  assert.deepEqual(a.checkInvariants().violations, []);
  return said;
}

/** The pidspace design gives a namespace the lowest free id; here it is what the others would have given. */
function lowestFree(spaces: ReadonlyMap<NsRef, number>): number {
  const used = new Set(spaces.values());
  let id = 1;
  while (used.has(id)) id++;
  return id;
}

function seen(a: PidAllocator, pid: PidRef, ns: NsRef, space: number): Seen {
  return { inRoot: ns === a.initPidNs, own: a.pidNrNs(pid, ns), root: a.pidNr(pid), space };
}

function attempt<T>(body: () => T): T | string {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof PidError)) throw error;
    return error.code;
  }
}

function own(said: (Seen | string)[], ofRoot: boolean): (number | string)[] {
  return said
    .filter((s) => typeof s === 'string' || ofRoot || !s.inRoot)
    .map((s) => (typeof s === 'string' ? s : s.own));
}

function inAll(body: (setup: Command, commands: readonly Command[]) => void): void {
  fc.assert(
    fc.property(sequences(200, 400), ([setup, commands]) => body(setup, commands)),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
}

describe(`the same sequence in all four designs (seed ${SEED})`, () => {
  test('hierarchical and flat give the same numbers, as seen from the own namespace and from the root', () => {
    inAll((setup, commands) => {
      assert.deepEqual(play(flat, setup, commands, false), play(hierarchical, setup, commands, false));
    });
  });

  test('idr gives the same where numbers go on at 1 by both rules, as seen from the own namespace and from the root', () => {
    const floors = { root: 1, child: 1 };
    inAll((setup, commands) => {
      const expected = play(hierarchical, setup, commands, false, floors);
      assert.deepEqual(play(idr, setup, commands, false, floors), expected);
    });
  });

  test('pidspace gives the same to every pid below the root, and to the root’s when there are no others', () => {
    inAll((setup, commands) => {
      const mixed = play(pidspace, setup, commands, false);
      assert.deepEqual(own(mixed, false), own(play(hierarchical, setup, commands, false), false));
      assert.deepEqual(play(pidspace, setup, commands, true), play(hierarchical, setup, commands, true));
    });
  });

  test('in pidspace the root sees space << 22 | vpid, and the space is the lowest that was free', () => {
    inAll((setup, commands) => {
      for (const pid of play(pidspace, setup, commands, false)) {
        if (typeof pid === 'string') continue;
        assert.equal(pid.root, (pid.space << 22) | pid.own);
        assert.equal(pid.space === 0, pid.inRoot);
      }
    });
  });
});
