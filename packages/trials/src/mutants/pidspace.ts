import { type Mutant, mutantsOf } from './mutant.ts';

/** What can be wrong with the space in the number. */
export const pidspaceMutants: readonly Mutant[] = [
  ...mutantsOf('core-pidspace', 'layout.ts', [
    [
      'space-shift-off-by-one',
      'the space is shifted by one bit too few, into the numbers',
      'return (space << PID_MAX_LIMIT_SHIFT) | vpid;',
      'return (space << (PID_MAX_LIMIT_SHIFT - 1)) | vpid;',
      'TRANSLATE-12',
    ],
    [
      'vpid-mask-too-narrow',
      'the mask of the number within a space lacks its highest bit',
      'return nr & (PID_MAX_LIMIT - 1);',
      'return nr & (PID_MAX_LIMIT / 2 - 1);',
      'TRANSLATE-20',
    ],
    [
      'vpid-mask-too-wide',
      'the mask of the number within a space has a bit of the space',
      'return nr & (PID_MAX_LIMIT - 1);',
      'return nr & (PID_MAX_LIMIT * 2 - 1);',
      'TRANSLATE-1',
    ],
  ]),
  ...mutantsOf('core-pidspace', 'alloc.ts', [
    [
      'pidspace-rollback-leaks-the-object',
      'when a space is full the object is not given back',
      'giveUp(s, pidAt,',
      'giveUp(s, newPid(s, nsAt, w[nsAt + LEVEL], 1),',
      'ALLOC-14',
    ],
    [
      'init-in-space-zero',
      'the init of a space has its number in the root’s space, as in the code of 2006',
      'const nr = globalNr(w[nsAt + SPACE], vpid);',
      'const nr = globalNr(vpid === 1 ? 0 : w[nsAt + SPACE], vpid);',
      'FIND-7',
    ],
  ]),
  ...mutantsOf('core-pidspace', 'find.ts', [
    [
      'space-crossed-by-a-large-number',
      'a child that asks for a number above 2^22 finds somebody else’s pid',
      'if (!isRoot && nr >= PID_MAX_LIMIT) return 0;',
      'void PID_MAX_LIMIT;',
      'FIND-9',
    ],
    [
      'list-stays-in-its-space',
      'findGePid from the root does not cross into the next space',
      'space < MAX_NR_PIDSPACES; space++, from = 0',
      'space <= spaceOf(nr); space++, from = 0',
      'GE-11',
    ],
    [
      'list-ends-at-a-missing-space',
      'findGePid ends at an id that nobody owns',
      'if (spaceAt === 0) continue;',
      'if (spaceAt === 0) return 0;',
      'GE-12',
    ],
    [
      'list-skips-the-start-of-a-space',
      'findGePid does not start at the beginning of a further space',
      'space < MAX_NR_PIDSPACES; space++, from = 0',
      'space < MAX_NR_PIDSPACES; space++',
      'GE-11',
    ],
    [
      'child-lists-the-root',
      'findGePid in a space walks on into others',
      'if (w[nsAt + LEVEL] !== 0) return findGeInMap(s, nr, nsAt);',
      'if (w[nsAt + LEVEL] > 1) return findGeInMap(s, nr, nsAt);',
      'GE-13',
      { hangs: true },
    ],
  ]),
  ...mutantsOf('core-pidspace', 'translate.ts', [
    [
      'pidspace-siblings-visible',
      'every space sees every pid by its low part',
      'return of === serial ? vpidOf(w[pidAt + zeroAfterSerial(of) + NR]) : 0;',
      'return vpidOf(w[pidAt + NR]);',
      'TRANSLATE-4',
    ],
    [
      'seen-by-space-id',
      'a dead pid is seen by the namespace that has its space id now',
      'return of === serial ? vpidOf(w[pidAt + zeroAfterSerial(of) + NR]) : 0;',
      'return w[pidAt + NR] >>> 22 === w[nsAt + NS.at.space] ? vpidOf(w[pidAt + NR]) : 0;',
      'TRANSLATE-14',
    ],
    [
      'root-sees-the-low-part',
      'the root sees a contained pid by its low part',
      'if (w[nsAt + LEVEL] === 0) return w[pidAt + NR];',
      'if (w[nsAt + LEVEL] === 0) return vpidOf(w[pidAt + NR]);',
      'TRANSLATE-6',
    ],
  ]),
  ...mutantsOf('core-pidspace', 'pidns.ts', [
    [
      'space-id-reused-too-early',
      'the id of a space that only live pids hold is given to the next namespace',
      'return findNextZeroBit(s.words, SPACE_MAP, 1, MAX_NR_PIDSPACES);',
      'let space = 1;\n  while (isSpace(s, space) && s.words[s.words[SPACES + space] + NS.at.users] !== 0) space++;\n  return space;',
      'NS-31',
    ],
    [
      'space-id-never-free',
      'the id of a space that is gone is not free again',
      'if (s.words[SPACES + space] !== nsAt) return;',
      'if (space > 0) return;',
      'NS-29',
    ],
    [
      'one-space-too-many',
      'there is no limit to the number of spaces',
      'if (lowestFreeSpace(s) !== MAX_NR_PIDSPACES) return;',
      'if (lowestFreeSpace(s) > 0) return;',
      'NS-29',
    ],
    [
      'space-id-not-the-lowest',
      'a namespace does not own the lowest free id',
      'findNextZeroBit(s.words, SPACE_MAP, 1, MAX_NR_PIDSPACES)',
      'findNextZeroBit(s.words, SPACE_MAP, 2, MAX_NR_PIDSPACES)',
      'TRANSLATE-12',
    ],
  ]),
];
