import { PAGE_SIZE, type PidAllocatorDescriptor, PidBug } from '@pidlab/contract';
import { HEADER, PAGE_WORDS } from '../layout.ts';
import { refuseHeader, VERSION } from '../memory/block.ts';
import type { Design, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { describe, notShared } from './arguments.ts';
import { sharedLength } from './buffers.ts';

const H = HEADER.at;
const OP = 'attachPidAllocator';

/** What other threads need to join. PidBug when they cannot. */
export function describeBlock(s: State): PidAllocatorDescriptor {
  if (!SHARED) throw notShared('share');
  const { words } = s;
  return Object.freeze({
    strategy: s.design.traits.strategy,
    version: VERSION,
    capacity: words[H.capacity],
    workers: words[H.workers],
    buffer: words.buffer as unknown as SharedArrayBuffer,
  });
}

/** The block that a descriptor means, after everything that it and the block say of themselves was found to agree. */
export function readDescriptor(design: Design, descriptor: unknown): Int32Array {
  if (typeof descriptor !== 'object' || descriptor === null)
    throw unfit(`is ${describe(descriptor)}; it has to be what share() returned`);
  const { strategy, version, capacity, workers, buffer } = propertiesOf(descriptor);
  const bytes = sharedLength(buffer);
  if (bytes === undefined) throw unfit(`has ${describe(buffer)} for its buffer; it has to be a SharedArrayBuffer`);
  const expected = design.traits.strategy;
  if (strategy !== expected)
    throw unfit(`is of the strategy ${describe(strategy)}; this package is ${describe(expected)}`);
  if (version !== VERSION) throw unfit(`has layout version ${describe(version)}; this package has version ${VERSION}`);
  if (bytes % PAGE_SIZE !== 0 || bytes < PAGE_SIZE)
    throw unfit(`has a buffer of ${bytes} bytes, which is no whole block`);
  const words = new Int32Array(buffer as SharedArrayBuffer, 0, bytes / 4);
  const refused = refuseHeader(words.subarray(0, PAGE_WORDS), design);
  if (refused !== undefined) throw unfit(`has a block that is not one: ${refused}`);
  if (words.length !== words[H.pagesTotal] * PAGE_WORDS)
    throw unfit(`has a buffer of ${words.length / PAGE_WORDS} pages; the block in it has ${words[H.pagesTotal]}`);
  if (words[H.workers] === 0) throw unfit('has a block for one thread');
  if (capacity !== words[H.capacity])
    throw unfit(`is for a capacity of ${describe(capacity)}; its block is for ${words[H.capacity]}`);
  if (workers !== words[H.workers])
    throw unfit(`is for ${describe(workers)} workers; its block is for ${words[H.workers]}`);
  return words;
}

/** Its own properties, each read once. A revoked proxy cannot be asked for anything. */
function propertiesOf(descriptor: object): Readonly<Partial<Record<keyof PidAllocatorDescriptor, unknown>>> {
  const own = (name: keyof PidAllocatorDescriptor) =>
    Object.hasOwn(descriptor, name) ? Reflect.get(descriptor, name) : undefined;
  try {
    return {
      strategy: own('strategy'),
      version: own('version'),
      capacity: own('capacity'),
      workers: own('workers'),
      buffer: own('buffer'),
    };
  } catch {
    throw unfit('cannot be read');
  }
}

function unfit(why: string): PidBug {
  return new PidBug(OP, `descriptor ${why}; post what share() returned, and attach with the same package`);
}
