/**
 * Counts what a program does instead of timing it, so that the answer is the same on every machine: how often each block of the
 * table's sources ran, as V8 counts for coverage, and how many items the array methods that hide a loop went over.
 */
import { type Profiler, Session } from 'node:inspector';

const COUNTED = [
  'indexOf',
  'includes',
  'splice',
  'slice',
  'reverse',
  'find',
  'filter',
  'map',
  'some',
  'every',
  'sort',
  'fill',
];

/** How many steps the table takes in `work`. */
export function stepsOf(work: () => void): number {
  const session = new Session();
  session.connect();
  const post = <R>(method: string, params?: object): R => {
    let result: unknown;
    session.post(method as 'Profiler.enable', params as never, (error: Error | null, answer?: unknown) => {
      if (error) throw error;
      result = answer;
    });
    return result as R;
  };
  const arrays = Array.prototype as unknown as Record<string, (...values: unknown[]) => unknown>;
  const before = COUNTED.map((name) => arrays[name]);
  let items = 0;
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  for (const [i, name] of COUNTED.entries())
    arrays[name] = function counted(this: unknown[], ...values: unknown[]) {
      items += this.length;
      return before[i].apply(this, values);
    };
  try {
    work();
  } finally {
    for (const [i, name] of COUNTED.entries()) arrays[name] = before[i];
  }
  const { result } = post<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage');
  post('Profiler.stopPreciseCoverage');
  session.disconnect();
  const ours = result.filter(({ url }) => url.includes('process-table/src/'));
  if (ours.length === 0) throw new Error('V8 has counted nothing of the table');
  return (
    items + ours.flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges)).reduce((n, r) => n + r.count, 0)
  );
}
