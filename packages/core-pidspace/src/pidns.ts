/**
 * A namespace is a space: it owns an id below 512, which is part of every number in it. The id is free again when the
 * namespace is gone, and that is when its last number is.
 */
import { MAX_NR_PIDSPACES, PID_MAX_LIMIT, PidBug, PidError } from '@pidlab/contract';
import { createNs, findNextZeroBit, HEADER, NS, putUser, type State } from '@pidlab/core';

const SPACE = NS.at.space;
const { rootNs: ROOT_NS, spaces: SPACES, spaceMap: SPACE_MAP } = HEADER.at;

/** ENOSPC when all 511 ids beside the root's are owned. */
export function admitNs(s: State): void {
  if (lowestFreeSpace(s) !== MAX_NR_PIDSPACES) return;
  const full = `all ${MAX_NR_PIDSPACES - 1} spaces exist; put one and free its pids first`;
  throw new PidError('ENOSPC', 'copyPidNs', full);
}

/** A new namespace owns the lowest free id. */
export function claimNs(s: State, nsAt: number): void {
  ownSpace(s, nsAt, lowestFreeSpace(s));
}

/** The id is free again. The owner goes last: whoever ends this for a gone worker sees by it that there is something to do. */
export function releaseNs(s: State, nsAt: number): void {
  const space = s.words[nsAt + SPACE];
  if (s.words[SPACES + space] !== nsAt) return;
  s.words[SPACE_MAP + (space >>> 5)] &= ~(1 << space);
  s.words[SPACES + space] = 0;
}

/** Makes the space with that id; EBUSY when it exists, ENOMEM. Locking: under `nsLock`. Source: `pidspace_init()`. */
export function pidspaceInit(s: State, space: number): number {
  if (isSpace(s, space))
    throw new PidError('EBUSY', 'pidspaceInit', `space ${space} exists; free it first, or take another`);
  return createNs(s, s.words[ROOT_NS], PID_MAX_LIMIT, 'pidspaceInit', (nsAt) => ownSpace(s, nsAt, space));
}

/** Gives back the reference that `pidspaceInit` took; the space goes with its last number. Locking: under `nsLock`. Source: `pidspace_free()`. */
export function pidspaceFree(s: State, space: number): void {
  if (!isSpace(s, space)) throw new PidBug('pidspaceFree', `space ${space} does not exist`);
  if (space === 0) throw new PidBug('pidspaceFree', 'space 0 is the root, which is never destroyed');
  putUser(s, s.words[SPACES + space], 'pidspaceFree');
}

function isSpace(s: State, space: number): boolean {
  return space === 0 || s.words[SPACES + space] !== 0;
}

function ownSpace(s: State, nsAt: number, space: number): void {
  s.words[nsAt + SPACE] = space;
  s.words[SPACES + space] = nsAt;
  s.words[SPACE_MAP + (space >>> 5)] |= 1 << space;
}

/** MAX_NR_PIDSPACES when none is free. The root's id, 0, is nobody else's. */
function lowestFreeSpace(s: State): number {
  return findNextZeroBit(s.words, SPACE_MAP, 1, MAX_NR_PIDSPACES);
}
