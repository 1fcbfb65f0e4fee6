import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, Measurement } from './measure.ts';
import type { Answer } from './worker.ts';

/** What became of a job. */
export type Outcome =
  | { readonly measurement: Measurement }
  | { readonly failed: string }
  /** It was stopped or ran out of memory: nothing is wrong, but there is no number. */
  | { readonly cut: string };

/**
 * The same for every subject. The baselines' objects at four million pids need more heap than the default allows; the
 * strategies' blocks lie outside the heap. `--expose-gc` lets the collector run before the clock starts.
 */
const FLAGS = ['--expose-gc', '--max-old-space-size=8192'];

/** Does a job in a fresh process, for at most `limitMs`. */
export function runInProcess(job: Job, limitMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('./worker.js', import.meta.url)), {
      execArgv: FLAGS,
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    let answer: Answer | undefined;
    let late = false;
    let complaint = '';
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.stderr?.on('data', (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-4_000);
    });
    child.on('message', (message: Answer) => {
      answer = message;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ failed: `the process did not start: ${error.message}` });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (answer && 'measurement' in answer) resolve(answer);
      else if (answer) resolve(answer.code === 'ENOMEM' ? { cut: firstLine(answer.error) } : { failed: answer.error });
      else if (late) resolve({ cut: `stopped after ${Math.round(limitMs / 1000)} s` });
      else if (/heap out of memory|Allocation failed/.test(complaint))
        resolve({ cut: 'the heap of 8 GiB was not enough' });
      else if (signal === 'SIGKILL') resolve({ cut: 'killed from outside, most likely for want of memory' });
      else resolve({ failed: `the process ended (${signal ?? code}) without an answer. ${complaint.trim()}` });
    });
    child.send(job);
  });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0];
}
