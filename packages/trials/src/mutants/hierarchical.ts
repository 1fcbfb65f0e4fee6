import { type Mutant, mutantsOf } from './mutant.ts';

/** What can be wrong with a number at every level. */
export const hierarchicalMutants: readonly Mutant[] = [
  ...mutantsOf('core-hierarchical', 'alloc.ts', [
    [
      'rollback-forgets-a-level',
      'when an outer level is full, the innermost numbers that were taken are given back, but for one',
      'giveUp(s, pidAt, level - i,',
      'giveUp(s, pidAt, Math.max(0, level - i - 1),',
      'ALLOC-12',
    ],
    [
      'rollback-leaks-the-object',
      'when a level is full the object is not given back',
      'giveUp(s, pidAt, level - i,',
      'giveUp(s, i < level ? pidAt : newPid(s, nsAt, level, level + 1), level - i,',
      'ALLOC-14',
    ],
    [
      'hashed-innermost-only',
      'a pid is hashed by its innermost number alone',
      'for (let i = level; i >= 0; i--) {\n    const upid = upidAt(pidAt, i);\n    hashAdd',
      'for (let i = level; i >= level; i--) {\n    const upid = upidAt(pidAt, i);\n    hashAdd',
      'ALLOC-3',
    ],
    [
      'chosen-outermost-first',
      'the list of chosen numbers is read outermost first',
      'const nr = takeNumber(s, at, setTid, level - i);',
      'const nr = takeNumber(s, at, setTid, setTid.length - 1 - (level - i) < 0 ? level - i : setTid.length - 1 - (level - i));',
      'SETTID-4',
    ],
    [
      'numbers-from-the-root-for-all',
      'a contained pid has its own number at every level',
      'w[upid + NR] = nr;',
      'w[upid + NR] = i < level ? w[upidAt(pidAt, level) + NR] : nr;',
      'ALLOC-8',
    ],
  ]),
  ...mutantsOf('core-hierarchical', 'free.ts', [
    [
      'own-link-left-behind',
      'a freed pid stays hashed at its innermost level',
      'for (let i = 0; i <= level; i++) {',
      'for (let i = 0; i < level; i++) {',
      'FREE-1',
    ],
    [
      'root-number-leaks',
      'a contained pid does not give its root number back',
      'i > level - count; i--) {',
      'i > level - count && (i > 0 || level === 0); i--) {',
      'FREE-2',
    ],
    [
      'numbers-of-the-wrong-level',
      'the number of one level is given back to the map of another',
      'freePidmap(s, at, w[upidAt(pidAt, i) + NR]);',
      'freePidmap(s, at, w[upidAt(pidAt, level - i) + NR]);',
      'NS-14',
    ],
  ]),
  ...mutantsOf('core-hierarchical', 'find.ts', [
    [
      'find-ge-stops-at-a-hole',
      'findGePid finds the number itself or none',
      'return findGeInMap(s, nr, nsAt);',
      'return findPidNs(s, nr, nsAt);',
      'GE-2',
    ],
  ]),
  ...mutantsOf('core-hierarchical', 'translate.ts', [
    [
      'translated-by-level-only',
      'any namespace of the right level gets a number',
      'return of === serial ? w[upid + zeroAfterSerial(of) + NR] : 0;',
      'return w[upid + NR];',
      'TRANSLATE-4',
    ],
    [
      'parents-visible',
      'a namespace deeper than the pid gets the pid’s own number in place of 0',
      'if (level > pidLevel(s, pidAt)) return 0;',
      'if (level > pidLevel(s, pidAt)) return pidOwnNr(s, pidAt);',
      'TRANSLATE-3',
    ],
    [
      'root-number-is-the-own',
      'pidNr gives the number in the pid’s own namespace',
      'return w[upidAt(pidAt, 0) + NR];',
      'return pidOwnNr(s, pidAt);',
      'TRANSLATE-6',
    ],
  ]),
  ...mutantsOf('core-hierarchical', 'design.ts', [
    [
      'object-too-small',
      'objects have room for two numbers at any level',
      'pidWords: (numbers) => NUMBERS + numbers * UPID.words,',
      'pidWords: (numbers) => NUMBERS + Math.min(numbers, 2) * UPID.words,',
      'CACHE-4',
    ],
  ]),
  ...mutantsOf('core-hierarchical', 'traits.ts', [
    [
      'says-it-has-no-block',
      'the traits say that the design keeps objects, and it has a block',
      'shared: true,',
      "shared: true,\n  memory: 'objects',",
      'CONST-15',
    ],
  ]),
];
