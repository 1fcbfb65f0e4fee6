import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadTrace, type ReplayResult, replay, runConformance, traceNames } from '@pidlab/conformance';
import type { Strategy } from '@pidlab/contract';
import { type Transcript, transcriptsOf } from './behaviour.ts';
import type { ConformanceEntry, ReplayEntry } from './report/report.ts';

/** What the conformance suite and the recorded builds say of one strategy. */
export interface Checked {
  readonly strategy: string;
  readonly conformance: readonly ConformanceEntry[];
  readonly replay: readonly ReplayEntry[];
  /** What it did in each clause. */
  readonly transcripts: readonly Transcript[];
}

/** Runs the whole suite and all recorded builds on a strategy. */
export async function check(strategy: Strategy): Promise<Checked> {
  return {
    strategy: strategy.traits.strategy,
    conformance: await conformanceOf(strategy),
    replay: replaysOf(strategy),
    transcripts: transcriptsOf(strategy),
  };
}

/** The same in a process of its own, for a built-in strategy, which the signal stops. A process that dies is a failure, not an error. */
export function checkInProcess(name: string, signal?: AbortSignal): Promise<Checked> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('./check-worker.js', import.meta.url)), [name], {
      serialization: 'advanced',
      ...(signal ? { signal } : {}),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let checked: Checked | undefined;
    // Stopped by the signal: `close` comes after it.
    child.on('error', () => {});
    child.on('message', (message: Checked) => {
      checked = message;
    });
    child.on('close', (code, signal) => {
      resolve(checked ?? died(name, `the process that ran it ended (${signal ?? code})`));
    });
  });
}

function died(strategy: string, message: string): Checked {
  const failures = [{ clause: 'all', scope: 'all', message }];
  const conformance = [{ strategy, chapter: 'all', passed: 0, failed: 1, failures }];
  return { strategy, conformance, replay: [], transcripts: [] };
}

/** One entry for each chapter, in the order of the suite. */
async function conformanceOf(strategy: Strategy): Promise<ConformanceEntry[]> {
  const chapters = new Map<string, { passed: number; failures: ConformanceEntry['failures'][number][] }>();
  for await (const { chapter, clause, scope, status, message } of runConformance(strategy)) {
    const entry = chapters.get(chapter) ?? { passed: 0, failures: [] };
    chapters.set(chapter, entry);
    if (status === 'passed') entry.passed++;
    else entry.failures.push({ clause, scope, message: message ?? '' });
  }
  return [...chapters].map(([chapter, { passed, failures }]) => ({
    strategy: strategy.traits.strategy,
    chapter,
    passed,
    failed: failures.length,
    failures,
  }));
}

/** Each recorded build in the root and in a container. */
function replaysOf(strategy: Strategy): ReplayEntry[] {
  return traceNames.flatMap((name) => {
    const trace = loadTrace(name);
    return ([0, 1] as const).map((level): ReplayEntry => {
      const head = { strategy: strategy.traits.strategy, trace: name, level, events: trace.events.length };
      let found: ReplayResult;
      try {
        found = replay(strategy.createPidAllocator, trace, level);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const nothing = { allocations: 0, wraps: 0, maxAlive: 0, orderChecked: 0, orderFollowed: 0 };
        return { ...head, status: 'failed', message, ...nothing };
      }
      const { allocations, wraps, maxAlive, orderChecked, orderFollowed } = found;
      return { ...head, status: 'passed', allocations, wraps, maxAlive, orderChecked, orderFollowed };
    });
  });
}
