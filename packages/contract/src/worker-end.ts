/**
 * When the thread of a worker has truly ended, which is when `declareGone` may be called for it. In browsers `terminate()`
 * returns while the worker may still run for seconds, and a block in which it goes on after it was declared gone is corrupt.
 *
 * - Node: a worker's `exit` event comes after its thread has ended.
 * - Browsers: a worker holds a Web Lock from before it attaches. The browser takes it away when the thread is gone.
 * - Elsewhere it cannot be known: Deno says that a thread has ended while it runs, and of Bun nobody has shown the contrary.
 *
 * @packageDocumentation
 */
import { PidBug } from './errors.ts';

/** What is used of Node's workers, and of those of browsers nothing. */
interface Exiting {
  readonly threadId: number;
  once(event: 'exit', listener: () => void): unknown;
}

interface Locks {
  request(name: string, whenHeld: () => Promise<void> | undefined): Promise<unknown>;
}

/** What there may be, depending on where this runs. */
interface Host {
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly Deno?: unknown;
  readonly Bun?: unknown;
  readonly navigator?: { readonly locks?: Locks };
  readonly crypto?: { randomUUID?(): string };
}

const PREFIX = 'pidlab thread ';

/**
 * To be called in a worker, and awaited, before it attaches: from then on its thread is held by a lock of the browser's, whose
 * name this is. Post it to whoever may declare the worker gone. undefined where there are no such locks, or none are needed.
 */
export function holdThread(): Promise<string | undefined> {
  const host = globalThis as Host;
  const locks = host.navigator?.locks;
  const id = host.crypto?.randomUUID?.();
  if (isNode(host) || locks === undefined || id === undefined) return Promise.resolve(undefined);
  const hold = PREFIX + id;
  return new Promise((resolve, reject) => {
    const held = locks.request(hold, () => {
      resolve(hold);
      // Never let go of: the browser does that when there is no thread any more.
      return new Promise<void>(() => {});
    });
    held.catch(reject);
  });
}

/**
 * Resolves when the thread of `worker` has ended, however it came to that; it does not end it. `hold` is what `holdThread` gave
 * in the worker; Node needs none. Rejects with PidBug where it cannot be known.
 */
export async function threadEnd(worker: unknown, hold?: string): Promise<void> {
  const host = globalThis as Host;
  if (isNode(host) && isExiting(worker)) return exitOf(worker);
  const locks = host.navigator?.locks;
  if (hold === undefined || locks === undefined) throw unknowable(host);
  if (typeof hold !== 'string' || !hold.startsWith(PREFIX))
    throw new PidBug('threadEnd', 'hold has to be what holdThread() gave in the worker, before it attached');
  await locks.request(hold, () => undefined);
}

/** A worker of Node that has ended has a thread id of -1. */
function exitOf(worker: Exiting): Promise<void> {
  return new Promise((resolve) => {
    if (worker.threadId === -1) resolve();
    else worker.once('exit', () => resolve());
  });
}

/** Others pass for it, with workers that say something else. */
function isNode({ process, Deno, Bun }: Host): boolean {
  return process?.versions?.node !== undefined && Deno === undefined && Bun === undefined;
}

function isExiting(worker: unknown): worker is Exiting {
  const given = worker as Partial<Exiting> | null | undefined;
  return typeof given?.threadId === 'number' && typeof given.once === 'function';
}

function unknowable({ Deno, Bun }: Host): PidBug {
  const where = Deno !== undefined ? 'in Deno' : Bun !== undefined ? 'in Bun' : 'of this worker';
  return new PidBug(
    'threadEnd',
    `it cannot be known ${where} when the thread has ended; let the worker call detach() before it stops, or pass what ` +
      'holdThread() gave in it before it attached',
  );
}
