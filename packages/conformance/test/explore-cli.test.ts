import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../dist/cli/conformance.js';
import { here, type Said } from './here.ts';

const folder = mkdtempSync(join(tmpdir(), 'pidlab-explore-'));
afterAll(() => rmSync(folder, { recursive: true }));

const explore = (...args: string[]): Promise<Said> => here(main, ['explore', ...args]);

describe('pid-conformance explore', { timeout: 120_000 }, () => {
  test('lists the scenarios that a strategy can play, and those of the memory', async () => {
    const names = async (...args: string[]): Promise<string[]> => (await explore('--list', ...args)).stdout.split('\n');
    const deep = 'ns-put-copy-alloc-deep  2 threads';
    const gone = 'gone-alloc-alloc  3 threads';
    expect(await names('--strategy', 'hierarchical', '--memory', 'sc')).toEqual(expect.arrayContaining([deep, gone]));
    expect(await names('--strategy', 'flat')).not.toContain(deep);
    const weak = await names('--strategy', 'all', '--memory', 'arm');
    expect(weak).toContain(deep);
    expect(weak).not.toContain(gone);
  });

  test('goes on where it was stopped, and says what is left when its time is up', async () => {
    const file = join(folder, 'night.txt');
    const one = ['--preemptions', '1', '--resume', file, '--scenario', 'alloc-free', 'get-free'];
    const first = await explore(...one);
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^2 scenarios of hierarchical, .*; 0 failures, 0 not complete\n$/);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
    const again = await explore(...one);
    expect(again.status).toBe(0);
    expect(again.stdout).toMatch(/^0 scenarios .*\n2 more were complete before: /);
    const more = await explore('--total', '1', '--strategy', 'all', '--resume', file, '--preemptions', '4');
    expect(more.status).toBe(1);
    expect(more.stdout).toMatch(/\d+ more were not begun: the time was up\n$/);
  });

  test('refuses what it does not know, and says what to do', async () => {
    const { stderr, ...said } = await explore('--scenario', 'nothing-like-it');
    expect(said).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('--list shows them all');
  });
});
