/**
 * Takes a sentence about something that does not hold. `loss` says that something is missing, which is no violation in a
 * block in which a worker was declared gone: it may have had that in hand. `'mend'` is one with which a block goes on as long
 * as it is the same block, but not one that is made of a snapshot, where nobody knows any more who was in the middle of it.
 */
export type Say = (sentence: string, loss?: boolean | 'mend') => void;
