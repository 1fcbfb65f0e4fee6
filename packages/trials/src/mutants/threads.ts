import { type Mutant, mutantsOf } from './mutant.ts';

/** What can be wrong only where several threads share a block. */
export const sharedMutants: readonly Mutant[] = [
  ...mutantsOf('core', 'words/access.ts', [
    [
      'or-in-two-steps',
      'bits are set by a load and a store',
      'if (SHARED) return Atomics.or(words, at, mask);',
      '',
      'SHARED-1',
    ],
    [
      'and-in-two-steps',
      'bits are cleared by a load and a store',
      'if (SHARED) return Atomics.and(words, at, mask);',
      '',
      'SHARED-6',
    ],
    [
      'exchange-in-two-steps',
      'a comparison and the exchange after it are two steps',
      'if (SHARED) return Atomics.compareExchange(words, at, expected, value);',
      '',
      'SHARED-12',
      { leftTo: 'explore' },
    ],
  ]),
  ...mutantsOf('core', 'pids/numbers.ts', [
    [
      'cursor-back',
      'whoever is slow moves the cursor back to where it was',
      'if (found === seen || !isBefore(base, found, nr)) return;',
      'if (found === seen) return;',
      'SHARED-5',
      { leftTo: 'explore' },
    ],
    [
      'cursor-not-round',
      'which of two places of the cursor is further is said without the way round',
      'return (a - base) >>> 0 < (b - base) >>> 0;',
      'return a < b;',
      'SHARED-31',
      { leftTo: 'explore' },
    ],
    [
      'page-installed-blindly',
      'of two workers that put a page to use each takes its own',
      'const other = compareExchange(w, entry, 0, page);',
      'const other = 0;\n  w[entry] = page;',
      'SHARED-29',
    ],
  ]),
  ...mutantsOf('core', 'pids/hash.ts', [
    [
      'head-stored-blindly',
      'whoever puts a pid into a chain takes no notice of others who do',
      'const found = compareExchange(w, slot, head, link);\n    if (found === head) return;\n    head = found;',
      'w[slot] = link;\n    return;',
      'SHARED-7',
      { leftTo: 'explore' },
    ],
    [
      'chain-never-locked',
      'the lock of a chain is written and not asked for',
      'const found = compareExchange(w, slot, head, LOCKED + s.owner - 1);',
      'const found = head;\n  w[slot] = LOCKED + s.owner - 1;',
      'SHARED-12',
    ],
    [
      'astray-is-the-end',
      'a reader that ended in another chain takes that for the end of its own',
      'return SHARED && end !== ~slot && load(s.words, slot) !== 0;',
      'return false;',
      'SHARED-10',
    ],
  ]),
  ...mutantsOf('core', 'memory/locks.ts', [
    [
      'locks-never-taken',
      'nobody waits for a lock',
      'if (compareExchange(s.words, lock, 0, s.owner) === 0) return;',
      'compareExchange(s.words, lock, 0, s.owner);\n  if (lock > 0) return;',
      'SHARED-13',
    ],
  ]),
  ...mutantsOf('core', 'memory/slab.ts', [
    [
      'refill-without-lock',
      'magazines are filled without the lock of the cache',
      "return locked(s, cache + LOCK, 'alloc', () => {",
      'return ((run: () => boolean) => run())(() => {',
      'SHARED-25',
    ],
  ]),
  ...mutantsOf('core', 'pids/numbers.ts', [
    [
      'closed-too-early',
      'a number that was taken is not looked at again when its namespace was closed meanwhile',
      'if (!SHARED || place > 0 || nr < 0 || s.words[nsAt + DISABLED] === 0) return nr;',
      'return nr;',
      'SHARED-23',
    ],
  ]),
  ...mutantsOf('core', 'pids/tasks.ts', [
    [
      'task-claimed-blindly',
      'whether a task hangs on nothing is asked, and then it is hung',
      'if (compareExchange(w, at, 0, pidAt) !== 0) {',
      'const had = w[at];\n  if (had === 0) w[at] = pidAt;\n  else {',
      'SHARED-19',
      { leftTo: 'explore' },
    ],
  ]),
  ...mutantsOf('core', 'pids/tasks.ts', [
    [
      'locked-by-what-it-was',
      'a pid is changed under the lock of the pid that its record was before',
      'load(s.words, at) === pidAt && s.design.pidSlot(s, pidAt) === slot;',
      'load(s.words, at) === pidAt;',
      'SHARED-32',
      { leftTo: 'explore' },
    ],
  ]),
  ...mutantsOf('core', 'whole/snapshot.ts', [
    [
      'snapshot-of-what-it-takes-away',
      'a snapshot gives back what workers have at hand, and not only in the copy',
      'gatherMagazines({ ...s, words: copy });',
      'gatherMagazines(s);\n  gatherMagazines({ ...s, words: copy });',
      'ATTACH-27',
    ],
  ]),
  ...mutantsOf('core', 'pids/zap.ts', [
    [
      'zap-goes-on-detached',
      'zapPidNsProcesses goes on when kill has detached the worker',
      '    if (SHARED) mustBeAttached(s, OP);\n',
      '',
      'ATTACH-28',
    ],
  ]),
  ...mutantsOf('core', 'whole/recover.ts', [
    [
      'gone-with-its-lock',
      'the chain that a gone worker had locked stays locked',
      '  unlockSlotOf(s, worker, slot);\n',
      '',
      'ATTACH-26',
    ],
    [
      'gone-with-the-header-locked',
      'the caches that a gone worker had locked stay locked',
      '  unlockHeader(s, worker, slot);\n',
      '',
      'ATTACH-26',
    ],
    [
      'gone-with-all-at-hand',
      'what a gone worker had at hand is not given back',
      '  for (const cache of ALL_CACHES) salvageMagazine(s, cache, worker);\n',
      '',
      'ATTACH-26',
    ],
  ]),
  ...mutantsOf('core', 'memory/workers.ts', [
    [
      'detached-with-all-at-hand',
      'a worker that detaches keeps the records that it had at hand',
      'for (const cache of ALL_CACHES) emptyMagazine(s, cache, s.worker, Number.POSITIVE_INFINITY);\n  publish',
      'publish',
      'ATTACH-15',
    ],
    [
      'slots-without-end',
      'a worker that finds all slots taken gets the first',
      "throw new PidError(\n    'EAGAIN',\n    'attachPidAllocator',",
      "s.worker = workerAt(s, 0);\n  s.owner = 1;\n  if (workers > 0) return;\n  throw new PidError(\n    'EAGAIN',\n    'attachPidAllocator',",
      'ATTACH-16',
    ],
  ]),
  ...mutantsOf('core', 'border/descriptor.ts', [
    [
      'any-version',
      'a descriptor of another version is taken',
      'if (version !== VERSION)',
      'if (version === 0)',
      'ATTACH-18',
    ],
    [
      'any-capacity',
      'a descriptor for another capacity is taken',
      'if (capacity !== words[H.capacity])',
      'if (capacity === 0)',
      'ATTACH-18',
    ],
    [
      'any-workers',
      'a descriptor for other workers is taken',
      'if (workers !== words[H.workers])',
      'if (workers === 0)',
      'ATTACH-18',
    ],
    [
      'any-length',
      'a buffer that is longer or shorter than its block is taken',
      'if (words.length !== words[H.pagesTotal] * PAGE_WORDS)',
      'if (words.length < PAGE_WORDS)',
      'ATTACH-19',
    ],
  ]),
  ...mutantsOf('core', 'pids/find.ts', [
    [
      'found-without-a-second-look',
      'what was found is not looked at again: it may have become another pid',
      'if (w[again + nrOfLink] !== nr || w[again + nsOfLink] !== serial) break;',
      'void again;',
      'SHARED-8',
      { leftTo: 'explore' },
    ],
  ]),
];
