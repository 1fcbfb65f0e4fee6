import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const dir = join(import.meta.dirname, '..');

test('the program prints what the README shows', () => {
  const shown = /^```text\n([\s\S]*?)^```$/m.exec(readFileSync(join(dir, 'README.md'), 'utf8'))?.[1];
  const printed = execFileSync(process.execPath, ['main.js'], { cwd: dir, encoding: 'utf8' });
  expect(printed).toBe(shown);
});
