/**
 * Mixed work for as long as is wanted. When it has come to its size, in ten parts: what it takes may not grow, and the last part be
 * not much slower than the first.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Choices, choices } from '@pidlab/conformance/random';
import { type Reckoning, stress } from '@pidlab/conformance/stress';
import type { Strategy } from '@pidlab/contract';
import type { Load } from './load.ts';
import { numbersOf } from './numbers.ts';
import { processesOf } from './processes.ts';

export interface SoakOptions {
  readonly strategy: Strategy;
  /** What threads load it by. */
  readonly name: string;
  /** How long it goes on: for so many seconds, or until the loads have done so many operations. */
  readonly length: { readonly seconds: number } | { readonly operations: number };
  readonly seed: number;
  readonly progress?: (line: string) => void;
  /** Ends it before its time: what there is by then is what it came to. */
  readonly signal?: AbortSignal;
}

/** One of the ten parts. */
export interface Part {
  readonly operations: number;
  /**
   * Nanoseconds within which 999 of 1,000 operations of each load were done. Of one that took longer than a moment the time is
   * that of the processor: whatever else the machine had to do meanwhile does not count.
   */
  readonly p999: Readonly<Record<string, number>>;
  /** Bytes in use after it: of JavaScript's heap and other memory that it holds, and of the loads' blocks. */
  readonly heap: number;
  readonly blocks: number;
}

export interface Soaked {
  readonly strategy: string;
  readonly seed: number;
  readonly operations: number;
  readonly wraps: number;
  readonly kills: number;
  readonly parts: readonly Part[];
  readonly seconds: number;
  /** It was ended before its time. */
  readonly stopped?: true;
  /** What is not as it must be. */
  readonly findings: readonly string[];
}

const PARTS = 10;
/** Of each part: threads that are terminated, and what is left the loads share. */
const SHARE_OF_KILLS = 0.2;
/** Operations between two looks at the clock, and of how many one is timed. */
const ROUND = 2_000;
const TIMED = 32;
/** Milliseconds between two moments at which others of this thread get their turn: whoever wants to stop it, for one. */
const TURN = 500;
/** Milliseconds of an operation from which on it is asked how long the processor was at it. */
const MOMENT = 0.1;
/** What the heap and the blocks may grow by from the first part to the last, beside a tenth. */
const HEAP_SLACK = 8 * 2 ** 20;
const BLOCKS_SLACK = 2 ** 18;
/** How much slower the last part may be than the first: so many times, and so many nanoseconds. */
const SLOWER = 3;
const SLOWER_BY = 1_000_000;

// Most of what processes ask for at random is refused, and nobody reads where.
Error.stackTraceLimit = 0;
setFlagsFromString('--expose_gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Runs, and says what it came to. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { strategy, seed, signal } = options;
  const loads = [numbersOf(strategy), processesOf(strategy)];
  const random = choices(seed);
  const parts: Part[] = [];
  const findings: string[] = [];
  const begin = performance.now();
  const isStopped = (): boolean => signal?.aborted === true;
  let kills = 0;
  let operations = 0;
  for (let part = 0; part <= PARTS && findings.length === 0 && !isStopped(); part++) {
    const p999: Record<string, number> = {};
    const start = performance.now();
    let done = 0;
    for (const load of loads) {
      const histogram = createHistogram();
      done += await work(load, shareOf(options, loads.length), random, histogram, signal);
      p999[load.name] = histogram.percentile(99.9);
      findings.push(...load.violations().map((violation) => `${load.name}: ${violation}`));
    }
    if (strategy.traits.shared && !isStopped()) {
      const seconds = ((performance.now() - start) / 1000) * (SHARE_OF_KILLS / (1 - SHARE_OF_KILLS));
      const killed = await withKills(options, seconds, random.below(0x7fff_ffff), findings);
      kills += killed.kills;
      done += killed.operations;
    }
    operations += done;
    const found = { operations: done, p999, ...memory(loads) };
    if (part > 0) parts.push(found);
    options.progress?.(`${strategy.traits.strategy}: ${sentenceOf(part, found)}`);
  }
  if (parts.length === PARTS) findings.push(...judge(parts));
  const wraps = loads.reduce((sum, load) => sum + load.wraps, 0);
  const seconds = Math.round((performance.now() - begin) / 100) / 10;
  const stopped = isStopped() ? { stopped: true as const } : {};
  return { strategy: strategy.traits.strategy, seed, operations, wraps, kills, seconds, ...stopped, parts, findings };
}

/** What one load does in one part: milliseconds, or operations. */
interface Share {
  readonly ms: number;
  readonly operations: number;
}

function shareOf({ length, strategy }: SoakOptions, loads: number): Share {
  const shares = loads * (1 + PARTS);
  if ('operations' in length) return { ms: Number.POSITIVE_INFINITY, operations: length.operations / shares };
  const working = strategy.traits.shared ? 1 - SHARE_OF_KILLS : 1;
  return { ms: (length.seconds * 1000 * working) / shares, operations: Number.POSITIVE_INFINITY };
}

/** Does a load's share of a part, and returns how many operations that were. */
async function work(
  load: Load,
  share: Share,
  random: Choices,
  histogram: RecordableHistogram,
  signal: AbortSignal | undefined,
): Promise<number> {
  const end = performance.now() + share.ms;
  let turn = performance.now() + TURN;
  let done = 0;
  for (;;) {
    for (let i = 0; i < ROUND; i++) {
      if (i % TIMED === 0) histogram.record(timed(load, random));
      else load.step(random);
    }
    done += ROUND;
    const now = performance.now();
    if (now >= end || done >= share.operations || signal?.aborted === true) return done;
    if (now < turn) continue;
    await setImmediate();
    turn = performance.now() + TURN;
  }
}

/** Does an operation and returns how many nanoseconds it took. */
function timed(load: Load, random: Choices): number {
  const before = process.cpuUsage();
  const start = performance.now();
  load.step(random);
  const took = performance.now() - start;
  if (took < MOMENT) return 1 + Math.round(took * 1e6);
  const { user, system } = process.cpuUsage(before);
  return 1 + Math.round(Math.min(took * 1e6, (user + system) * 1e3));
}

async function withKills(options: SoakOptions, seconds: number, seed: number, findings: string[]): Promise<Reckoning> {
  const { strategy, name } = options;
  const said: string[] = [];
  const run = { strategy, name, seconds, seed, workers: 2, kill: true, progress: (line: string) => said.push(line) };
  const reckoning = await stress(run);
  const { duplicates, lost, violations } = reckoning;
  if (duplicates + lost + violations > 0)
    findings.push(`threads, seed ${seed}: ${duplicates} duplicates, ${lost} lost, ${violations} violations`, ...said);
  return reckoning;
}

function memory(loads: readonly Load[]): Pick<Part, 'heap' | 'blocks'> {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  const reserved = loads.reduce((sum, load) => sum + load.usedBytes(), 0);
  return { heap: heapUsed + external, blocks: reserved };
}

/** What the last part has more of than the first may have left it. */
export function judge(parts: readonly Part[]): string[] {
  const [first, last] = [parts[0], parts[parts.length - 1]];
  const findings: string[] = [];
  if (last.heap > first.heap * 1.1 + HEAP_SLACK)
    findings.push(`the heap grew from ${megabytes(first.heap)} to ${megabytes(last.heap)}`);
  if (last.blocks > first.blocks * 1.1 + BLOCKS_SLACK)
    findings.push(`the blocks grew from ${megabytes(first.blocks)} to ${megabytes(last.blocks)}`);
  for (const [name, before] of Object.entries(first.p999)) {
    const after = last.p999[name];
    if (after > before * SLOWER + SLOWER_BY) findings.push(`${name}: p99.9 went from ${before} ns to ${after} ns`);
  }
  return findings;
}

function sentenceOf(part: number, { operations, p999, heap, blocks }: Part): string {
  const slow = Object.entries(p999).map(([name, ns]) => `${name} p99.9 ${(ns / 1000).toFixed(1)} µs`);
  const which = part === 0 ? 'comes to its size' : `part ${part} of ${PARTS}`;
  return `${which}, ${operations} operations, ${slow.join(', ')}, heap ${megabytes(heap)}, blocks ${megabytes(blocks)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
