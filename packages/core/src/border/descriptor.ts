import { PAGE_SIZE, type PidAllocatorDescriptor, PidBug } from '@pidlab/contract';
import { HEADER, PAGE_WORDS } from '../layout.ts';
import { refuseHeader, VERSION } from '../memory/block.ts';
import type { Design, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { describe, notShared } from './arguments.ts';

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
  if (typeof SharedArrayBuffer === 'undefined' || !(buffer instanceof SharedArrayBuffer))
    throw unfit(`has ${describe(buffer)} for its buffer; it has to be a SharedArrayBuffer`);
  const expected = design.traits.strategy;
  if (strategy !== expected)
    throw unfit(`is of the strategy ${describe(strategy)}; this package is ${describe(expected)}`);
  if (version !== VERSION) throw unfit(`has layout version ${describe(version)}; this package has version ${VERSION}`);
  if (buffer.byteLength % PAGE_SIZE !== 0 || buffer.byteLength < PAGE_SIZE)
    throw unfit(`has a buffer of ${buffer.byteLength} bytes, which is no whole block`);
  const words = new Int32Array(buffer);
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

/** A revoked proxy cannot be asked for anything. */
function propertiesOf(descriptor: object): Readonly<Partial<Record<keyof PidAllocatorDescriptor, unknown>>> {
  try {
    const { strategy, version, capacity, workers, buffer } = descriptor as PidAllocatorDescriptor;
    return { strategy, version, capacity, workers, buffer };
  } catch {
    throw unfit('cannot be read');
  }
}

function unfit(why: string): PidBug {
  return new PidBug(OP, `descriptor ${why}; post what share() returned, and attach with the same package`);
}
