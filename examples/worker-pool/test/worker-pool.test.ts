import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const dir = join(import.meta.dirname, '..');
const printed = (file: string): string => execFileSync(process.execPath, [file], { cwd: dir, encoding: 'utf8' });

test('the program prints what the README shows', () => {
  const shown = /^```text\n([\s\S]*?)^```$/m.exec(readFileSync(join(dir, 'README.md'), 'utf8'))?.[1];
  expect(printed('main.js')).toBe(shown);
});

test('the smallest program prints what its comments say', () => {
  const source = readFileSync(join(dir, 'smallest.js'), 'utf8');
  const promised = [...source.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);
  expect(promised.length).toBe(2);
  expect(printed('smallest.js').trimEnd().split('\n')).toEqual(promised);
});
