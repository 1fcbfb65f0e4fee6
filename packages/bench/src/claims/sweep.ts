/** How a number changes along an axis, a line for each strategy. */
export interface Sweep {
  readonly id: string;
  readonly title: string;
  /** What is along the axis. */
  readonly x: string;
  readonly unit: string;
  /** Whether the axis is logarithmic. */
  readonly isLog: boolean;
  readonly series: readonly {
    readonly strategy: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
  /** One plain sentence with the figure in it. */
  readonly answer: string;
  /** Counted, so the same every time. */
  readonly exact: boolean;
}
