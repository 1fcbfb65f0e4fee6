/** Leaves out whatever is not needed for a list to fail: halves first, single items last. */
export function fewest<T>(items: readonly T[], fails: (fewer: readonly T[]) => boolean): T[] {
  let rest = [...items];
  for (let size = Math.ceil(rest.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < rest.length; ) {
      const fewer = rest.filter((_, i) => i < from || i >= from + size);
      if (fails(fewer)) rest = fewer;
      else from += size;
    }
  }
  return rest;
}
