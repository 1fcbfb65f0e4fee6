/** Several workers of one shared block, all in this thread: one of them makes each call. */
import type { PidAllocator, PidAllocatorOptions } from '@pidlab/contract';
import type { Faulty } from '../faults/strategy.ts';

const WORKERS = 3;

export class Crew {
  readonly #strategy: Faulty;
  #workers: PidAllocator[] = [];
  #turn = 0;
  /** The allocator that makes each call by whoever's turn it is. */
  readonly allocator: PidAllocator;

  constructor(strategy: Faulty, options: PidAllocatorOptions) {
    this.#strategy = strategy;
    this.#hire(strategy.createPidAllocator({ ...options, shared: true, workers: WORKERS }));
    const first = this.#workers[0];
    const calls = Object.entries(first).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value];
      const call = (...args: unknown[]): unknown => {
        const worker = this.#workers[this.#turn] as unknown as Record<string, (...args: unknown[]) => unknown>;
        return worker[name](...args);
      };
      return [name, call];
    });
    this.allocator = Object.fromEntries(calls) as PidAllocator;
  }

  #hire(first: PidAllocator): void {
    const more = Array.from({ length: WORKERS - 1 }, () => this.#strategy.attachPidAllocator(first.share()));
    this.#workers = [first, ...more];
  }

  /** Another one makes the calls from here on. */
  turn(choice: number): void {
    this.#turn = choice % WORKERS;
  }

  /** Another one than whose turn it is stops for good, is declared gone, and somebody else comes in its place. */
  kill(choice: number): void {
    const place = (this.#turn + 1 + (choice % (WORKERS - 1))) % WORKERS;
    const gone = this.#workers[place];
    const survivor = this.#workers[this.#turn];
    survivor.declareGone(gone.workerSlot);
    this.#workers[place] = this.#strategy.attachPidAllocator(survivor.share());
  }

  /** Another one than whose turn it is leaves as it should, and comes back. */
  leave(choice: number): void {
    const place = (this.#turn + 1 + (choice % (WORKERS - 1))) % WORKERS;
    this.#workers[place].detach();
    this.#workers[place] = this.#strategy.attachPidAllocator(this.#workers[this.#turn].share());
  }

  /** All go on in a copy of the block. */
  restore(snapshot: Uint8Array): PidAllocator {
    this.#hire(this.#strategy.createPidAllocator({ snapshot, shared: true }));
    return this.allocator;
  }
}
