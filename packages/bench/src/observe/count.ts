import { namerOf } from '@pidlab/conformance/explore';
import { CLONE_NEWPID, type NsRef, type PidAllocator, type PidRef } from '@pidlab/contract';
import { choices } from '../random.ts';
import type { COUNTED, Count } from './counted.ts';
import { type Access, loadObserved, type ObservedStrategy } from './observe.ts';

const LIVE = 1_000;
const SAMPLE = 200;
const LINE_WORDS = 16;

/** What is counted: a call, and what it is called with, drawn from the live pids. */
const OPERATIONS: readonly (readonly [name: string, run: (world: World, slot: number) => void])[] = [
  ['findPidNs', ({ allocator: a, ns, numbers }, slot) => void a.findPidNs(numbers[slot], ns)],
  ['pidNrNs', ({ allocator: a, ns, pids }, slot) => void a.pidNrNs(pids[slot], ns)],
  ['freePid', ({ allocator: a, pids }, slot) => a.freePid(pids[slot])],
  [
    'allocPid',
    (world, slot) => {
      world.pids[slot] = world.allocator.allocPid(world.ns);
    },
  ],
];

interface World {
  readonly allocator: PidAllocator;
  readonly ns: NsRef;
  readonly pids: PidRef[];
  readonly numbers: number[];
}

/** The table of counts of a strategy: the same for everybody who asks, byte for byte. */
export async function countOf(id: string, file: string): Promise<Count[]> {
  const strategy = await loadObserved(file);
  const levels = [0, 1, 3].filter((level) => level <= strategy.traits.maxLevel);
  const modes = strategy.traits.shared ? (['plain', 'shared'] as const) : (['plain'] as const);
  return modes.flatMap((mode) =>
    levels.flatMap((level) =>
      [...accessesOf(strategy, level, mode)].map(
        ([operation, { calls }]): Count => ({ strategy: id, operation, level, mode, ...summed(calls) }),
      ),
    ),
  );
}

/** The accesses of the first call of each operation, by name: `read  1  pid 12 · nr 1`. */
export async function traceOf(file: string, level: number): Promise<[operation: string, lines: string[]][]> {
  const strategy = await loadObserved(file);
  const traced = accessesOf(strategy, level, 'plain');
  return [...traced].map(([operation, { calls, names }]) => [
    operation,
    calls[0].map(({ kind, depth }, i) => `${kind.padEnd(6)} ${String(depth).padStart(2)}  ${names[i]}`),
  ]);
}

interface Traced {
  /** The accesses of each call. */
  readonly calls: Access[][];
  /** The names of the words of the first call's, as they were when it was made. */
  readonly names: string[];
}

function worldOf(strategy: ObservedStrategy, level: number, mode: Count['mode']): World {
  // The one random choice of an allocator is fixed.
  const shared = mode === 'shared' ? { shared: true } : {};
  const allocator = strategy.createPidAllocator({ capacity: 2 * LIVE, memory: 2 ** 26, generationBase: 1, ...shared });
  let ns = allocator.initPidNs;
  for (let i = 0; i < level; i++) ns = allocator.copyPidNs(CLONE_NEWPID, ns);
  const pids = Array.from({ length: LIVE }, () => allocator.allocPid(ns));
  return { allocator, ns, pids, numbers: pids.map((pid) => allocator.pidNrNs(pid, ns)) };
}

/** Look-ups first, while the pid is there; then it is freed, and another made. */
function accessesOf(strategy: ObservedStrategy, level: number, mode: Count['mode']): Map<string, Traced> {
  const world = worldOf(strategy, level, mode);
  const { allocator, ns } = world;
  const traced = new Map<string, Traced>(OPERATIONS.map(([name]) => [name, { calls: [], names: [] }]));
  for (const slot of choices(1, LIVE).subarray(0, SAMPLE)) {
    for (const [name, run] of OPERATIONS) {
      const { calls, names } = traced.get(name) as Traced;
      const nameOf =
        calls.length === 0 && namerOf(strategy.wordsOf(allocator), strategy.traits.strategy, handlesOf(world));
      const accesses: Access[] = [];
      const stop = strategy.observe(allocator, (access) => {
        if (nameOf) names.push(nameOf(access.at).text);
        accesses.push(access);
      });
      run(world, slot);
      stop();
      calls.push(accesses);
    }
    world.numbers[slot] = allocator.pidNrNs(world.pids[slot], ns);
  }
  return traced;
}

/** The live pids by their numbers, for the names of their words. */
function handlesOf({ pids, numbers, ns }: World): Map<number, string> {
  return new Map([
    [ns as number, 'of the pids'],
    ...pids.map((pid, i): [number, string] => [pid as number, String(numbers[i])]),
  ]);
}

function summed(all: readonly (readonly Access[])[]): Pick<Count, (typeof COUNTED)[number]> {
  const mean = (of: (accesses: readonly Access[]) => number): number =>
    all.reduce((total, accesses) => total + of(accesses), 0) / all.length;
  const ofKind =
    (kind: Access['kind']) =>
    (accesses: readonly Access[]): number =>
      accesses.filter((access) => access.kind === kind).length;
  const reads = (accesses: readonly Access[]): number[] =>
    accesses.filter(({ kind }) => kind !== 'write').map(({ depth }) => depth);
  return {
    wordsRead: mean(ofKind('read')),
    wordsWritten: mean(ofKind('write')),
    lines: mean((accesses) => new Set(accesses.map(({ at }) => Math.floor(at / LINE_WORDS))).size),
    atomics: mean(ofKind('atomic')),
    chain: Math.max(...all.map((accesses) => Math.max(0, ...reads(accesses)))),
  };
}
