/** The expected failures, in sentences: what was asked, what stood in the way, what to do. */
import { PidBug, PidError, type Traits } from '@pidlab/contract';
import { NS } from '../layout.ts';
import type { State } from '../types.ts';

/** What a pidmap returns in place of a number: every one that may be given is taken. */
export const FULL = -1;
/** The same: no page for the bitmap. */
export const NO_MEMORY = -2;
/** The same: the chosen number is not free. */
export const TAKEN = -3;
/** The same: the namespace was closed. */
export const CLOSED = -4;

/** One more would not be counted. */
export function tooManyReferences(op: string, what: string, limit: number): PidBug {
  return new PidBug(op, `the ${what} has ${limit} references, which is the most; put some`);
}

/** The block is full. */
export function noMemory(op: string, what: string): PidError {
  const raise = 'free something, or create the allocator with a larger capacity, namespaces or memory';
  return new PidError('ENOMEM', op, `the block has no room for ${what}; ${raise}`);
}

/** More namespaces were made than there are serials. */
export function noSerials(op: string): PidError {
  return new PidError('ENOMEM', op, 'this allocator has made all the namespaces it can name; create a new one');
}

/** The design cannot nest that deep. */
export function tooDeep(traits: Traits): PidError {
  const limit = `the ${traits.strategy} design nests ${traits.maxLevel} deep; make the namespace higher up`;
  return new PidError('ENOSPC', 'copyPidNs', limit);
}

/** There is no record for a pid of that namespace: it was closed, or the block is full. */
export function noPid(s: State, nsAt: number): PidError {
  if (s.words[nsAt + NS.at.disabled] === 0) return noMemory('allocPid', 'a pid');
  return closed(s.words[nsAt + NS.at.level]);
}

function closed(level: number): PidError {
  const why = 'disablePidAllocation or zapPidNsProcesses closed it, and it stays closed';
  return new PidError('ENOMEM', 'allocPid', `the namespace at level ${level} takes no new pids: ${why}`);
}

/** What `allocPidmap` or `takePidmap` returned in place of a number, as an error. */
export function noNumber(s: State, nsAt: number, failure: number, chosen: number | undefined): Error {
  const level = s.words[nsAt + NS.at.level];
  if (failure === CLOSED) return closed(level);
  if (failure === NO_MEMORY) return noMemory('allocPid', `a page of the pidmap at level ${level}`);
  if (failure === TAKEN) {
    return new PidError('EEXIST', 'allocPid', `number ${chosen} is taken at level ${level}; choose another, or none`);
  }
  const range = `[${s.words[nsAt + NS.at.floor]}, ${s.words[nsAt + NS.at.pidMax]})`;
  const todo = 'free a pid there, or raise its limit with setPidMax';
  return new PidError(
    'EAGAIN',
    'allocPid',
    `no number is free in ${range} of the namespace at level ${level}; ${todo}`,
  );
}
