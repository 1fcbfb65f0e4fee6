/** The expected failures, in sentences: what was asked, what stood in the way, what to do. */
import { PidBug, PidError, type Traits } from '@pidlab/contract';
import { CACHE, NS } from '../layout.ts';
import { cacheName } from '../memory/slab.ts';
import type { State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { floorOf } from './floor.ts';

const RETIRED = CACHE.at.retired;

/** What a map returns in place of a number: every one that may be given is taken. */
export const FULL = -1;
/** The same: no memory for what marks it as taken. */
export const NO_MEMORY = -2;
/** The same: the chosen number is not free. */
export const TAKEN = -3;
/** The same: the namespace was closed. */
export const CLOSED = -4;
/** The same: the chosen number cannot be had there. */
export const INVALID = -5;

/** One more would not be counted. */
export function tooManyReferences(op: string, what: string, limit: number): PidBug {
  return new PidBug(op, `the ${what} has ${limit} references, which is the most; put some`);
}

/** The block is full. */
export function noMemory(op: string, what: string): PidError {
  const raise = 'free something, or create the allocator with a larger capacity, namespaces or memory';
  return new PidError('ENOMEM', op, `the block has no room for ${what}; ${raise}`);
}

/** The block has no room for one more record of a cache, or has used all that it had room for up. */
export function noRecord(s: State, cache: number, op: string, what: string): PidError {
  const w = s.words;
  // Whoever asks has found none free, so one that is in use is all that could be freed.
  if (w[cache + RETIRED] === 0 || w[cache + CACHE.at.active] > 0) return noMemory(op, what);
  const why = `all ${w[cache + RETIRED]} records of ${cacheName(s, cache)} have had all their lives (slabInfo: retiredObjects)`;
  // Pages of other caches come back in a block for one thread alone.
  const todo = SHARED ? 'so freeing does not help; create' : 'so free what is of another kind, or create';
  return new PidError('ENOMEM', op, `the block has no room for ${what}: ${why}, ${todo} a new allocator`);
}

/** Every serial is remembered. */
export function noSerials(op: string): PidError {
  const why = 'pids that are kept still name every namespace that there could be';
  return new PidError('ENOMEM', op, `${why}; put references on pids that were freed`);
}

/** The design cannot nest that deep. */
export function tooDeep(traits: Traits): PidError {
  const limit = `the ${traits.strategy} design nests ${traits.maxLevel} deep; make the namespace higher up`;
  return new PidError('ENOSPC', 'copyPidNs', limit);
}

/** The namespace was closed. */
export function closed(level: number): PidError {
  const why = 'disablePidAllocation or zapPidNsProcesses closed it, and it stays closed';
  return new PidError('ENOMEM', 'allocPid', `the namespace at level ${level} takes no new pids: ${why}`);
}

/** The number at that place of the list cannot be had in its namespace. */
export function badChoice(s: State, nsAt: number, nr: number | undefined, place: number): PidError {
  const max = s.design.map.mostChosen(s, nsAt);
  const why = max === 1 ? ', since that namespace has no reaper yet' : '';
  const range = max < 1 ? 'no number can be chosen, since pidMax is 1' : `it has to be in [1, ${max}]${why}`;
  const level = s.words[nsAt + NS.at.level];
  return new PidError('EINVAL', 'allocPid', `setTid[${place}] is ${nr}; at level ${level} ${range}`);
}

/** What was returned in place of a number, as an error: of the next one, or of the one chosen at that place of the list. */
export function noNumber(s: State, nsAt: number, failure: number, chosen?: number, place = 0): Error {
  const level = s.words[nsAt + NS.at.level];
  if (failure === CLOSED) return closed(level);
  if (failure === NO_MEMORY) return noMemory('allocPid', `a number in the map at level ${level}`);
  if (failure === INVALID) return badChoice(s, nsAt, chosen, place);
  if (failure === TAKEN) {
    return new PidError('EEXIST', 'allocPid', `number ${chosen} is taken at level ${level}; choose another, or none`);
  }
  const range = `[${floorOf(s.words, nsAt)}, ${s.words[nsAt + NS.at.pidMax]})`;
  const todo = 'free a pid there, or raise its limit with setPidMax';
  return new PidError(
    'EAGAIN',
    'allocPid',
    `no number is free in ${range} of the namespace at level ${level}; ${todo}`,
  );
}
