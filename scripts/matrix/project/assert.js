// The six functions that the suite takes of `node:assert`, for a page.

class AssertionError extends Error {
  /** @override */
  name = 'AssertionError';
}

/** @type {(message: unknown) => never} */
export function fail(message) {
  throw message instanceof Error ? message : new AssertionError(String(message));
}

/** @type {(value: unknown, message?: string) => void} */
export function ok(value, message = `expected something truthy, got ${String(value)}`) {
  if (!value) fail(message);
}

/** @type {(actual: unknown, expected: unknown, message?: string) => void} */
export function equal(actual, expected, message = `expected ${String(expected)}, got ${String(actual)}`) {
  if (!Object.is(actual, expected)) fail(message);
}

/** @type {(actual: unknown, expected: unknown, message?: string) => void} */
export function notEqual(actual, expected, message = `expected anything but ${String(expected)}`) {
  if (Object.is(actual, expected)) fail(message);
}

/** @type {(actual: unknown, expected: unknown, message?: string) => void} */
export function deepEqual(actual, expected, message = 'the two are not alike') {
  if (!alike(actual, expected)) fail(`${message}: ${JSON.stringify(actual)} and ${JSON.stringify(expected)}`);
}

/** @type {(one: any, other: any) => boolean} */
function alike(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  // In whatever order, as `node:assert` has it; the suite has sets of numbers and texts only.
  if (one instanceof Set) return one.size === other.size && [...one].every((each) => other.has(each));
  if (one instanceof Map)
    return one.size === other.size && [...one].every(([key, value]) => other.has(key) && alike(value, other.get(key)));
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && alike(one[key], other[key]))
  );
}

export const strict = { fail, ok, equal, notEqual, deepEqual, AssertionError };
