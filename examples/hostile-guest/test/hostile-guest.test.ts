import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const dir = join(import.meta.dirname, '..');

test('the program prints what its comments say', () => {
  const source = readFileSync(join(dir, 'main.js'), 'utf8');
  const promised = [...source.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);
  const printed = execFileSync(process.execPath, ['main.js'], { cwd: dir, encoding: 'utf8' });
  expect(promised.length).toBe(12);
  const lines = printed.trimEnd().split('\n');
  expect(lines.filter((line) => !line.startsWith('   '))).toEqual(promised);
  expect(lines.filter((line) => / s, at most \d+ MB$/.test(line)).length).toBe(12);
});
