/** Every call costs what it changes: ten times as many processes are ten times as many steps, whatever they do to each other. */
import * as hierarchical from '@pidlab/core-hierarchical';
import { afterAll, expect, test } from 'vitest';
import type { ProcessTable } from '../src/index.ts';
import { stepsOf, stopCounting } from './steps.ts';
import type { P } from './worlds.ts';

// As built: whatever else runs in this process has loaded the sources, before anything was counted.
const { createProcessTable, SIGCONT, SIGHUP, SIGKILL, SIGSTOP, SIGTERM, SIGUSR1, WNOHANG } = await import(
  '../dist/index.js'
);
afterAll(stopCounting);

type Scenario = (t: ProcessTable<string>, n: number) => (() => void) | undefined;

function many<T>(n: number, make: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => make(i));
}

/** Each prepares something of size n, and gives what is counted. */
const scenarios: Record<string, Scenario> = {
  'children of the root’s init in one group, one stopped, another ends': (t, n) => {
    const kids = many(n, () => t.fork(t.init));
    for (const kid of kids) t.setpgid(t.init, t.getpid(kid), 2);
    t.kill(t.init, 3, SIGSTOP);
    return () => t.exit(kids[n - 1], 0);
  },
  'the same, who handle SIGHUP, one after the other': (t, n) => {
    const kids = many(n, () => t.fork(t.init));
    for (const kid of kids) {
      t.setpgid(t.init, t.getpid(kid), 2);
      t.sigaction(kid, SIGHUP, 'handle');
    }
    t.kill(t.init, 3, SIGSTOP);
    return () => {
      for (const kid of kids) t.exit(kid, 0);
    };
  },
  'stopped jobs whose shell ends': (t, n) => {
    const shell = t.fork(t.init);
    t.setsid(shell);
    const jobs = many(n, () => t.fork(shell));
    for (const job of jobs) t.setpgid(shell, t.getpid(job), t.getpid(jobs[0]));
    t.kill(shell, -t.getpid(jobs[0]), SIGSTOP);
    return () => t.exit(shell, 0);
  },
  'exits in a group with one stopped, whose only tie is its oldest member': (t, n) => {
    const shell = t.fork(t.init);
    t.setsid(shell);
    const lead = t.fork(shell);
    t.setpgid(shell, t.getpid(lead), 0);
    const kids = many(n, () => t.fork(lead));
    t.kill(shell, t.getpid(kids[0]), SIGSTOP);
    return () => {
      for (const kid of kids.slice(1)) t.exit(kid, 0);
    };
  },
  'threads that end, the oldest first': (t, n) => {
    const p = t.fork(t.init);
    const threads = many(n, () => t.clone(p, { thread: true }));
    return () => {
      for (const thread of threads) t.exit(thread, 0);
    };
  },
  'threads that end, the youngest first': (t, n) => {
    const p = t.fork(t.init);
    const threads = many(n, () => t.clone(p, { thread: true }));
    return () => {
      for (const thread of threads.reverse()) t.exit(thread, 0);
    };
  },
  'threads with a child each that end at once, after their leader': (t, n) => {
    const p = t.fork(t.init);
    const threads = many(n, () => t.clone(p, { thread: true }));
    for (const thread of threads) t.fork(thread);
    t.exit(p, 0);
    return () => t.kill(t.init, 2, SIGKILL);
  },
  'a chain that ends from below': (t, n) => {
    const chain = [t.init];
    for (let i = 0; i < n; i++) chain.push(t.fork(chain[i]));
    return () => {
      for (const p of chain.slice(1).reverse()) t.exit(p, 0);
    };
  },
  'a chain under a subreaper that ends from below': (t, n) => {
    const top = t.fork(t.init);
    t.setChildSubreaper(top, true);
    const chain = [top];
    for (let i = 0; i < n; i++) chain.push(t.fork(chain[i]));
    return () => {
      for (const p of chain.slice(1).reverse()) {
        t.exit(p, 0);
        t.wait4(top, -1, WNOHANG);
      }
    };
  },
  'a chain that ends from above': (t, n) => {
    const chain = [t.init];
    for (let i = 0; i < n; i++) chain.push(t.fork(chain[i]));
    return () => {
      for (const p of chain.slice(1)) t.exit(p, 0);
    };
  },
  'children that end in an order of their own, and are waited for': (t, n) => {
    const p = t.fork(t.init);
    const kids = many(n, () => t.fork(p));
    return () => {
      for (let i = 0; i < n; i++) t.exit(kids[(i * 7_919) % n], 0);
      for (let i = 0; i < n; i++) t.wait4(p, -1);
    };
  },
  'children that end the oldest first, then the youngest down': (t, n) => {
    const p = t.fork(t.init);
    const kids = many(n, () => t.fork(p));
    return () => {
      t.exit(kids[0], 0);
      for (const kid of kids.slice(1).reverse()) t.exit(kid, 0);
    };
  },
  'a session whose groups end one after the other': (t, n) => {
    const lead = t.fork(t.init);
    t.setsid(lead);
    const kids = many(n, () => t.fork(lead));
    for (const kid of kids) t.setpgid(lead, t.getpid(kid), 0);
    t.exit(lead, 0);
    t.wait4(t.init, 2);
    return () => {
      for (const kid of kids) {
        t.exit(kid, 0);
        t.wait4(t.init, -1);
      }
    };
  },
  'a namespace that ends': (t, n) => {
    const box = t.clone(t.init, { newPid: true });
    let last: P = box;
    for (let i = 0; i < n; i++) last = t.fork(i % 3 === 0 ? box : last);
    return () => t.kill(t.init, t.allocator.pidNr(box.pid), SIGKILL);
  },
  'signals to a stopped process, and SIGCONT': (t, n) => {
    const p = t.fork(t.init);
    for (const signal of [SIGUSR1, SIGTERM, 40]) t.sigaction(p, signal, 'handle');
    t.kill(t.init, 2, SIGSTOP);
    return () => {
      for (let i = 0; i < n; i++) for (const signal of [SIGUSR1, SIGTERM, 40]) t.kill(t.init, 2, signal);
      t.kill(t.init, 2, SIGCONT);
    };
  },
  'all invariants of a chain': (t, n) => {
    let last = t.init;
    for (let i = 0; i < n; i++) last = t.fork(last);
    return () => void t.checkInvariants();
  },
  'all invariants of one family': (t, n) => {
    for (let i = 0; i < n; i++) t.fork(t.init);
    return () => void t.checkInvariants();
  },
};

/** STEPS=100000 in the environment looks at more. */
const LARGE = Number(process.env.STEPS ?? 3_000);
const SMALL = LARGE / 10;

function measure(scenario: Scenario, n: number): number {
  const allocator = hierarchical.createPidAllocator({ capacity: 2 * n + 64, namespaces: 16, pidMax: 4_194_304 });
  const t = createProcessTable<string>({ allocator, initPayload: '' });
  return stepsOf(scenario(t, n)!);
}

for (const [name, scenario] of Object.entries(scenarios)) {
  test(name, () => {
    const [small, large] = [measure(scenario, SMALL), measure(scenario, LARGE)];
    // Ten times as many, and a level more in a set of places.
    expect(large / small, `${small} steps for ${SMALL}, ${large} for ${LARGE}`).toBeLessThan(14);
  });
}

test('who waits at its end costs nobody else anything', () => {
  const allocator = hierarchical.createPidAllocator({ capacity: 4_096, namespaces: 1_024 });
  const t = createProcessTable<string>({ allocator, initPayload: '' });
  const visitor = t.fork(t.init);
  const round = (): void => {
    t.exit(t.fork(t.init), 0);
    t.wait4(t.init, -1);
  };
  const before = stepsOf(round);
  for (let i = 0; i < 500; i++) {
    const box = t.clone(t.init, { newPid: true });
    t.setns(visitor, box.pidNs);
    t.fork(visitor);
    t.exit(box, 0);
    expect(box.state).toBe('exiting');
  }
  t.setns(visitor, t.init.pidNs);
  expect(stepsOf(round)).toBeLessThan(before * 1.5);
});
