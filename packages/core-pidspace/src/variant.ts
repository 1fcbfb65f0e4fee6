import { MAX_NR_PIDSPACES, type NsRef, type PidAllocator } from '@pidlab/contract';
import { bind, handleOf, integerArg, locked, NS_LOCK, type State, type Variant, variantOf } from '@pidlab/core';
import { design } from './design.ts';
import { pidspaceFree, pidspaceInit } from './pidns.ts';

/** An allocator whose namespaces can also be made and ended by the id of their space. */
export interface PidspaceAllocator extends PidAllocator {
  /**
   * Makes the space with that id as a namespace below the root with one reference.
   * EINVAL: an id outside `[0, 511]`. EBUSY: it exists, as space 0 always does. ENOMEM. The historic EAGAIN, for the loser
   * of a race, cannot happen: of two workers that make the same space, the second finds it there. Source: `pidspace_init()`, January 2006.
   */
  pidspaceInit(space: number): NsRef;

  /**
   * Gives back a reference of a caller on the space. It lives on until the last number in it is freed, and its id is free
   * only then. EINVAL: an id outside `[0, 511]`. PidBug for a space that does not exist, that no caller holds, or space 0. Source: `pidspace_free()`.
   */
  pidspaceFree(space: number): void;
}

/** Allocators of this design, over blocks of one mode. */
export const variant: Variant<PidspaceAllocator> = variantOf(design, (s) =>
  Object.freeze({ ...bind(s), ...bindSpaces(s) }),
);

function bindSpaces(s: State): Pick<PidspaceAllocator, 'pidspaceInit' | 'pidspaceFree'> {
  const spaceArg = (space: number, op: string) => integerArg(space, op, 'space', 0, MAX_NR_PIDSPACES - 1);
  return {
    pidspaceInit(space) {
      spaceArg(space, 'pidspaceInit');
      return locked(s, NS_LOCK, 'pidspaceInit', () => handleOf(s.words, pidspaceInit(s, space)) as NsRef);
    },
    pidspaceFree(space) {
      spaceArg(space, 'pidspaceFree');
      locked(s, NS_LOCK, 'pidspaceFree', () => pidspaceFree(s, space));
    },
  };
}
