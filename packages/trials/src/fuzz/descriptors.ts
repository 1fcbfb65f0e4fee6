/** What is posted to a worker in place of what `share()` returned. */
import type { Choices } from '@pidlab/conformance/random';
import { type PidAllocatorDescriptor, PidBug, PidError, type Strategy } from '@pidlab/contract';
import { type Counts, count, type Fuzzer } from './fuzzer.ts';

/** What is done to a descriptor, and three choices that it makes. */
type Item = readonly [what: What, a: number, b: number, c: number];

type What =
  | ('value' | 'number' | 'missing' | 'getter' | 'inherited' | 'proxy' | 'revoked' | 'odd')
  | ('other block' | 'not shared' | 'liar' | 'header');

export const descriptors: Fuzzer<Item> = {
  name: 'descriptors',
  what: 'descriptors that lie, are of something else, or of a block whose header is damaged: refused, or attached to',
  unit: 'descriptors',
  variants: ['plain objects'],
  open(strategy) {
    const victim = new Victim(strategy);
    return {
      draw: (random) => drawItems(random),
      play(items, counts) {
        victim.attack(items, counts);
        return 1;
      },
    };
  },
};

function drawItems({ below, pick }: Choices): Item[] {
  const length = below(3) === 0 ? 2 : 1;
  const any = (): number => below(2 ** 31);
  return Array.from({ length }, () => [pick(WHEEL), any(), any(), any()]);
}

const PROPERTIES = ['strategy', 'version', 'capacity', 'workers', 'buffer'] as const;
type Loose = Record<string, unknown>;
/** Words of a page, which the header is. */
const PAGE_WORDS = 1024;

/** Changes a descriptor, or puts something else in its place. */
type Change = (descriptor: Loose, choices: readonly [a: number, b: number, c: number], victim: Victim) => unknown;

const CHANGES: Readonly<Record<What, Change>> = {
  value: (descriptor, [a, b]) => {
    descriptor[PROPERTIES[a % PROPERTIES.length]] = ODDITIES[b % ODDITIES.length];
    return descriptor;
  },
  number: (descriptor, [a, b, c]) => {
    const name = (['version', 'capacity', 'workers'] as const)[a % 3];
    const old = plain(descriptor, name);
    descriptor[name] = [(typeof old === 'number' ? old : 0) + (b % 5) - 2, b, -b, b * 2 ** (c % 60), b / 7][c % 5];
    return descriptor;
  },
  missing: (descriptor, [a]) => {
    delete descriptor[PROPERTIES[a % PROPERTIES.length]];
    return descriptor;
  },
  getter: (descriptor, [a, b]) => {
    let times = 0;
    const name = PROPERTIES[a % PROPERTIES.length];
    const value = plain(descriptor, name);
    return Object.defineProperty(descriptor, name, {
      configurable: true,
      get() {
        if (b % 3 === 0) throw new Error('thrown by a getter');
        return times++ === 0 ? value : ODDITIES[b % ODDITIES.length];
      },
      set() {},
    });
  },
  inherited: (descriptor) => Object.create(descriptor),
  proxy: (descriptor) => new Proxy(descriptor, {}),
  revoked: (descriptor) => {
    const { proxy, revoke } = Proxy.revocable(descriptor, {});
    revoke();
    return proxy;
  },
  odd: (_, [a]) => ODDITIES[a % ODDITIES.length],
  'other block': (descriptor, [a, b]) => {
    const lengths = [0, 1, 4, 4_096, 4_096 * (1 + (b % 300)), 2 ** 20, 2 ** 20 - 1, 2 ** 20 + 4_096];
    descriptor.buffer = new SharedArrayBuffer(lengths[a % lengths.length]);
    return descriptor;
  },
  'not shared': (descriptor, [a]) => {
    descriptor.buffer = [new ArrayBuffer(2 ** 20), new Uint8Array(8), {}][a % 3];
    return descriptor;
  },
  liar: (descriptor, [a], victim) => {
    descriptor.buffer = a % 2 === 0 ? Object.create(SharedArrayBuffer.prototype) : new Proxy(victim.copy, {});
    return descriptor;
  },
  header: (descriptor, [a, b, c], victim) => {
    const at = a % 3 === 0 ? a % PAGE_WORDS : a % 64;
    const old = victim.header[at];
    const values = [0, -1, old + 1, old - 1, ~old, old ^ (1 << (b % 32)), b, -b, b % 2 ** 16, victim.header[b % 64]];
    victim.damage(at, values[c % values.length]);
    descriptor.buffer = victim.copy;
    return descriptor;
  },
};

/** A property, unless a getter stands there. */
function plain(descriptor: Loose, name: string): unknown {
  return Object.getOwnPropertyDescriptor(descriptor, name)?.value;
}

const SHARES: readonly (readonly [share: number, what: What])[] = [
  [10, 'header'],
  [4, 'value'],
  [4, 'number'],
  [2, 'getter'],
  [1, 'missing'],
  [1, 'inherited'],
  [1, 'proxy'],
  [1, 'revoked'],
  [1, 'odd'],
  [1, 'other block'],
  [1, 'not shared'],
  [1, 'liar'],
];
const WHEEL = SHARES.flatMap(([share, what]) => Array<What>(share).fill(what));

const ODDITIES: readonly unknown[] = [
  ...[undefined, null, true, 0, -0, 1, -1, 2 ** 31, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 0.5],
  ...['', 'flat', 'hierarchical', '3', 1n, {}, [], () => 1, Symbol('odd'), new Date(0)],
];

/** A block that is shared, and a copy of it to be damaged. */
class Victim {
  readonly #strategy: Required<Strategy>;
  readonly #descriptor: PidAllocatorDescriptor;
  /** The header as it is. */
  readonly header: Int32Array;
  readonly copy: SharedArrayBuffer;
  readonly #words: Int32Array;
  #isDamaged = false;

  constructor(strategy: Required<Strategy>) {
    this.#strategy = strategy;
    const a = strategy.createPidAllocator({ memory: 2 ** 20, capacity: 64, namespaces: 4, shared: true, workers: 3 });
    a.allocPid(a.initPidNs);
    this.#descriptor = a.share();
    const whole = new Int32Array(this.#descriptor.buffer);
    this.copy = new SharedArrayBuffer(this.#descriptor.buffer.byteLength);
    this.#words = new Int32Array(this.copy);
    this.#words.set(whole);
    this.header = whole.slice(0, PAGE_WORDS);
  }

  damage(at: number, value: number): void {
    this.#isDamaged = true;
    this.#words[at] = value;
  }

  /** Attaches by a descriptor to which all that was done, and sees what comes of it. */
  attack(items: readonly Item[], counts: Counts): void {
    if (this.#isDamaged) this.#words.set(new Int32Array(this.#descriptor.buffer));
    this.#isDamaged = false;
    let given: unknown = { ...this.#descriptor };
    for (const [what, ...choices] of items) {
      // What has become something else cannot be changed further.
      if (isOurs(given)) given = CHANGES[what](given, choices, this);
    }
    count(counts, this.#comes(given));
  }

  #comes(descriptor: unknown): string {
    let a: ReturnType<Required<Strategy>['attachPidAllocator']>;
    try {
      a = this.#strategy.attachPidAllocator(descriptor as PidAllocatorDescriptor);
    } catch (error) {
      if (error instanceof PidBug) return 'refused';
      if (error instanceof PidError && error.code === 'EAGAIN') return 'no slot';
      throw error;
    }
    // Whoever may damage a block is as trusted as the host: what such a block does is not promised.
    if (this.#isDamaged && a.share().buffer === this.copy) return 'attached to what is damaged further on';
    a.freePid(a.allocPid(a.initPidNs));
    const { violations } = a.checkInvariants();
    a.detach();
    if (violations.length > 0) throw new Error(`after use: ${violations.join('; ')}`);
    return 'attached';
  }
}

/** Whether it can be changed as a plain object is. */
function isOurs(value: unknown): value is Loose {
  try {
    return Object.getPrototypeOf(value) === Object.prototype && Object.hasOwn(value as object, 'strategy');
  } catch {
    return false;
  }
}
