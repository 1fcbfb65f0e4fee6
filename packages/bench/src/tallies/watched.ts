import { type Namer, namerOf } from '@pidlab/conformance/explore';
import type { PidAllocator, PidAllocatorOptions } from '@pidlab/contract';
import type { Access, ObservedStrategy } from '../observe/observe.ts';

const LINE_WORDS = 16;
/** Words that a snapshot has in front of the block. */
const SNAPSHOT_HEAD_WORDS = 4;

/** What some calls did to memory. */
export interface Seen {
  readonly accesses: readonly Access[];
  readonly reads: number;
  readonly writes: number;
  readonly atomics: number;
  /** Different lines of 64 bytes. */
  readonly lines: number;
  /** The most reads that had to wait for one another. */
  readonly chain: number;
}

/** An allocator of an observed strategy, with names for its words. */
export class Watched {
  readonly allocator: PidAllocator;
  readonly #strategy: ObservedStrategy;
  readonly #nameOf: Namer;
  /** The field of each word that was asked for. A page keeps what it is for, so a word has its field for good. */
  readonly #fields: Map<number, string> = new Map();

  constructor(strategy: ObservedStrategy, options: PidAllocatorOptions) {
    this.#strategy = strategy;
    this.allocator = strategy.createPidAllocator({ generationBase: 1, ...options });
    this.#nameOf = namerOf(strategy.wordsOf(this.allocator), strategy.traits.strategy, new Map());
  }

  /**
   * Becomes a copy of an allocator that the published module made with the same options: a copy of its words is a copy of
   * it. So a million pids are made in a tenth of a second, where the observed module takes two.
   */
  become(other: PidAllocator): void {
    const words = this.#strategy.wordsOf(this.allocator);
    const bytes = other.snapshot();
    const copy = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4).subarray(SNAPSHOT_HEAD_WORDS);
    const { pages, reservedBytes } = other.stats();
    const above = 1_024 * pages.pidmap;
    if (reservedBytes !== 4 * words.length) throw new Error('an allocator can only become one of the same options');
    words.set(copy.subarray(0, copy.length - above));
    words.set(copy.subarray(copy.length - above), words.length - above);
  }

  /** What `run` does to memory. */
  watch(run: (allocator: PidAllocator) => void): Seen {
    const accesses: Access[] = [];
    const stop = this.#strategy.observe(this.allocator, (access) => accesses.push(access));
    try {
      run(this.allocator);
    } finally {
      stop();
    }
    const count = (kind: Access['kind']): number => accesses.filter((access) => access.kind === kind).length;
    return {
      accesses,
      reads: count('read'),
      writes: count('write'),
      atomics: count('atomic'),
      lines: new Set(accesses.map(({ at }) => Math.floor(at / LINE_WORDS))).size,
      chain: accesses.reduce((most, { kind, depth }) => (kind === 'write' ? most : Math.max(most, depth)), 0),
    };
  }

  /** Those accesses that are to a field, by its record and name: `bitmap.bits`, or `pidmap.` for all of a record. */
  to(seen: Seen, field: string): Access[] {
    return seen.accesses.filter(({ at }) => this.#fieldOf(at).startsWith(field));
  }

  #fieldOf(at: number): string {
    const known = this.#fields.get(at);
    if (known !== undefined) return known;
    const { field } = this.#nameOf(at);
    this.#fields.set(at, field);
    return field;
  }
}

/** Mean and most of some numbers. */
export function meanAndMost(values: readonly number[]): { readonly mean: number; readonly most: number } {
  const sum = values.reduce((total, value) => total + value, 0);
  return { mean: values.length === 0 ? 0 : sum / values.length, most: Math.max(0, ...values) };
}
