/** A thread of a stress run. */
import { parentPort, workerData } from 'node:worker_threads';
import type { PidAllocatorDescriptor } from '@pidlab/contract';
import { choices } from '../random.ts';
import { loadStrategy } from '../strategies/index.ts';
import { act } from './actor.ts';
import { Books, THREAD } from './books.ts';

/** What a thread is started with. */
export interface Start {
  /** A built-in strategy's name, or a module. */
  readonly strategy: string;
  readonly descriptor: PidAllocatorDescriptor;
  readonly books: SharedArrayBuffer;
  readonly thread: number;
  readonly threads: number;
  readonly seed: number;
}

// Many operations fail on purpose, and nobody reads where.
Error.stackTraceLimit = 0;
const start: Start = workerData;
const { attachPidAllocator } = (await loadStrategy(start.strategy)).strategy;
const books = new Books(start.books, start.threads);
const a = attachPidAllocator!(start.descriptor);
books.setThread(start.thread, THREAD.slot, a.workerSlot + 1);
const actor = { a, books, thread: start.thread, random: choices(start.seed) };
try {
  while (!books.isStopping()) {
    books.restIfAsked(start.thread);
    if (act(actor)) books.count(start.thread, THREAD.operations);
  }
  a.detach();
} catch (error) {
  Error.stackTraceLimit = 10;
  parentPort?.postMessage(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
