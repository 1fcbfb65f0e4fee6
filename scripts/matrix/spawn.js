import { spawn } from 'node:child_process';

/**
 * Runs a program to its end, or to that of its time, and gives its exit status and what it printed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, limitMs: number }} where
 * @returns {Promise<{ status: number | string, output: string, stdout: string }>}
 */
export function done(command, args, { cwd, limitMs }) {
  return new Promise((resolve) => {
    let [output, stdout] = ['', ''];
    // A group of its own, so that what it started ends with it.
    const env = { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let tooLong = false;
    const timer = setTimeout(() => {
      tooLong = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => {
      output += error.message;
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status: tooLong ? `longer than ${limitMs / 1000} s` : (status ?? String(signal)), output, stdout });
    });
  });
}
