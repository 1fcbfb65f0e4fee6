import { PidBug } from '@pidlab/contract';
import * as hierarchical from '@pidlab/core-hierarchical';
import { describe, expect, test } from 'vitest';
import {
  createProcessTable,
  type Hooks,
  P_ALL,
  type ProcessTable,
  SIGCHLD,
  SIGKILL,
  SIGSTOP,
  WEXITED,
  WNOHANG,
  WUNTRACED,
} from '../src/index.ts';
import { createWaits, type Waits } from '../src/wait-async.ts';

function world(own?: Hooks<string>): { t: ProcessTable<string>; waits: Waits<string> } {
  const waits = createWaits<string>();
  const allocator = hierarchical.createPidAllocator({ capacity: 256, namespaces: 8 });
  return { t: createProcessTable({ allocator, initPayload: 'init', ...waits.hooks(own) }), waits };
}

/** What has become of each promise by now. */
async function now(...promises: Promise<unknown>[]): Promise<unknown[]> {
  const open = Symbol('open');
  return await Promise.all(
    promises.map(async (promise) => {
      const first = await Promise.race([promise, Promise.resolve(open)]).catch((error) => error.code ?? error.message);
      return first === open ? 'open' : typeof first === 'object' && first !== null ? Reflect.get(first, 'pid') : first;
    }),
  );
}

describe('waitAsync', () => {
  test('sleeps until a child has ended, and finds one that has at once', async () => {
    const { t, waits } = world();
    const [a, b] = [t.fork(t.init), t.fork(t.init)];
    t.exit(a, 1);
    expect(await waits.wait4(t, t.init, -1)).toMatchObject({ pid: 2, value: 1, process: a });
    const later = waits.wait4(t, t.init, -1);
    expect([await now(later), waits.size]).toEqual([['open'], 1]);
    t.exit(b, 2);
    expect(await later).toMatchObject({ pid: 3, value: 2 });
    expect([b.state, waits.size]).toEqual(['dead', 0]);
  });

  test('the first to come is the first to find, each child once', async () => {
    const { t, waits } = world();
    const kids = [t.fork(t.init), t.fork(t.init), t.fork(t.init)];
    const all = [waits.wait4(t, t.init, -1), waits.wait4(t, t.init, 3), waits.waitid(t, t.init, P_ALL, 0, WEXITED)];
    t.exit(kids[1], 0);
    // The first took the child that the second had asked for.
    expect(await now(...all)).toEqual([3, 'ECHILD', 'open']);
    t.exit(kids[0], 0);
    expect(await now(...all)).toEqual([3, 'ECHILD', 2]);
    expect(t.size).toBe(2);
  });

  test('threads of a process find each other’s children', async () => {
    const { t, waits } = world();
    const p = t.fork(t.init);
    const thread = t.clone(p, { thread: true });
    const child = t.fork(p);
    const found = waits.wait4(t, thread, -1);
    t.exit(child, 0);
    expect(await now(found)).toEqual([4]);
  });

  test('stops are found, WNOHANG does not sleep', async () => {
    const { t, waits } = world();
    const child = t.fork(t.init);
    expect(await waits.wait4(t, t.init, -1, WNOHANG)).toBeUndefined();
    const stopped = waits.wait4(t, t.init, -1, WUNTRACED);
    t.kill(t.init, 2, SIGSTOP);
    expect(await stopped).toMatchObject({ process: child, value: SIGSTOP });
  });

  test('an aborted wait has reaped nobody', async () => {
    const { t, waits } = world();
    const child = t.fork(t.init);
    const controller = new AbortController();
    const { signal } = controller;
    const wait = waits.wait4(t, t.init, -1, 0, { signal });
    controller.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
    await expect(waits.wait4(t, t.init, -1, 0, { signal })).rejects.toThrow('enough');
    t.exit(child, 0);
    expect([child.state, waits.size]).toEqual(['zombie', 0]);
    const other = new AbortController();
    expect(await waits.wait4(t, t.init, -1, 0, { signal: other.signal })).toMatchObject({ pid: 2 });
    other.abort();
  });

  test('a signal that speaks again when the wait is over changes nothing', async () => {
    const { t, waits } = world();
    const [a, b] = [t.fork(t.init), t.fork(t.init)];
    const listeners: (() => void)[] = [];
    const signal = {
      aborted: false,
      reason: 'again',
      addEventListener: (_: 'abort', listener: () => void) => listeners.push(listener),
      removeEventListener() {},
    };
    const [first, second] = [2, 3].map((nr) => waits.wait4(t, t.init, nr, 0, { signal }));
    t.exit(a, 0);
    listeners[0]();
    // The other still sleeps, and is counted once.
    expect([await now(first, second), waits.size]).toEqual([[2, 'open'], 1]);
    t.exit(b, 0);
    for (const listener of listeners) listener();
    expect([await now(first, second), waits.size]).toEqual([[2, 3], 0]);
  });

  test('another thread may end while one waits', async () => {
    const { t, waits } = world();
    const p = t.fork(t.init);
    const threads = [t.clone(p, { thread: true }), t.clone(p, { thread: true })];
    const child = t.fork(p);
    const wait = waits.wait4(t, threads[0], -1);
    t.exit(threads[1], 0);
    expect([await now(wait), waits.size]).toEqual([['open'], 1]);
    t.exit(child, 0);
    expect(await wait).toMatchObject({ process: child });
  });

  test('who ends while it waits is told; so is who has no children any more', async () => {
    const { t, waits } = world();
    const p = t.fork(t.init);
    t.fork(p);
    const wait = waits.wait4(t, p, -1);
    t.kill(t.init, 2, SIGKILL);
    await expect(wait).rejects.toMatchObject({ code: 'ESRCH' });
    const q = t.fork(t.init);
    t.sigaction(q, SIGCHLD, 'ignore');
    const last = t.fork(q);
    const none = waits.wait4(t, q, -1);
    t.exit(last, 0);
    await expect(none).rejects.toMatchObject({ code: 'ECHILD' });
    await expect(waits.wait4(t, {} as never, -1)).rejects.toThrow(PidBug);
    expect(waits.size).toBe(0);
  });

  test('hooks of one’s own come first, and what they throw keeps nobody asleep', async () => {
    const told: string[] = [];
    const { t, waits } = world({
      childChanged: (_, child) => {
        told.push(`${child.payload} ${child.state}`);
        throw new Error('a hook');
      },
      exited: ({ payload }) => void told.push(payload),
    });
    const child = t.fork(t.init, 'child');
    const found = waits.wait4(t, t.init, -1);
    expect(() => t.exit(child, 0)).toThrow('a hook');
    expect([await now(found), told]).toEqual([[2], ['child', 'child zombie']]);
  });
});
