import { setAside } from './aside.ts';
import type { Cell, Row } from './cells.ts';
import { pairPart, pairsOf } from './goals.ts';
import { sameWithin } from './noise.ts';
import { type Finding, find, hopeOf, Priors, type Question, questionsOf, roundsOf } from './questions.ts';
import type { Estimate } from './statistics.ts';
import { errorOf, type Looks, MARGIN, type Verdict } from './verdict.ts';

/**
 * Why a question was looked at no more: it is decided; it was looked at as often as planned; what it needs did not fit
 * into the time that was left; somebody stopped the run; or a row that it needs has no number.
 */
export type Stop = 'decided' | 'no look left' | 'out of time' | 'interrupted' | 'no number';

/** What became of a question: the verdict and the estimate of the look that decided it, or of the last one. */
export interface Decision {
  readonly verdict: Verdict;
  readonly estimate: Estimate;
  /** What the strategy was compared with then: what rounds that are set aside later said may have chosen it. */
  readonly against: string;
  /** Within how much of its limit it would have counted as there. */
  readonly within: number;
  readonly stop: Stop;
}

/** A look that is left: rounds until then, and how likely it is to decide. */
export interface Outlook {
  readonly more: number;
  readonly hope: number;
}

/**
 * The questions of a run and what became of them. A question is looked at when it has as many rounds as a look wants, and
 * at no other time; once decided it stays so, whatever later rounds say that others needed.
 */
export class Docket {
  readonly #cells: readonly Cell[];
  readonly #looks: Looks;
  readonly #decided = new Map<string, Decision>();
  /** Looks that each question has had. */
  readonly #looked = new Map<string, number>();

  constructor(cells: readonly Cell[], looks: Looks) {
    this.#cells = cells;
    this.#looks = looks;
  }

  /** Rounds that every row gets, which also choose whom the others are compared with. */
  get first(): number {
    return this.#looks[0];
  }

  /** What a single look may err. */
  get error(): number {
    return errorOf(this.#looks);
  }

  /** Within how much of its limit a question counts as there. */
  margin({ kind, parts }: Pick<Question, 'kind' | 'parts'>, priors: Priors): number {
    return kind === 'goal' ? MARGIN : sameWithin(priors.of(parts[0]));
  }

  questions(): Question[] {
    return questionsOf(this.#cells, this.first);
  }

  priors(questions: readonly Question[] = this.questions()): Priors {
    // Pairs of cells that nobody asks to be decided are spread like those that somebody does.
    return new Priors(this.#cells, [
      ...questions,
      ...pairsOf(this.#cells).map((pair) => ({ parts: [pairPart(pair)] })),
    ]);
  }

  /** Sets aside what does not count, looks at every question whose look has come, and gives those that stay open. */
  look(): Question[] {
    setAside(this.#cells);
    const questions = this.questions();
    const priors = this.priors(questions);
    return questions.filter((question) => !this.#decided.has(question.id) && this.#staysOpen(question, priors));
  }

  /** Looks at a question as often as it has rounds for, and says whether more rounds can decide it. */
  #staysOpen(question: Question, priors: Priors): boolean {
    const rows = rowsOf(question);
    for (let had = this.#looked.get(question.id) ?? 0; ; ) {
      const next = this.#looks[had];
      if (next === undefined) return false;
      const isDue = isExact(question) || roundsOf(question) >= next;
      if (!isDue || rows.some(({ isUnusual }) => isUnusual)) return rows.every(({ status }) => status === 'ok');
      this.#looked.set(question.id, ++had);
      const within = this.margin(question, priors);
      const finding = find(question, priors, this.error, within);
      if (finding && finding.verdict !== 'too few rounds') {
        this.#decided.set(question.id, { ...finding, against: question.against, within, stop: 'decided' });
        return false;
      }
      // What has a zero in it has no ratio, however many rounds there are.
      if (!finding || isExact(question)) return false;
    }
  }

  /**
   * What each of some open questions can hope for: how likely each of the looks that are left is to decide it, and how many rounds off
   * it is.
   */
  outlooks(open: readonly Question[]): Map<Question, Outlook[]> {
    const priors = this.priors();
    return new Map(
      open.map((question) => {
        const [error, margin, had] = [this.error, this.margin(question, priors), roundsOf(question)];
        const left = this.#looks.slice(this.#looked.get(question.id) ?? 0).filter((rounds) => rounds > had);
        return [
          question,
          left.map((rounds) => ({ more: rounds - had, hope: hopeOf(question, priors, { rounds, error, margin }) })),
        ];
      }),
    );
  }

  /** What became of each question, now that the run is over; `why` says what stopped those that were still open. */
  close(why: 'out of time' | 'interrupted'): Map<string, Decision> {
    const open = new Set(this.look().map(({ id }) => id));
    const questions = this.questions();
    const priors = this.priors(questions);
    const decisions = new Map(this.#decided);
    for (const question of questions) {
      if (decisions.has(question.id)) continue;
      const within = this.margin(question, priors);
      const finding: Finding | undefined = find(question, priors, this.error, within);
      if (!finding) continue;
      const isBroken = rowsOf(question).some((row) => row.status === 'failed' || row.status === 'cut');
      const stop = open.has(question.id) ? why : isBroken ? 'no number' : 'no look left';
      decisions.set(question.id, {
        estimate: finding.estimate,
        against: question.against,
        within,
        verdict: 'too few rounds',
        stop,
      });
    }
    return decisions;
  }
}

function isExact({ parts }: Question): boolean {
  return parts.every(({ of, over }) => of.cell.exact && !over);
}

/** The rows that a question needs. */
export function rowsOf({ parts }: Question): Row[] {
  return parts.flatMap(({ of, over }) => (over ? [of.row, over.row] : [of.row]));
}
