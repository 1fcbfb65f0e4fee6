import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file that cannot be written: the message says which, why, and what to do. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** Throws an `OutputError` unless all these files can be written; makes their folders. Called before anything is measured. */
export function checkWritable(files: readonly string[], option: string): void {
  for (const file of files) {
    const trial = temporary(file);
    try {
      makeFolder(dirname(file));
      writeFileSync(trial, '');
      rmSync(trial);
    } catch (error) {
      throw new OutputError(`cannot write ${file}: ${(error as Error).message}; choose another place with ${option}`);
    }
  }
}

/** A folder and those above it. Not `recursive`: that never ends where a file system refuses with ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** Writes a file beside its place and then moves it there, so that nobody ever sees half of it. */
export function writeWhole(file: string, text: string): void {
  const trial = temporary(file);
  writeFileSync(trial, text);
  renameSync(trial, file);
}

function temporary(file: string): string {
  return `${file}.${process.pid}.tmp`;
}

/** Whoever reads our output may stop reading (`| head`): what is left is not written, and nothing else happens. */
export function ignoreClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}

/** The version of this package. */
export function version(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

/**
 * Runs `work` with a signal that the first Ctrl-C raises: what was measured by then is kept. The second ends the process
 * at once.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
    process.stderr.write('\nstopping after this measurement; what was measured is kept (again: stop at once)\n');
  };
  process.on('SIGINT', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
  }
}

/** Exit code after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;
