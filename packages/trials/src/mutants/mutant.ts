/** One place of a source, and what stands there instead. */
export interface Change {
  /** The package whose source is changed, below `packages/`. */
  readonly package: 'core' | 'core-hierarchical' | 'core-flat' | 'core-pidspace' | 'core-idr' | 'process-table';
  /** The file in its `src/`. */
  readonly file: string;
  /** Text that stands in the file exactly once … */
  readonly find: string;
  /** … and what stands there instead. */
  readonly replace: string;
}

/** A strategy, or what all strategies share, with one thing broken on purpose. */
export interface Mutant extends Change {
  readonly id: string;
  /** What is broken, in a sentence. */
  readonly why: string;
  /** The clause that fails on it. */
  readonly caughtBy: string;
  /**
   * Real threads show it only by luck, so the clause is not tried on it: this scenario of the explorer fails, with two preemptions
   * and the same way every time.
   */
  readonly scenario?: string;
  /** How memory has to behave for that, if not as one access after the other. */
  readonly memory?: 'pso' | 'arm';
  /** How many preemptions that takes, if more. */
  readonly preemptions?: 3;
  /** The clause does not fail but never comes back: the mutant runs in circles. */
  readonly hangs?: boolean;
  /** The clause's own statements still hold; it is the walk over all invariants after it that notices. */
  readonly byInvariants?: boolean;
  /** The strategy that the suite runs on, where a change in core does not show in the hierarchical one. */
  readonly strategy?: Strategy;
}

export type Strategy = 'hierarchical' | 'flat' | 'pidspace' | 'idr';

type Row = readonly [
  id: string,
  why: string,
  find: string,
  replace: string,
  caughtBy: string,
  more?: Pick<Mutant, 'hangs' | 'byInvariants' | 'memory' | 'preemptions' | 'scenario' | 'strategy'>,
];

/** Mutants of one file. */
export function mutantsOf(pkg: Mutant['package'], file: string, rows: readonly Row[]): Mutant[] {
  return rows.map(([id, why, find, replace, caughtBy, more]) => {
    return { id, why, package: pkg, file, find, replace, caughtBy, ...more };
  });
}

/** The strategy that a mutant breaks, or is to be tried with. */
export function strategyOf(mutant: Mutant): Strategy {
  if (mutant.package === 'core' || mutant.package === 'process-table') return mutant.strategy ?? 'hierarchical';
  return mutant.package.slice('core-'.length) as Strategy;
}
