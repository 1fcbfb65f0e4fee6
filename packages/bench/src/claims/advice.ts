/** A question that decides which design to take, and what each answer leads to. */
export interface Advice {
  readonly id: string;
  readonly question: string;
  readonly options: readonly { readonly answer: string; readonly take: string; readonly because: string }[];
}
