/** Who said something, and when: what the public knows it by. */
interface Source {
  readonly who: string;
  /** A posting's subject, a patch's title, a file's header. */
  readonly where: string;
  /** `2007-06`, as exactly as it is known. */
  readonly when: string;
}

/** A small table of figures; cells are ready to print. */
export interface Figures {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** A letter a column: `l` or `r`. */
  readonly align: string;
}

/** A result that a claim rests on: a row of the report. */
export interface Evidence {
  readonly scenario: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** All subjects of the cell where it is missing. */
  readonly strategy?: string;
}

/** What the lab says about a claim. `undecided` says in its answer what is missing. */
export type ClaimVerdict = 'holds' | 'holds in part' | 'does not hold' | 'undecided';

/** A claim that was put to the test, or something that nobody claimed and the lab found. */
export interface ClaimResult {
  /** `E1` … `E13`; `F1` … for what the lab found. */
  readonly id: string;
  /** The claim in our words, one sentence. */
  readonly claim: string;
  /** Missing for what the lab found. */
  readonly source?: Source;
  readonly verdict: ClaimVerdict;
  /** One plain sentence with the figure in it. */
  readonly answer: string;
  /** What was measured or counted, one or two sentences. */
  readonly measured: string;
  /** The rule by which the verdict follows from the figures. */
  readonly rule: string;
  /** What would change the verdict. */
  readonly wouldChange: string;
  /** About five lines of figures. */
  readonly figures: readonly Figures[];
  /** The figures of the time, in their own units, where there are some. */
  readonly historic?: Figures;
  readonly evidence: readonly Evidence[];
}
