import type { Traits } from '@pidlab/contract';

/** What the model is told to play: each of the three designs, one that cannot nest at all, and one without a block. */
export const TRAITS: readonly Traits[] = [
  {
    strategy: 'model of hierarchical',
    maxLevel: 32,
    maxNamespaces: Number.POSITIVE_INFINITY,
    maxNumbers: 33,
    rootNumbers: 'small',
    floors: { root: 300, child: 300 },
    shared: false,
  },
  {
    strategy: 'model of flat',
    maxLevel: 1,
    maxNamespaces: Number.POSITIVE_INFINITY,
    maxNumbers: 2,
    rootNumbers: 'small',
    floors: { root: 300, child: 300 },
    shared: false,
  },
  {
    strategy: 'model of pidspace',
    maxLevel: 1,
    maxNamespaces: 511,
    maxNumbers: 1,
    rootNumbers: 'encoded',
    floors: { root: 300, child: 1 },
    shared: false,
  },
  {
    strategy: 'model without namespaces',
    maxLevel: 0,
    maxNamespaces: 0,
    maxNumbers: 1,
    rootNumbers: 'small',
    floors: { root: 300, child: 300 },
    shared: false,
  },
  {
    strategy: 'model of objects',
    maxLevel: 3,
    maxNamespaces: Number.POSITIVE_INFINITY,
    maxNumbers: 4,
    rootNumbers: 'small',
    floors: { root: 300, child: 300 },
    shared: false,
    memory: 'objects',
  },
];
