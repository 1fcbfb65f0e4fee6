import { figure } from '../format.ts';
import type { Report } from '../report/report.ts';
import type { Pair, Result, Target } from '../results.ts';
import type { Params } from '../scenario.ts';
import type { Tally } from '../tallies/tally.ts';

/** What a claim is judged by: all but the verdicts themselves. */
export type Findings = Omit<Report, 'claims' | 'found' | 'advice' | 'sweeps'>;

/** The designs that the claims are about, whatever else stands beside them. */
export const BITMAPS = ['hierarchical', 'flat', 'pidspace'] as const;
export const DESIGNS: readonly string[] = [...BITMAPS, 'idr'];

/** How many times one row takes what another takes, in the rounds that both have. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A report, as the claims ask it. */
export class View {
  readonly report: Findings;

  constructor(report: Findings) {
    this.report = report;
  }

  /** Every strategy of the report, the built-in ones first. */
  get strategies(): string[] {
    const all = this.report.results.filter(({ kind }) => kind === 'strategy').map(({ strategy }) => strategy);
    return [...new Set([...DESIGNS.filter((design) => all.includes(design)), ...all])];
  }

  /** What a survey counted of a strategy, in each state. */
  tallies(survey: string, strategy?: string): readonly Tally[] {
    const all = (this.report.tallies ?? []).filter((tally) => tally.survey === survey);
    return strategy === undefined ? all : all.filter((tally) => tally.strategy === strategy);
  }

  /** One value that was counted; undefined where it was not. */
  count(survey: string, strategy: string, params: Params, value: string): number | undefined {
    return this.tallies(survey, strategy).find((tally) => includes(tally.params, params))?.values[value];
  }

  /** A row that has a number. */
  row(scenario: string, params: Params, strategy: string): Result | undefined {
    return this.report.results.find(
      (result) =>
        result.scenario === scenario &&
        result.strategy === strategy &&
        result.median !== undefined &&
        includes(result.params, params),
    );
  }

  /** How many times `of` takes what `over` takes; undefined without two rounds that both have. */
  ratio(of: Result | undefined, over: Result | undefined): Ratio | undefined {
    if (!of || !over) return undefined;
    const others = new Map(over.rounds.map(({ round, median }) => [round, median]));
    const found = of.rounds.flatMap(({ round, median }) => {
      const other = others.get(round);
      return other !== undefined && other > 0 && median > 0 ? [median / other] : [];
    });
    // One round says nothing of the next, unless it is the same every time.
    if (found.length < (of.exact && over.exact ? 1 : 2)) return undefined;
    const mean = found.reduce((total, each) => total + Math.log(each), 0) / found.length;
    return { value: Math.exp(mean), low: Math.min(...found), high: Math.max(...found) };
  }

  /** Whether it takes more: beyond the noise of this run, and in every round. */
  isMore(ratio: Ratio): boolean {
    return ratio.value > this.noise && ratio.low > 1;
  }

  /** Whether it takes less: beyond the noise of this run, and in every round. */
  isLess(ratio: Ratio): boolean {
    return ratio.value < 1 / this.noise && ratio.high < 1;
  }

  /** What a ratio has to be beyond to be one: the noise of this run, and at least 5 %. */
  get noise(): number {
    return Math.max(1.05, this.report.noise?.factor ?? 1.05);
  }

  /** Two cells of a scenario that differ in one parameter. */
  pair(scenario: string, common: Params, against: string, strategy: string): Pair | undefined {
    return this.report.pairs.find(
      (pair) =>
        pair.scenario === scenario &&
        pair.strategy === strategy &&
        pair.against === against &&
        includes(pair.common, common),
    );
  }

  target(part: string, strategy: string): Target | undefined {
    return this.report.targets.find((target) => target.target.includes(part) && target.strategy === strategy);
  }
}

function includes(params: Params, wanted: Params): boolean {
  return Object.entries(wanted).every(([name, value]) => params[name] === value);
}

/** A number for a table; nothing where there is none. A whole number is given in full: it was counted. */
export function cell(value: number | undefined): string {
  if (value === undefined) return '–';
  return Number.isInteger(value) ? value.toLocaleString('en') : figure(value);
}

/** A ratio for a table: `1.32×`, with the rounds that it lies between. */
export function ratioCell(ratio: Ratio | undefined): string {
  if (!ratio) return '–';
  const isOne = figure(ratio.low) === figure(ratio.high);
  return `${figure(ratio.value)}×${isOne ? '' : ` (${figure(ratio.low)}–${figure(ratio.high)})`}`;
}

/** The same of a pair of cells. */
export function pairCell({ factor }: Pair): string {
  return ratioCell({ value: factor.value, low: factor.range[0], high: factor.range[1] });
}

/** `8 %`; a little less than nothing is nothing. */
export function share(value: number): string {
  return `${figure(100 * value)} %`;
}

/** `5` for 1.05. */
export function percentOver(factor: number): string {
  return figure(100 * (factor - 1));
}
