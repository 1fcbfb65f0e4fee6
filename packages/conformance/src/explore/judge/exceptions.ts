/**
 * What the contract allows beyond one instant for each call. Each has the contract's own words: a test holds them against
 * `allocator.ts`, so that the judge knows exactly what the contract says, and nothing else.
 */

/** An exception by its short name. */
export type Exception = 'numbers' | 'freeing' | 'windows' | 'tasks' | 'find-get' | 'walks' | 'reports';

/** The contract's list, in its order. */
export const EXCEPTIONS: Readonly<Record<Exception, string>> = {
  numbers:
    '`allocPid` takes its numbers one after the other, innermost first, and the pid appears under all of them at once. So ' +
    'EAGAIN says that each number of a map was taken at some moment of the call, and EEXIST that the chosen one was: by a ' +
    "pid, or by an allocation that has not succeeded yet and perhaps will not. Nor need a namespace's first pid be number 1 " +
    'where an allocation that fails had that number meanwhile.',
  freeing: '`freePid` ends the pid under all its numbers at once, and after that gives them back one by one.',
  windows:
    'Where workers have windows, `setLastPid` moves the cursor first and voids the windows then, and an allocation that goes on ' +
    'at the floor does the same: until they return, some are given numbers from the new cursor on, and others of their windows.',
  tasks:
    "`attachPid`, `detachPid` and `transferPid` change the task and the pid's list one after the other: until they return, the " +
    'task may say that it hangs on the pid while the list does not have it yet, or any more.',
  'find-get': '`findGetPid` and `getTaskPid` find first and take the reference then, and find anew if it is too late.',
  walks: '`findGePid`, `nextPidmap` and `zapPidNsProcesses` go from number to number, as long as it takes.',
  reports:
    'While other workers are in the middle of calls, `slabInfo` and `stats` are close and not exact, `checkInvariants` ' +
    'reports what is merely under way, and a `snapshot` may be of no use.',
};

export const ALL_EXCEPTIONS: readonly Exception[] = Object.keys(EXCEPTIONS) as Exception[];
