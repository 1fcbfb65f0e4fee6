/** A thread of the histories. */
import { parentPort, workerData } from 'node:worker_threads';
import type { NsRef, PidAllocatorDescriptor, Strategy } from '@pidlab/contract';
import { type Notes, type Player, playRound, worldOver } from './player.ts';

/** What a worker is started with. */
export interface Start extends Omit<Player, 'worlds' | 'meeting'> {
  /** The strategy's module. */
  readonly module: string;
  readonly worlds: readonly {
    readonly descriptor: PidAllocatorDescriptor;
    readonly namespaces: readonly NsRef[];
    readonly board: SharedArrayBuffer;
  }[];
  readonly meeting: SharedArrayBuffer;
}

/** Which histories to play next: in each round at most one for each world. */
type Batch = readonly (readonly number[])[];

// Most calls of a history fail on purpose, and nobody reads where.
Error.stackTraceLimit = 0;
const start: Start = workerData;
const { attachPidAllocator } = (await import(start.module)) as Strategy;
if (attachPidAllocator === undefined) throw new Error(`${start.module} exports no attachPidAllocator`);
const worlds = start.worlds.map(({ descriptor, namespaces, board }) =>
  worldOver(attachPidAllocator(descriptor), namespaces, board),
);
const player = { ...start, worlds, meeting: new Int32Array(start.meeting) };
parentPort?.on('message', (batch: Batch) => {
  const notes: Notes[] = batch.flatMap((round) => playRound(player, round));
  parentPort?.postMessage(notes);
});
