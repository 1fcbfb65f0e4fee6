/**
 * Buffers that a caller hands in. What they are and how long is asked of themselves, by the getters that the language gives to
 * all of them: an object can have a prototype, a `length` or a `byteLength` that says something else.
 */

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const nameOf = getterOf(typedArray, Symbol.toStringTag);
const lengthOf = getterOf(typedArray, 'length');

/** A copy of the bytes of a Uint8Array, in a plain one; without any where its buffer is gone. undefined when it is something else. */
export function copyOfBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (nameOf(value) !== 'Uint8Array') return undefined;
  // That of a buffer that was transferred is 0, and it cannot be copied.
  return lengthOf(value) === 0 ? new Uint8Array(0) : new Uint8Array(value as Uint8Array);
}

/** Bytes of a SharedArrayBuffer; undefined when it is something else, or where there are none. */
export function sharedLength(value: unknown): number | undefined {
  if (typeof SharedArrayBuffer === 'undefined') return undefined;
  try {
    return getterOf(SharedArrayBuffer.prototype, 'byteLength')(value) as number;
  } catch {
    return undefined;
  }
}

function getterOf(prototype: object, name: PropertyKey): (of: unknown) => unknown {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (of) => get?.call(of);
}
