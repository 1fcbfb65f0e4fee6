import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Environment } from './environment.ts';
import { cellKey } from './questions.ts';
import { type Document, SCHEMA_VERSION } from './report/report.ts';
import type { Result } from './results.ts';
import type { Params } from './scenario.ts';
import { halfWidth, type LogMean, logMean, type Prior, priorOf, type Spread, spreadOf, sumOf } from './statistics.ts';
import { SubjectError } from './subjects.ts';
import { type Comparison, comparisonOf, judge } from './verdict.ts';

// Two runs are not measured in the same rounds, so all that the machine did between them is part of the difference. The
// floor's own rows are compared as well: they say how much that was.

/** One row in both runs. */
interface RowComparison {
  readonly strategy: string;
  readonly scenario: string;
  readonly params: Params;
  readonly before: number;
  readonly now: number;
  /** `now / before`. */
  readonly factor: number;
  readonly ci: readonly [low: number, high: number];
  /** In the words of time: `slower` is also "more memory". */
  readonly verdict: Comparison;
}

/** A run against an older one. */
export interface BaselineComparison {
  readonly environment: Environment;
  readonly rows: readonly RowComparison[];
}

/** What a comparison of single rows errs, so that of a hundred one is wrong. */
const ROW_ERROR = 0.01;

/** Reads the file of an older run. Throws a `SubjectError` that says what is wrong with it. */
export function readBaseline(file: string): Document {
  let found: Partial<Document>;
  try {
    found = JSON.parse(unpacked(readFileSync(file)).toString());
  } catch (error) {
    throw new SubjectError(`cannot read ${file}: ${(error as Error).message}`);
  }
  if (found.schemaVersion !== SCHEMA_VERSION || !found.environment || !Array.isArray(found.results))
    throw new SubjectError(
      `${file} is no result of schema version ${SCHEMA_VERSION} (it says ${found.schemaVersion ?? 'nothing'}); measure again to get one`,
    );
  return found as Document;
}

/** What a file has in it: `--publish` keeps data packed by gzip, which begins with these two bytes. */
function unpacked(bytes: Buffer): Buffer {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

/** What two environments differ in that makes their times incomparable. */
export function differences(before: Environment, now: Environment): string[] {
  const facts = ({ machine, cpu, cores, memoryGiB, runtime }: Environment): Record<string, unknown> => ({
    machine,
    processor: cpu,
    cores,
    'memory (GiB)': memoryGiB,
    Node: runtime.node,
    V8: runtime.v8,
  });
  const [old, own] = [facts(before), facts(now)];
  return Object.keys(own)
    .filter((name) => old[name] !== own[name])
    .map((name) => `${name}: ${old[name]} then, ${own[name]} now`);
}

/** Throws a `SubjectError` when the older run is of another machine or runtime, unless `force`. */
export function refuseForeign(before: Environment, now: Environment, force: boolean): void {
  const found = differences(before, now);
  if (found.length > 0 && !force)
    throw new SubjectError(
      `the baseline is of another machine or runtime (${found.join('; ')}); --force compares all the same`,
    );
}

/** Every row that both runs have, the one against the other. */
export function compareRuns(
  before: Pick<Document, 'environment' | 'results'>,
  results: readonly Result[],
): BaselineComparison {
  const old = new Map(before.results.filter(isTimed).map((result) => [keyOf(result), result]));
  const both = results.filter((result) => isTimed(result) && old.has(keyOf(result)));
  const spreads = new Map<string, Spread[]>();
  for (const result of both)
    for (const each of [result, old.get(keyOf(result)) as Result])
      spreads.set(each.scenario, [...(spreads.get(each.scenario) ?? []), spreadOf(logsOf(each))]);
  const priors = new Map([...spreads].map(([scenario, all]) => [scenario, priorOf(all)]));
  const rows = both.map((result) =>
    rowOf(old.get(keyOf(result)) as Result, result, priors.get(result.scenario) as Prior),
  );
  return { environment: before.environment, rows };
}

function rowOf(before: Result, now: Result, prior: Prior): RowComparison {
  const then = logMean(logsOf(before), prior) as LogMean;
  const found = sumOf([logMean(logsOf(now), prior) as LogMean, { ...then, mean: -then.mean }]);
  const half = halfWidth(found, ROW_ERROR);
  const { strategy, scenario, params } = now;
  return {
    strategy,
    scenario,
    params,
    before: before.median as number,
    now: now.median as number,
    factor: Math.exp(found.mean),
    ci: [Math.exp(found.mean - half), Math.exp(found.mean + half)],
    verdict: comparisonOf(judge(found, { atMost: 1 }, ROW_ERROR)),
  };
}

/** Whether a row can be compared: two rounds and more, and none of them 0. */
function isTimed({ status, rounds, exact }: Result): boolean {
  return status === 'ok' && !exact && rounds.length > 1 && rounds.every(({ median }) => median > 0);
}

function logsOf({ rounds }: Result): number[] {
  return rounds.map(({ median }) => Math.log(median));
}

function keyOf({ scenario, params, strategy }: Result): string {
  return `${cellKey({ scenario: { id: scenario }, params })} ${strategy}`;
}
