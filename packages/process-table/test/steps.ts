/**
 * Counts what a program does instead of timing it, so that the answer is the same on every machine: how often each block of the
 * built table ran, as V8 counts for coverage, and how many items the array methods that hide a loop went over. V8 counts the
 * blocks of what it compiles from now on, so this has to be loaded before the table.
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

const session = new Session();
session.connect();
post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

function post<R>(method: string, params?: object): R {
  let result: unknown;
  session.post(method as 'Profiler.enable', params as never, (error: Error | null, answer?: unknown) => {
    if (error) throw error;
    result = answer;
  });
  return result as R;
}

/** How often each block of the table has run since this was last asked, all together. */
function blocks(): number {
  const { result } = post<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage');
  const ours = result.filter(({ url }) => url.includes('process-table/dist/'));
  const ranges = ours.flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
  return ranges.reduce((sum, { count }) => sum + count, 0);
}

/** Others go on at full speed after this. */
export function stopCounting(): void {
  post('Profiler.stopPreciseCoverage');
  session.disconnect();
}

/** How many steps the table takes in `work`. */
export function stepsOf(work: () => void): number {
  const arrays = Array.prototype as unknown as Record<string, (...values: unknown[]) => unknown>;
  const before = COUNTED.map((name) => arrays[name]);
  let items = 0;
  blocks();
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
  const counted = blocks();
  if (counted === 0) throw new Error('V8 has counted nothing of the table');
  return counted + items;
}
