import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { buildStrategy } from '../src/mutants/build.ts';
import type { Change } from '../src/mutants/mutant.ts';

const BIN = fileURLToPath(new URL('../bin/pid-stress.js', import.meta.resolve('@pidlab/conformance')));

/** What of a line of pid-stress is looked at here. */
type Reckoning = Record<'duplicates' | 'lost' | 'violations' | 'leaked', number>;

/** Runs of a second in which it has to be found: threads meet when they happen to. */
const ENOUGH = 200;

describe('the exit status of pid-stress', () => {
  test.each<[string, Change, (reckoning: Reckoning) => boolean]>([
    [
      'a number is taken by a plain read and write',
      {
        package: 'core',
        file: 'words/access.ts',
        find: '  if (SHARED) return Atomics.or(words, at, mask);\n',
        replace: '',
      },
      ({ duplicates, lost, violations }) => duplicates + lost + violations > 0,
    ],
    [
      'some references are taken twice',
      {
        package: 'core',
        file: 'pids/pids.ts',
        find: '  w[pidAt + COUNT]++;\n',
        replace: '  w[pidAt + COUNT] += pidAt % 1024 === 0 ? 2 : 1;\n',
      },
      ({ leaked }) => leaked > 0,
    ],
  ])('is 1 when %s', { timeout: 1_800_000 }, async (_what, change, isNoticed) => {
    const dir = mkdtempSync(join(tmpdir(), 'pidlab-stress-'));
    try {
      const file = join(dir, 'broken.mjs');
      await buildStrategy('hierarchical', [change], file);
      for (let run = 0; run < ENOUGH; run++) {
        const { status, stdout } = spawnSync(process.execPath, [BIN, '--seconds', '1', '--strategy', file], {
          encoding: 'utf8',
        });
        if (status === 0) continue;
        assert.equal(status, 1);
        assert.ok(isNoticed(JSON.parse(stdout)), stdout);
        return;
      }
      assert.fail(`nothing was noticed in ${ENOUGH} runs`);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
