import type { ClaimResult } from './claim.ts';
import type { View } from './view.ts';

/** What a claim comes to. */
export type Judgement = Pick<ClaimResult, 'verdict' | 'answer' | 'figures' | 'evidence'>;

/** A claim with the rule that judges it. The limits that the rule names are those that the code applies. */
export interface Claim extends Omit<ClaimResult, keyof Judgement> {
  judge(view: View): Judgement;
}

/** Without a verdict: what is missing, and where it comes from. */
export function undecided(missing: string): Judgement {
  return { verdict: 'undecided', answer: `Not decided: ${missing}.`, figures: [], evidence: [] };
}

/** Evidence that was counted, by its survey. */
export function counted(
  survey: string,
  params: ClaimResult['evidence'][number]['params'] = {},
): ClaimResult['evidence'][number] {
  return { scenario: `tally:${survey}`, params };
}
