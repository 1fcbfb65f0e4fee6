/**
 * A process of its own that runs clauses on strategies that may be broken in any way, endless loops included: it says
 * which clause it is at, and whoever started it ends it when that takes too long.
 */
import { pathToFileURL } from 'node:url';
import { type Case, plan } from '@pidlab/conformance';
import { runShared, sharedClauses } from '@pidlab/conformance/shared';
import { nodeHost } from '@pidlab/conformance/shared/node';
import type { PidAllocatorOptions, Strategy } from '@pidlab/contract';
import type { Failure, Message, Question } from './hunt.ts';

process.on('message', (question: Question) => {
  void run(question);
});

async function run({ file, clauses, againMs }: Question): Promise<void> {
  const { href } = pathToFileURL(file);
  const strategy = (await import(href)) as Strategy;
  const cases = clauses === undefined ? plan(modest(strategy), { scale: false }) : plan(strategy, { clauses });
  const caught = new Set<string>();
  for (const c of cases) {
    // What fails in one scope need not be tried in the next.
    if (caught.has(c.clause.id)) continue;
    await say({ at: c.clause.id });
    const failure = tryCase(c);
    if (failure === undefined) continue;
    await say({ failure });
    if (!failure.byInvariants) caught.add(c.clause.id);
  }
  const ofThreads = sharedClauses.map(({ id }) => id).filter((id) => clauses?.includes(id) ?? true);
  for (const id of ofThreads) await tryShared(strategy, href, id, againMs);
  await say({ done: cases.length + ofThreads.length });
}

/** Runs a clause about several threads until it fails, or its time is up. */
async function tryShared(strategy: Strategy, url: string, id: string, againMs: number): Promise<void> {
  const until = performance.now() + againMs;
  do {
    await say({ at: id });
    for await (const { status, message = '' } of runShared(nodeHost, strategy, url, { clauses: [id] })) {
      if (status !== 'failed') continue;
      await say({ failure: { clause: id, byInvariants: false, message: message.slice(0, 300) } });
      return;
    }
  } while (performance.now() < until);
}

function say(message: Message): Promise<void> {
  return new Promise((resolve) => process.send!(message, () => resolve()));
}

/** With the walk over the invariants; when that fails, once more without, to know which of the two it was. */
function tryCase(c: Case): Failure | undefined {
  const whole = whyNot(c.run);
  if (whole === undefined) return undefined;
  const own = whyNot(c.clause.body);
  return { clause: c.clause.id, byInvariants: own === undefined, message: (own ?? whole).slice(0, 300) };
}

function whyNot(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return String((error as Error)?.message ?? error);
  }
}

/** The whole suite makes thousands of allocators; where it does not say how large, these are small, which is faster. */
function modest({ createPidAllocator, ...others }: Strategy): Strategy {
  const unsaid = (o: PidAllocatorOptions): boolean => ['capacity', 'memory', 'snapshot'].every((name) => !(name in o));
  return {
    ...others,
    createPidAllocator: (options = {}) => {
      const open = typeof options === 'object' && options !== null && unsaid(options);
      return createPidAllocator(open ? { capacity: 16_384, namespaces: 256, ...options } : options);
    },
  };
}
