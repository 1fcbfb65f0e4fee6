/**
 * Takes a sentence about something that does not hold. `isLoss` says that something is missing, which is no violation in a
 * block in which a worker was declared gone: it may have had that in hand.
 */
export type Say = (sentence: string, isLoss?: boolean) => void;
