/**
 * Faults on purpose, as the kernel's failslab makes them: whoever is about to take memory asks here whether there is to be none.
 * Only in the sources and in what `@pidlab/trials` builds: `if (CHECKED && isFault(…))`. Nothing of it is in a published bundle.
 */

/** Whether what is about to be taken is to be refused, as if there were none. */
export type Faults = (place: string) => boolean;

/** A page for a cache. The places beside these are the caches, by their names. */
export const SLAB_PAGE = 'slab page';
/** A page for a pidmap. */
export const PIDMAP_PAGE = 'pidmap page';
/** The serial of a namespace. */
export const SERIALS = 'serial';

/** Nobody is asked at first. */
let faults: Faults = () => false;

/** From here on, `next` is asked in every allocator of this thread; without it nobody is. */
export function injectFaults(next: Faults = () => false): void {
  faults = next;
}

/** Whether that is to fail now. Asked once each time it would be taken. */
export function isFault(place: string): boolean {
  return faults(place);
}
