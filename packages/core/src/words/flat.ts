/**
 * Marks an arrow function that the bundler makes one piece of: it writes out what the function calls in the place of the
 * calls. Without a bundle it stays as it is. What for stands in docs/adr/0015.
 */
export function flat<F extends (...args: never[]) => unknown>(path: F): F {
  return path;
}
