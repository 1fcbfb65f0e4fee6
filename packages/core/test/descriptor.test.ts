import type { PidAllocatorDescriptor } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { readDescriptor } from '../src/border/descriptor.ts';
import { readOptions, type Settings } from '../src/border/options.ts';
import { HEADER, PAGE_WORDS } from '../src/layout.ts';
import { VERSION, writeHeader } from '../src/memory/block.ts';
import { bug, design } from './design.ts';

/** A descriptor of a block that has a header and nothing else, which is all that is looked at. */
function described(): PidAllocatorDescriptor {
  const settings = readOptions(design, { memory: 2 ** 20, capacity: 1, shared: true }) as Settings;
  const buffer = new SharedArrayBuffer(2 ** 20);
  const words = new Int32Array(buffer);
  writeHeader(words, design.traits, settings);
  words[HEADER.at.capacity] = settings.capacity;
  words[HEADER.at.slabEnd] += PAGE_WORDS;
  words[HEADER.at.mapStart]--;
  const { capacity, workers } = settings;
  return { strategy: 'test', version: VERSION, capacity, workers, buffer };
}

const refusal = (descriptor: unknown) => bug(() => readDescriptor(design, descriptor)).message;

describe('a descriptor', () => {
  test('is read as it was posted', () => {
    const descriptor = described();
    expect(readDescriptor(design, descriptor).buffer).toBe(descriptor.buffer);
  });

  test('with what only looks like a SharedArrayBuffer is refused', () => {
    const { proxy, revoke } = Proxy.revocable(described().buffer, {});
    revoke();
    const posing = Object.create(SharedArrayBuffer.prototype);
    for (const buffer of [posing, new Proxy(described().buffer, {}), proxy, null, new ArrayBuffer(2 ** 20)]) {
      expect(refusal({ ...described(), buffer })).toMatch(/for its buffer; it has to be a SharedArrayBuffer/);
    }
  });

  test('with a buffer that lies about its length is taken by what it has', () => {
    class Liar extends SharedArrayBuffer {
      override get byteLength(): number {
        return 2 ** 20;
      }
    }
    expect(refusal({ ...described(), buffer: new Liar(4) })).toMatch(/has a buffer of 4 bytes/);
    const descriptor = described();
    Object.defineProperty(descriptor.buffer, 'byteLength', { value: 4 });
    expect(readDescriptor(design, descriptor)).toHaveLength(2 ** 18);
  });

  test('has to have its properties itself', () => {
    const descriptor = described();
    expect(refusal(Object.create(descriptor))).toMatch(/descriptor /);
    const { capacity: _, ...others } = descriptor;
    Object.defineProperty(Object.prototype, 'capacity', { value: descriptor.capacity, configurable: true });
    try {
      expect(refusal(others)).toMatch(/is for a capacity of undefined/);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'capacity');
    }
  });

  test('that is null, or a revoked proxy, is refused', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal(null)).toMatch(/is null/);
    expect(refusal(proxy)).toMatch(/cannot be read/);
  });
});
