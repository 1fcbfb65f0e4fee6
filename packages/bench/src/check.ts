import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadTrace, plan, type ReplayResult, replay, runCase, traceNames } from '@pidlab/conformance';
import type { Strategy } from '@pidlab/contract';
import { type Transcript, transcriptsOf } from './behaviour.ts';
import { builtFile } from './builtins.ts';
import type { Count } from './observe/counted.ts';
import type { ConformanceEntry, ReplayEntry } from './report/report.ts';
import type { SubjectSpec } from './subjects.ts';
import type { Tally } from './tallies/tally.ts';

/** What is found out about one strategy without a clock. */
export interface Checked {
  readonly strategy: string;
  readonly conformance: readonly ConformanceEntry[];
  readonly replay: readonly ReplayEntry[];
  /** What each call does to memory, exactly; nothing for a strategy without a block of words. */
  readonly counts: readonly Count[];
  readonly tallies: readonly Tally[];
  /** What it did in each clause. */
  readonly transcripts: readonly Transcript[];
}

/** What is to be checked. */
export interface CheckOptions {
  /** Whether the clauses about sheer size are tried too; they take as long as a quarter of the others. */
  readonly scale: boolean;
}

/** Runs the suite and all recorded builds on a strategy, and counts what it does to memory. */
export async function check(strategy: Strategy, { id, module }: SubjectSpec, options: CheckOptions): Promise<Checked> {
  const conformance = conformanceOf(strategy, options).map((entry) => ({ ...entry, strategy: id }));
  const replay = replaysOf(strategy).map((entry) => ({ ...entry, strategy: id }));
  const isBlock = (strategy.traits.memory ?? 'block') === 'block';
  // Loaded here, since nothing else needs the parser.
  const [{ countOf }, { talliesOf }] = await Promise.all([import('./observe/count.ts'), import('./tallies/index.ts')]);
  const counts = isBlock ? await countOf(id, builtFile(id, module)) : [];
  const tallies = await talliesOf(id, strategy, module);
  return { strategy: id, conformance, replay, counts, tallies, transcripts: transcriptsOf(strategy) };
}

/** The same in a process of its own, which the signal stops. A process that dies is a failure, not an error. */
export function checkInProcess(spec: SubjectSpec, options: CheckOptions, signal?: AbortSignal): Promise<Checked> {
  return new Promise((resolve) => {
    const asked = [spec, options].map((each) => JSON.stringify(each));
    const child = fork(fileURLToPath(new URL('../dist/check-worker.js', import.meta.url)), asked, {
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
      resolve(checked ?? died(spec.id, `the process that ran it ended (${signal ?? code})`));
    });
  });
}

function died(strategy: string, message: string): Checked {
  const failures = [{ clause: 'all', scope: 'all', message }];
  const conformance = [{ strategy, chapter: 'all', passed: 0, failed: 1, failures }];
  return { strategy, conformance, replay: [], counts: [], tallies: [], transcripts: [] };
}

/** One entry for each chapter, in the order of the suite. */
function conformanceOf(strategy: Strategy, { scale }: CheckOptions): ConformanceEntry[] {
  const chapters = new Map<string, { passed: number; failures: ConformanceEntry['failures'][number][] }>();
  const leftOut = new Map<string, Set<string>>();
  for (const each of plan(strategy)) {
    const { chapter, clause, scope } = each;
    if (clause.scale && !scale) {
      leftOut.set(chapter.id, (leftOut.get(chapter.id) ?? new Set()).add(clause.id));
      continue;
    }
    const entry = chapters.get(chapter.id) ?? { passed: 0, failures: [] };
    chapters.set(chapter.id, entry);
    const { status, message } = runCase(each);
    if (status === 'passed') entry.passed++;
    else entry.failures.push({ clause: clause.id, scope: scope.name, message: message ?? '' });
  }
  return [...chapters].map(([chapter, { passed, failures }]) => ({
    strategy: strategy.traits.strategy,
    chapter,
    passed,
    failed: failures.length,
    failures,
    ...(leftOut.has(chapter) ? { leftOut: [...(leftOut.get(chapter) ?? [])] } : {}),
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
