/** A question whose answer leads to a design. */
export interface Advice {
  readonly id: string;
  readonly question: string;
  readonly options: readonly AdviceOption[];
}

export interface AdviceOption {
  readonly answer: string;
  /** The name of a strategy. */
  readonly take: string;
  /** One sentence with the trait or the figure that says so. */
  readonly because: string;
}
