import { strict as assert } from 'node:assert';
import { ERRNO, type ErrnoCode } from '@pidlab/contract';

/*
 * The only place of the suite that knows where assertions come from. Outside Node, alias `node:assert` to a package of
 * that name, or swap this file.
 */

/** `actual === expected`, with NaN equal to itself. */
export function equal<T>(actual: T, expected: T, message?: string): void {
  assert.equal(actual, expected, message);
}

/** The opposite of {@link equal}. */
export function notEqual<T>(actual: T, expected: T, message?: string): void {
  assert.notEqual(actual, expected, message);
}

/** Same structure and same values, all the way down. */
export function deepEqual<T>(actual: T, expected: T, message?: string): void {
  assert.deepEqual(actual, expected, message);
}

/** `value` is truthy. */
export function ok(value: unknown, message?: string): asserts value {
  assert.ok(value, message);
}

/** `value` is neither `undefined` nor `null`; returns it. */
export function some<T>(value: T | undefined | null, message: string = 'expected something, got none'): T {
  assert.ok(value !== undefined && value !== null, message);
  return value;
}

/** What a refusal looks like, of either kind. */
export interface Refusal {
  readonly name: 'PidError' | 'PidBug';
  readonly message: string;
  readonly op: string;
  readonly code?: ErrnoCode;
  readonly errno?: number;
}

/** What `body` threw; fails when it threw nothing, or anything but a `PidError` or `PidBug`. */
export function refusal(body: () => unknown): Refusal {
  let returned: unknown;
  try {
    returned = body();
  } catch (error) {
    // By name and not by class: a strategy may come with a copy of the contract of its own.
    const refused = error as Refusal;
    if (error instanceof Error && (error.name === 'PidError' || error.name === 'PidBug')) {
      assert.equal(typeof refused.op, 'string', `${error.name} has no op: ${error.message}`);
      assert.ok(
        refused.message.startsWith(`${refused.op}: `),
        `the message does not begin with its op: ${error.message}`,
      );
      return refused;
    }
    throw error;
  }
  return assert.fail(`expected a PidError or a PidBug, but it returned ${show(returned)}`);
}

/** `body` throws a well-formed `PidError` with this code; returns it. */
export function throwsPidError(code: ErrnoCode, body: () => unknown): Refusal {
  const refused = refusal(body);
  assert.equal(refused.name, 'PidError', `expected PidError ${code}, got ${refused.name}: ${refused.message}`);
  assert.equal(refused.code, code, `expected ${code}, got: ${refused.message}`);
  assert.equal(refused.errno, ERRNO[code]);
  const sentence = refused.message.slice(`${refused.op}: ${code}: `.length);
  assert.ok(
    refused.message.startsWith(`${refused.op}: ${code}: `),
    `the message does not name its code: ${refused.message}`,
  );
  assert.ok(sentence.length >= 10, `the message explains nothing: ${refused.message}`);
  return refused;
}

/** `body` throws a well-formed `PidBug`; returns it. */
export function throwsPidBug(body: () => unknown): Refusal {
  const refused = refusal(body);
  assert.equal(refused.name, 'PidBug', `expected PidBug, got ${refused.name}: ${refused.message}`);
  assert.ok(refused.message.length >= refused.op.length + 10, `the message explains nothing: ${refused.message}`);
  return refused;
}

/** Does `body`, and says in front of what it throws which call that was. */
export function during<T>(call: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new Error(`${call}: ${error instanceof Error ? error.message : show(error)}`, { cause: error });
  }
}

/** A value in an error message, whatever it is: none of its own code is run. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? `[${value.map(show).join(', ')}]` : 'an object';
  }
  return String(value);
}
