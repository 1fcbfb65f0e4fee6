/**
 * Waiting for children with promises, over the hooks of a table and nothing else: a small module of its own.
 *
 * ```
 *   const waits = createWaits();
 *   const t = createProcessTable({ allocator, initPayload, ...waits.hooks({ exited }) });
 *   const { pid, status } = await waits.wait4(t, caller, -1, 0, { signal: AbortSignal.timeout(1_000) });
 * ```
 *
 * @packageDocumentation
 */
import { PidError } from '@pidlab/contract';
import { WOULD_BLOCK } from './constants.ts';
import type { Hooks, Pidfd, Process, ProcessTable, Waited, WaitResult } from './types.ts';

/** What is used of an AbortSignal, which is not in every library of types. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface WaitAsyncOptions {
  /** Ends the wait: the promise is rejected with the signal's reason, and no child has been reaped. */
  readonly signal?: AbortSignalLike;
}

/** Waits that sleep until there is something to find. Made before its table, which needs the hooks. */
export interface Waits<P> {
  /** The hooks to make the table with: yours, and after each of them what wakes who waits. */
  hooks(own?: Hooks<P>): Hooks<P>;

  /**
   * `wait4` of the table, which sleeps where that says WOULD_BLOCK. Of several waits of one process the first to come is the
   * first to find. Each child is found once, whatever is aborted.
   *
   * The promise is rejected with what `wait4` throws (ECHILD too when the last child has reaped itself meanwhile), with ESRCH when the
   * caller ends first, and with the signal's reason. A caller waits for one thing at a time, and starts no program meanwhile.
   */
  wait4(
    t: ProcessTable<P>,
    caller: Process<P>,
    pid: number,
    options?: number,
    more?: WaitAsyncOptions,
  ): Promise<Waited<P> | undefined>;

  /** The same over `waitid`. */
  waitid(
    t: ProcessTable<P>,
    caller: Process<P>,
    idtype: number,
    id: number | Pidfd,
    options: number,
    more?: WaitAsyncOptions,
  ): Promise<Waited<P> | undefined>;

  /** How many waits sleep. */
  readonly size: number;
}

/** One wait that sleeps. */
interface Sleeper<P> {
  readonly caller: Process<P>;
  /** Looks again; true when that has settled the promise. */
  readonly look: () => boolean;
  readonly end: (reason: unknown) => void;
}

export function createWaits<P>(): Waits<P> {
  /** By the process that waits, in the order in which they came. */
  const asleep = new Map<Process<P>, Set<Sleeper<P>>>();
  let size = 0;

  function sleep(process: Process<P>, sleeper: Sleeper<P>): void {
    const others = asleep.get(process) ?? new Set();
    asleep.set(process, others.add(sleeper));
    size++;
  }

  function wakeUp(process: Process<P>, sleeper: Sleeper<P>): void {
    const others = asleep.get(process);
    if (others?.delete(sleeper) !== true) return;
    size--;
    if (others.size === 0) asleep.delete(process);
  }

  function waitFor(
    caller: Process<P>,
    ask: () => WaitResult<P>,
    { signal }: WaitAsyncOptions = {},
  ): Promise<Waited<P> | undefined> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      // Where the caller is none, the table says so.
      const first = ask();
      if (first !== WOULD_BLOCK) {
        resolve(first);
        return;
      }
      const process = caller.leader;
      const done = (): void => {
        wakeUp(process, sleeper);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => sleeper.end(signal?.reason);
      const sleeper: Sleeper<P> = {
        caller,
        look() {
          try {
            const found = ask();
            if (found === WOULD_BLOCK) return false;
            done();
            resolve(found);
          } catch (error) {
            sleeper.end(error);
          }
          return true;
        },
        end(reason) {
          done();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', onAbort);
      sleep(process, sleeper);
    });
  }

  return {
    hooks: (own = {}) => ({
      ...own,
      childChanged(parent, child) {
        try {
          own.childChanged?.(parent, child);
        } finally {
          for (const sleeper of [...(asleep.get(parent.leader) ?? [])]) sleeper.look();
        }
      },
      exited(process) {
        try {
          own.exited?.(process);
        } finally {
          for (const sleeper of [...(asleep.get(process.leader) ?? [])])
            if (sleeper.caller === process)
              sleeper.end(new PidError('ESRCH', 'waitAsync', 'the caller has ended while it waited'));
        }
      },
    }),
    wait4: (t, caller, pid, options, more) => waitFor(caller, () => t.wait4(caller, pid, options), more),
    waitid: (t, caller, idtype, id, options, more) =>
      waitFor(caller, () => t.waitid(caller, idtype, id, options), more),
    get size() {
      return size;
    },
  };
}
