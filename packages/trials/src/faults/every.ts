/** Refuses memory at each place, each time that it is asked for there, and looks at what comes of it. */
import { type PidAllocator, PidError } from '@pidlab/contract';
import { OPTIONS, type Stage, type Step, stageOver, stepsFor } from './scenario.ts';
import type { Faulty } from './strategy.ts';

/** What a search came to. */
export interface Searched {
  /** How often memory was asked for at each place. */
  readonly places: ReadonlyMap<string, number>;
  /** Functions of the allocator that were called. */
  readonly called: ReadonlySet<string>;
  /** Functions that failed for want of memory, and how often. */
  readonly failed: ReadonlyMap<string, number>;
}

/** Plays the scenario once for each place and each time that memory is taken there. Throws where something is not as documented. */
export function failEverywhere(strategy: Faulty, shared: boolean): Searched {
  const called = new Set<string>();
  const failed = new Map<string, number>();
  const places = new Map<string, number>();
  play(strategy, shared, called, failed, (place) => {
    places.set(place, (places.get(place) ?? 0) + 1);
    return false;
  });
  for (const [place, times] of places) {
    for (let n = 1; n <= times; n++) {
      let left = n;
      try {
        play(strategy, shared, called, failed, (at) => at === place && --left === 0);
      } catch (error) {
        throw new Error(`${place}, time ${n} of ${times}: ${error}`, { cause: error });
      }
    }
  }
  return { places, called, failed };
}

/** In a shared block two workers take turns. */
function play(
  strategy: Faulty,
  shared: boolean,
  called: Set<string>,
  failed: Map<string, number>,
  isFault: (place: string) => boolean,
): void {
  const first = strategy.createPidAllocator({ ...OPTIONS, shared, ...(shared ? { workers: 2 } : {}) });
  const workers = [first, ...(shared ? [strategy.attachPidAllocator(first.share())] : [])];
  const seen = workers.map((worker) => watched(worker, called));
  const stage = stageOver(first);
  const fresh = taken(first);
  let fault = '';
  strategy.injectFaults((place) => {
    const isIt = isFault(place);
    if (isIt) fault = place;
    return isIt;
  });
  try {
    for (const [i, step] of stepsFor(strategy.traits).entries()) {
      attempt(step, { ...stage, a: seen[i % seen.length] }, () => fault, failed);
      if (fault === '') continue;
      fault = '';
      mustHold(first);
    }
  } finally {
    strategy.injectFaults();
  }
  for (const worker of workers.slice(1)) worker.detach();
  mustHold(first);
  same(fresh, taken(first), 'what is in use at the end');
}

/** A step that meets a fault fails as documented, has taken nothing, and can be done after that. */
function attempt(step: Step, stage: Stage, fault: () => string, failed: Map<string, number>): void {
  const before = taken(stage.a);
  try {
    step(stage);
  } catch (error) {
    if (fault() === '' || !(error instanceof PidError) || error.code !== 'ENOMEM') throw error;
    failed.set(error.op, (failed.get(error.op) ?? 0) + 1);
    same(before, taken(stage.a), `what is in use after ${error.message}`);
    mustHold(stage.a);
    step(stage);
    return;
  }
  // Where there is no page for the next number, one of another page will do.
  if (fault() !== '' && fault() !== 'pidmap page') throw new Error(`nothing failed for want of a ${fault()}`);
}

/** Objects in use, and pages of maps. */
export function taken(a: PidAllocator): unknown {
  const { pids, namespaces, tasks } = a.stats();
  const active = a.slabInfo().filter(({ activeObjects }) => activeObjects > 0);
  return { pids, namespaces, tasks, active: active.map(({ name, activeObjects }) => `${name} ${activeObjects}`) };
}

/** Nothing is violated, and nothing lost. */
export function mustHold(a: PidAllocator): void {
  same({ violations: [], leaked: [] }, a.checkInvariants(), 'what does not hold');
}

/** Throws unless both are alike as JSON. */
export function same(expected: unknown, found: unknown, what: string): void {
  const [e, f] = [JSON.stringify(expected), JSON.stringify(found)];
  if (e === f) return;
  const from = Math.max(0, [...e].findIndex((char, i) => char !== f[i]) - 100);
  throw new Error(`${what}: ${f.slice(from, from + 300)}, not ${e.slice(from, from + 300)}`);
}

/** The same allocator or table, which notes what is called. */
export function watched<T extends object>(subject: T, called: Set<string>): T {
  const properties = Object.getOwnPropertyDescriptors(subject) as PropertyDescriptorMap;
  for (const [name, { value }] of Object.entries(properties)) {
    if (typeof value !== 'function') continue;
    const call = (...args: unknown[]): unknown => {
      called.add(name);
      return value(...args);
    };
    properties[name] = { value: call, enumerable: true };
  }
  return Object.defineProperties({}, properties) as T;
}
