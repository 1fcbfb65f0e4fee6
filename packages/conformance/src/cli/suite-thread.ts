/** The clauses of one strategy, run one by one as they are asked for: in a thread that can be ended when one never returns. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Strategy } from '@pidlab/contract';
import { type ClauseResult, plan, runCase } from '../suite/run.ts';
import { runSharedClause } from '../threads/index.ts';
import { nodeHost } from '../threads/node.ts';
import { createRunner } from '../threads/runner.ts';
import { type Start, sharedOf } from './supervisor.ts';

const { url, options, ofThreads } = workerData as Start;
const strategy = (await import(url)) as Strategy;
const cases = plan(strategy, options);
const shared = sharedOf(strategy, ofThreads);
const runner = createRunner(nodeHost, strategy, url, ofThreads);

async function resultAt(index: number): Promise<ClauseResult> {
  if (index < cases.length) return runCase(cases[index]);
  return runSharedClause(runner, strategy.traits.strategy, shared[index - cases.length], ofThreads.seed);
}

parentPort?.on('message', async (index: number) => parentPort?.postMessage(await resultAt(index)));
parentPort?.postMessage('ready');
