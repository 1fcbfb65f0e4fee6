/** Random programs of a few calls, which get in each other's way as often as they can. */

import type { AllocPid, FindPid, OnNumbers, Place, Space } from '@pidlab/conformance/histories';
import { type Choices, choices } from '@pidlab/conformance/random';

/** Registers that the workers of a history share: each has a pid's handle in it, or none. */
export const REGISTERS = 4;
/** The register of each worker's own, for what it has found and taken a reference on. */
export const HELD = -1;

/** A call whose pid is whatever is in a register when it is made. */
export type Planned =
  | (AllocPid & { readonly register: number })
  | { readonly op: 'freePid' | 'getPid' | 'putPid' | 'pidCount'; readonly register: number }
  | { readonly op: 'pidNrNs'; readonly register: number; readonly ns: Place }
  | FindPid
  | OnNumbers;

type Op = Planned['op'];

/** Mixtures of calls: what a history is about. */
const MIXTURES: readonly (readonly Op[])[] = [
  ['allocPid', 'allocPid', 'freePid'],
  ['allocPid', 'freePid', 'findPidNs', 'findPidNs'],
  ['freePid', 'getPid', 'putPid', 'pidCount', 'findGetPid', 'putPid'],
  ['allocPid', 'freePid', 'nextPidmap', 'findGePid'],
  [
    'allocPid',
    'setLastPid',
    'freePid',
    'findPidNs',
    'getPid',
    'putPid',
    'pidCount',
    'findGetPid',
    'nextPidmap',
    'pidNrNs',
  ],
];

/** What is there when a history begins. */
export interface Beginning {
  /** The cursor of each namespace. */
  readonly cursors: readonly number[];
  /** The pids, one in each register from the first on. */
  readonly pids: readonly { readonly ns: Place; readonly references: number }[];
}

/** How the history of that number begins. */
export function beginning(seed: number, history: number, spaces: readonly Space[]): Beginning {
  const random = choices(seed, history, 0);
  return {
    cursors: spaces.map((space) => cursorOf(space, space.floor - 1 + random.below(space.end - space.floor + 1))),
    pids: Array.from({ length: random.below(REGISTERS) }, () => ({
      ns: random.below(spaces.length),
      references: random.below(3) === 0 ? 1 : 0,
    })),
  };
}

/** What one of the workers does in the history of that number: `min` to `max` calls. */
export function program(
  seed: number,
  history: number,
  worker: number,
  spaces: readonly Space[],
  min: number,
  max: number,
): Planned[] {
  const mixture = choices(seed, history, 0).pick(MIXTURES);
  const random = choices(seed, history, worker + 1);
  return Array.from({ length: min + random.below(max - min + 1) }, () => planned(random, random.pick(mixture), spaces));
}

function planned(random: Choices, op: Op, spaces: readonly Space[]): Planned {
  const ns = random.below(spaces.length);
  const register = random.below(REGISTERS);
  switch (op) {
    case 'allocPid':
      return { op, ns, register, ...(random.below(3) === 0 ? { setTid: chosen(random, spaces, ns) } : {}) };
    case 'putPid':
      return { op, register: random.below(2) === 0 ? HELD : register };
    case 'freePid':
    case 'getPid':
    case 'pidCount':
      return { op, register };
    case 'pidNrNs':
      return { op, register, ns };
    case 'nextPidmap':
      return { op, ns, last: numberOf(random, spaces[ns]) - 1 };
    case 'setLastPid':
      return { op, ns, nr: cursorOf(spaces[ns], numberOf(random, spaces[ns]) - 1) };
    case 'findGePid':
      return findGe(random, spaces);
    default:
      return { op, ns, nr: numberOf(random, spaces[ns]) };
  }
}

function findGe(random: Choices, spaces: readonly Space[]): Planned {
  const ns = random.pick([...spaces.keys()].filter((place) => spaces[place].isSmall));
  return { op: 'findGePid', ns, nr: numberOf(random, spaces[ns]) };
}

function chosen(random: Choices, spaces: readonly Space[], ns: Place): number[] {
  const { maps } = spaces[ns];
  return maps.slice(0, 1 + random.below(maps.length)).map((map) => numberOf(random, spaces[map]));
}

/** By mainline's rules numbers below the floor are given out as long as the cursor has not come to it: there it has. */
function cursorOf({ floor, isMainline }: Space, nr: number): number {
  return isMainline === true ? Math.max(nr, floor) : nr;
}

function numberOf(random: Choices, { floor, end }: Space): number {
  return floor + random.below(end - floor);
}
