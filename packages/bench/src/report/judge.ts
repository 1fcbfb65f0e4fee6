import type { Estimate } from '../statistics.ts';
import type { Target } from './report.ts';

/** What a value has to keep. */
export interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Met or not, when the whole interval says so; a single round says nothing, unless the value is `exact`. */
export function judge({ value, ci }: Estimate, bounds: Bounds, exact = false): Target['met'] {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bounds;
  const interval = ci ?? (exact ? [value, value] : undefined);
  if (!interval) return 'unclear';
  const [low, high] = interval;
  if (low >= atLeast && high <= atMost) return 'yes';
  return high < atLeast || low > atMost ? 'no' : 'unclear';
}
