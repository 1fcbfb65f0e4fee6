import type { ClaimResult } from './claim.ts';
import { E8, E9, E11, E12 } from './designs.ts';
import { E6, E7 } from './memory.ts';
import { E1, E2, E3, E4, E10 } from './numbers.ts';
import type { Claim } from './rule.ts';
import { E5, E13 } from './threads.ts';
import { type Findings, View } from './view.ts';

/** What the designers said, in the order in which the lab tells it. */
export const CLAIMS: readonly Claim[] = [E1, E2, E3, E4, E5, E6, E7, E8, E9, E10, E11, E12, E13];

/** Each claim with the verdict that its rule gives it, and the figures that say so. */
export function claimsOf(report: Findings): ClaimResult[] {
  const view = new View(report);
  return CLAIMS.map(({ judge, ...claim }) => ({ ...claim, ...judge(view) }));
}
