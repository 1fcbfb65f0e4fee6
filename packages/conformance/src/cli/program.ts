/**
 * What every command line program of pidlab has to do, whatever it does: lose nothing, and say what is wrong.
 *
 * @packageDocumentation
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export { type Progress, progressOn } from './progress.ts';

/** Exit status after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;
/** Exit status when whoever read the output has gone, as shells have it. */
export const CLOSED_PIPE = 141;

/** A file that cannot be written. The message says which, why, and what to do. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/**
 * Throws an `OutputError` unless all these files can be written; makes their folders. For before the work, so that nobody
 * waits for what cannot be kept. `option` is what chooses another place.
 */
export function checkWritable(files: readonly string[], option: string): void {
  for (const file of files) {
    attempt(file, option, () => {
      makeFolder(dirname(file));
      const { path, beside } = placeOf(file);
      if (beside === undefined) closeSync(openSync(path, 'a'));
      else withTemporary(beside, () => writeFileSync(beside, ''));
    });
  }
}

/** Writes a file beside its place and then moves it there, so that nobody ever finds half of it. Throws an `OutputError`. */
export function writeWhole(file: string, content: string | Uint8Array): void {
  attempt(file, undefined, () => {
    const { path, beside } = placeOf(file);
    if (beside === undefined) return writeFileSync(path, content);
    withTemporary(beside, () => {
      writeFileSync(beside, content);
      renameSync(beside, path);
    });
  });
}

function attempt(file: string, option: string | undefined, write: () => void): void {
  try {
    write();
  } catch (error) {
    const advice = option === undefined ? '' : `; choose another place with ${option}`;
    throw new OutputError(`cannot write ${file}: ${(error as Error).message}${advice}`);
  }
}

/** A folder and those above it. Not `recursive`: that never ends where a file system refuses with ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** Where a file really is, and where it is written first: nowhere else for a device or a pipe, which must not be replaced. */
function placeOf(file: string): { path: string; beside?: string } {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return { path: file, beside: `${file}.${process.pid}.tmp` };
  if (found.isDirectory()) throw new Error('it is a folder');
  const path = realpathSync(file);
  return found.isFile() ? { path, beside: `${path}.${process.pid}.tmp` } : { path };
}

function withTemporary(file: string, write: () => void): void {
  try {
    write();
  } finally {
    rmSync(file, { force: true });
  }
}

/** The version in a `package.json`. */
export function versionIn(manifest: URL): string {
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/** Where a program writes its report to. */
export interface Report {
  write(text: string): void;
  /** Whether somebody still reads. When not, what is written goes nowhere. */
  readonly isOpen: boolean;
  readonly isTTY: boolean;
  /** How many columns a line may take: the terminal's, and 80 where there is none. */
  readonly columns: number;
}

/**
 * Keeps the standard output for the report: from here on nobody else writes there. What others print, a module or a thread of
 * its own included, goes to the standard error output.
 */
export function claimStdout(): Report {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  let isOpen = true;
  stdout.write = ((...args: Parameters<typeof stderr.write>) => stderr.write(...args)) as typeof stdout.write;
  ignoreClosedPipes();
  return {
    write(text) {
      if (!isOpen || text === '') return;
      write(text, (error) => {
        if (error) isOpen = false;
      });
    },
    get isOpen() {
      return isOpen;
    },
    isTTY: stdout.isTTY === true,
    columns: stdout.columns ?? 80,
  };
}

/** Who reads our output may stop reading (`| head`). What is left is not written then, and nothing else happens. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners('error').includes(throwUnlessClosed)) stream.on('error', throwUnlessClosed);
}

function throwUnlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/**
 * Does `work` with a signal that the first Ctrl-C raises, so that what is done by then can be kept; `note` is what it says.
 * The second one ends the program at once.
 */
export async function untilInterrupted<T>(note: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController();
  const stop = (): void => {
    if (interruption.signal.aborted) process.exit(INTERRUPTED);
    interruption.abort();
    process.stderr.write(`\n${note} (again: stop at once)\n`);
  };
  process.on('SIGINT', stop);
  try {
    return await work(interruption.signal);
  } finally {
    process.off('SIGINT', stop);
  }
}
