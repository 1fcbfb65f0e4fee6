import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guest } from '../guest.js';

const dir = join(import.meta.dirname, '..');

test('the program prints what the README shows', () => {
  const shown = /^```text\n([\s\S]*?)^```$/m.exec(readFileSync(join(dir, 'README.md'), 'utf8'))?.[1];
  const printed = execFileSync(process.execPath, ['main.js'], { cwd: dir, encoding: 'utf8' });
  expect(printed).toBe(shown);
});

test('the guest is WebAssembly that asks for nothing but what the host names', () => {
  const module = new WebAssembly.Module(guest);
  const wanted = ['proc_getpid', 'proc_spawn', 'proc_wait', 'proc_kill', 'proc_setsid', 'proc_exit'];
  expect(WebAssembly.Module.imports(module)).toEqual(
    wanted.map((name) => ({ module: 'host', name, kind: 'function' })),
  );
  expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual([
    'memory',
    'program0',
    'program1',
    'program2',
  ]);
});
