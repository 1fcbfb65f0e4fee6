/**
 * Marks for the bundler: functions that it makes one piece of, by writing out what they call in the place of the calls. Without a
 * bundle they stay as they are. What for stands in docs/adr/0015.
 */

/** A hot path, however long it becomes. It is called with offsets and not with handles, which would need memory on the way. */
export function flat<F extends (...args: never[]) => unknown>(path: F): F {
  return path;
}

/** A function that V8 puts in line in its callers: it becomes one piece unless V8 would do that no longer. */
export function short<F extends (...args: never[]) => unknown>(path: F): F {
  return path;
}

/** A function that stays a call wherever it is called: what is rare, and would make long what it is written out in. */
export function apart<F extends (...args: never[]) => unknown>(path: F): F {
  return path;
}
