import type { Traits } from '@pidlab/contract';
import { figure } from '../format.ts';
import type { Params } from '../scenario.ts';
import { type Findings, View } from './view.ts';

/** A question whose answer leads to a design. */
export interface Advice {
  readonly id: string;
  readonly question: string;
  readonly options: readonly AdviceOption[];
}

interface AdviceOption {
  readonly answer: string;
  /** The name of a strategy. */
  readonly take: string;
  /** One sentence with the trait or the figure that says so. */
  readonly because: string;
}

/** Something that a design can have less of than another. */
interface Measured {
  readonly strategy: string;
  readonly value: number;
}

/** Five questions, each ending in names and reasons: from what the designs say of themselves, and from what was found. */
export function adviceOf(report: Findings): Advice[] {
  const advisor = new Advisor(report);
  return [advisor.nesting(), advisor.rules(), advisor.work(), advisor.memory(), advisor.threads()].filter(
    ({ options }) => options.length > 0,
  );
}

class Advisor {
  readonly #view: View;
  readonly #traits: Readonly<Record<string, Traits>>;

  constructor(report: Findings) {
    this.#view = new View(report);
    this.#traits = report.traits;
  }

  nesting(): Advice {
    const isDeep = (id: string): boolean => this.#traits[id].maxLevel > 1;
    const isMany = (id: string): boolean => this.#traits[id].maxNamespaces === Number.POSITIVE_INFINITY;
    const inside: Params = { order: 'random', live: 32_000, level: 1 };
    return {
      id: 'nesting',
      question: 'Do your containers hold containers?',
      options: [
        ...this.#fastest('Yes', 'churn', { ...inside, level: 3 }, isDeep, 'of those that nest deeper than one level'),
        ...this.#fastest(
          'No, and there are thousands side by side',
          'churn',
          inside,
          isMany,
          'of those without a limit to namespaces',
        ),
        ...this.#fastest('No, and there are at most 511 of them', 'churn', inside, () => true, 'of all'),
      ],
    };
  }

  rules(): Advice {
    const options = Object.entries(this.#traits).flatMap(([take, { rules, rootNumbers }]): AdviceOption[] => [
      ...(rules === 'mainline'
        ? [
            {
              answer: 'Those of today’s kernel, to the letter',
              take,
              because: 'Its traits say rules: mainline; the others answer differently in three cases.',
            },
          ]
        : []),
      ...(rootNumbers === 'encoded'
        ? [
            {
              answer: 'Numbers that say which container they are from',
              take,
              because: 'Its traits say rootNumbers: encoded; who has the number has the container by a shift.',
            },
          ]
        : []),
    ]);
    const isPlain = (id: string): boolean =>
      this.#traits[id].rules !== 'mainline' && this.#traits[id].rootNumbers === 'small';
    return {
      id: 'rules',
      question: 'Which numbers must it give?',
      options: [
        ...options,
        ...this.#fastest(
          'Small ones, by the rules of the kernel of 2007',
          'fork-exit',
          { live: 32_000, level: 1 },
          isPlain,
          'of those that do',
        ),
      ],
    };
  }

  work(): Advice {
    const kinds: readonly (readonly [answer: string, scenario: string, params: Params])[] = [
      ['Look-ups by number', 'lookup-hit', { level: 0, live: 32_000 }],
      ['Fork and exit', 'fork-exit', { level: 0, live: 32_000 }],
      ['Lists of everybody', 'list', { level: 0, live: 32_000 }],
      ['Opening and closing containers', 'namespace', { open: 500 }],
    ];
    return {
      id: 'work',
      question: 'What does it do most?',
      options: kinds.flatMap(([answer, scenario, params]) =>
        this.#fastest(answer, scenario, params, () => true, 'of all'),
      ),
    };
  }

  memory(): Advice {
    const kinds: readonly (readonly [answer: string, survey: string, params: Params, value: string, what: string])[] = [
      ['Many processes, few containers', 'share', { percent: 0 }, 'bytes', 'bytes for each process in the root'],
      [
        'Many containers with few processes',
        'namespaces',
        { namespaces: 100 },
        'bytes',
        'bytes for a container with one process',
      ],
      ['Processes deep down', 'caches', { level: 8 }, 'own', 'bytes for a pid at level 8'],
    ];
    return {
      id: 'memory',
      question: 'What does memory go to?',
      options: kinds.flatMap(([answer, survey, params, value, what]) => {
        const measured = Object.keys(this.#traits).flatMap((strategy): Measured[] => {
          const found = this.#view.count(survey, strategy, params, value);
          return found === undefined ? [] : [{ strategy, value: found }];
        });
        const isSame = (a: number, b: number): boolean => a === b;
        return this.#least(
          answer,
          measured,
          isSame,
          (id, least, others) => `${id} takes ${figure(least)} ${what}${others}.`,
        );
      }),
    };
  }

  threads(): Advice {
    const isShared = (id: string): boolean => this.#traits[id].shared;
    const crew = (namespaces: string): Params => ({ namespaces, workers: 2 });
    return {
      id: 'threads',
      question: 'How many threads make pids at once?',
      options: [
        ...this.#fastest('One', 'churn', { order: 'random', level: 0, live: 32_000 }, () => true, 'of all'),
        ...this.#fastest(
          'Several, each in containers of its own',
          'workers-throughput',
          crew('own'),
          isShared,
          'of those for threads',
        ),
        ...this.#fastest(
          'Several, in the same container',
          'workers-throughput',
          crew('same'),
          isShared,
          'of those for threads',
        ),
      ],
    };
  }

  /** The fastest of those that can, in a cell. */
  #fastest(answer: string, scenario: string, params: Params, can: (id: string) => boolean, of: string): AdviceOption[] {
    const rows = Object.keys(this.#traits)
      .filter(can)
      .flatMap((id) => this.#view.row(scenario, params, id) ?? []);
    const measured = rows.map(({ strategy, median }) => ({ strategy, value: median ?? 0 }));
    const unit = rows[0]?.unit ?? '';
    const isSame = (a: number, b: number): boolean => Math.abs(Math.log(a / b)) < Math.log(this.#view.noise);
    return this.#least(
      answer,
      measured,
      isSame,
      (id, least, others) => `${id} is fastest ${of}, ${figure(least)} ${unit}${others} (${scenario}).`,
    );
  }

  /** Who has least; of those who have the same, who nests deepest. */
  #least(
    answer: string,
    measured: readonly Measured[],
    isSame: (a: number, b: number) => boolean,
    because: (id: string, least: number, others: string) => string,
  ): AdviceOption[] {
    const sorted = [...measured].sort((a, b) => a.value - b.value);
    if (sorted.length === 0) return [];
    const tied = sorted.filter(({ value }) => isSame(value, sorted[0].value));
    const [first] = [...tied].sort((a, b) => this.#traits[b.strategy].maxLevel - this.#traits[a.strategy].maxLevel);
    const equals = tied.filter((each) => each !== first).map(({ strategy }) => strategy);
    const next = sorted.find((each) => !tied.includes(each));
    const others = [
      equals.length > 0
        ? `, and so ${equals.length > 1 ? 'are' : 'is'} ${equals.join(' and ')} within the noise; it nests deepest`
        : '',
      next ? `; the next, ${next.strategy}, ${figure(next.value)}` : '',
    ];
    return [{ answer, take: first.strategy, because: because(first.strategy, first.value, others.join('')) }];
  }
}
