import { type Mutant, mutantsOf } from './mutant.ts';

/** What can be wrong with a global and a virtual number. */
export const flatMutants: readonly Mutant[] = [
  ...mutantsOf('core-flat', 'alloc.ts', [
    [
      'flat-virtual-not-hashed',
      'a contained pid is hashed by its global number alone',
      'hashAdd(s, slotOf(s.vnrHash, vnr, serial), pidAt + VNEXT);',
      '',
      'ALLOC-3',
    ],
    [
      'flat-global-not-hashed',
      'a contained pid is hashed by its virtual number alone',
      'hashAdd(s, slotOf(s.vnrHash, vnr, serial), pidAt + VNEXT);\n  hashAdd(s, slotOfNr(s.pidHash, nr), pidAt + NEXT);',
      'hashAdd(s, slotOf(s.vnrHash, vnr, serial), pidAt + VNEXT);',
      'ALLOC-3',
    ],
    [
      'flat-root-hashed-twice',
      'a pid of the root is hashed twice, so that its link leads to itself',
      'w[pidAt + PID_NS] = w[nsAt + SERIAL];\n',
      'w[pidAt + PID_NS] = w[nsAt + SERIAL];\n  hashAdd(s, slotOfNr(s.pidHash, nr), pidAt + NEXT);\n',
      'HASH-6',
      { hangs: true },
    ],
    [
      'flat-rollback-forgets-the-virtual',
      'when the root is full the virtual number is not given back',
      'giveUp(s, pidAt, 1, rootAt',
      'giveUp(s, pidAt, 0, rootAt',
      'ALLOC-12',
    ],
  ]),
  ...mutantsOf('core-flat', 'free.ts', [
    [
      'flat-global-number-leaks',
      'a contained pid does not give its global number back',
      'if (count > level) freePidmap(',
      'if (count > level && level === 0) freePidmap(',
      'FREE-2',
    ],
    [
      'flat-virtual-link-left-behind',
      'a freed contained pid stays in the hash of virtual numbers',
      'if (pidLevel(s, pidAt) > 0) hashDel(',
      'if (pidLevel(s, pidAt) > 1) hashDel(',
      'FREE-1',
    ],
  ]),
  ...mutantsOf('core-flat', 'find.ts', [
    [
      'flat-found-by-virtual-number-alone',
      'a look-up takes any virtual number of the chain, whatever namespace gave it',
      'key, isRoot ? NR_OF_LINK : NS_OF_VLINK,',
      'nr, NR_OF_LINK,',
      'FIND-13',
    ],
    [
      'flat-child-finds-global',
      'a look-up in a namespace is one among the global numbers',
      'const isRoot = w[nsAt + LEVEL] === 0;',
      'const isRoot = w[nsAt + LEVEL] >= 0;',
      'FIND-7',
    ],
  ]),
  ...mutantsOf('core-flat', 'translate.ts', [
    [
      'flat-siblings-visible',
      'every namespace sees the virtual number',
      'return of === serial ? w[pidAt + zeroAfterSerial(of) + VNR] : 0;',
      'return w[pidAt + VNR];',
      'TRANSLATE-4',
    ],
    [
      'flat-root-sees-the-virtual',
      'the root sees a contained pid by its virtual number',
      'if (w[nsAt + LEVEL] === 0) return w[pidAt + NR];',
      'if (w[nsAt + LEVEL] === 0) return pidOwnNr(s, pidAt);',
      'TRANSLATE-6',
    ],
    [
      'flat-pair-not-cleared',
      'a detached task keeps the global number of the pair',
      's.words[pair + PAIR.at.nr] = 0;',
      '',
      'TASK-13',
    ],
    [
      'flat-pair-of-globals',
      'both numbers of a task’s pair are the global one',
      's.words[pair + PAIR.at.vnr] = pidOwnNr(s, pidAt);',
      's.words[pair + PAIR.at.vnr] = pidNr(s, pidAt);',
      'TASK-21',
    ],
    [
      'flat-pair-for-everybody',
      'the virtual number of a pair is given to any namespace that asks',
      'return w[pair + PAIR.at.ns] === w[nsAt + SERIAL] ? w[pair + PAIR.at.vnr] : 0;',
      'return w[pair + PAIR.at.vnr];',
      'TASK-22',
    ],
    [
      'flat-one-pair-for-all-types',
      'the pairs of all types are one',
      'return taskAt + FLAT_TASK.at.pairs + type * PAIR.words;',
      'return taskAt + FLAT_TASK.at.pairs + (type & 0) * PAIR.words;',
      'TASK-21',
    ],
  ]),
];
