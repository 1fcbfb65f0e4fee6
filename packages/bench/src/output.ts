/** What this package's programs have in common with the suite's. */
import { ignoreClosedPipes, untilInterrupted as until, versionIn } from '@pidlab/conformance/program';

export { checkWritable, INTERRUPTED, OutputError, writeWhole } from '@pidlab/conformance/program';

/** Whoever reads our output may stop reading (`| head`): what is left is not written, and nothing else happens. */
export const ignoreClosedPipe: () => void = ignoreClosedPipes;

/** The version of this package. */
export function version(): string {
  return versionIn(new URL('../package.json', import.meta.url));
}

/** Runs `work` with a signal that the first Ctrl-C raises: what was measured by then is kept. The second ends the process at once. */
export function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return until('stopping after this measurement; what was measured is kept', work);
}
