/** Marks a path for the bundler, which makes one piece of it: docs/adr/0015. Without a bundle it stays as it is. */
export function flat<F extends (...args: never[]) => unknown>(path: F): F {
  return path;
}
