/** A thread of the histories. */
import { parentPort, workerData } from 'node:worker_threads';
import type { NsRef, PidAllocatorDescriptor, Strategy } from '@pidlab/contract';
import type { Space } from './calls.ts';
import { boardOver, type Notes, play } from './player.ts';

/** What a worker is started with. */
export interface Start {
  /** The strategy's module. */
  readonly module: string;
  readonly descriptor: PidAllocatorDescriptor;
  readonly board: SharedArrayBuffer;
  readonly namespaces: readonly NsRef[];
  readonly spaces: readonly Space[];
  readonly worker: number;
  readonly workers: number;
  readonly seed: number;
  readonly calls: readonly [number, number];
}

/** Which histories to play next. */
export type Batch = readonly number[];

// Most calls of a history fail on purpose, and nobody reads where.
Error.stackTraceLimit = 0;
const start: Start = workerData;
const { attachPidAllocator } = (await import(start.module)) as Strategy;
if (attachPidAllocator === undefined) throw new Error(`${start.module} exports no attachPidAllocator`);
const player = { ...start, a: attachPidAllocator(start.descriptor), board: boardOver(start.board) };
parentPort?.on('message', (batch: Batch) => {
  const notes: Notes[] = batch.map((history) => play(player, history));
  parentPort?.postMessage(notes);
});
