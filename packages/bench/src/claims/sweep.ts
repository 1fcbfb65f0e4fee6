/** A curve for each strategy. */
export interface Sweep {
  readonly id: string;
  readonly title: string;
  /** What the horizontal axis is: `live pids`. */
  readonly x: string;
  readonly unit: string;
  /** Whether both axes are better logarithmic. */
  readonly isLog: boolean;
  /** Whether it was counted, and is the same on any machine. */
  readonly exact: boolean;
  readonly series: readonly SweepSeries[];
  /** One sentence with the figure in it. */
  readonly answer: string;
}

export interface SweepSeries {
  readonly strategy: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}
