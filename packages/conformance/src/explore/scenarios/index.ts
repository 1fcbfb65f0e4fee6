/** All scenarios. */
import type { Scenario } from '../scenario.ts';
import { allocation } from './allocation.ts';
import { gone } from './gone.ts';
import { hanging } from './hanging.ts';
import { lookups } from './lookups.ts';
import { spaces } from './spaces.ts';

/** Every scenario, by subject. */
export const SCENARIOS: readonly Scenario[] = [...allocation, ...lookups, ...hanging, ...spaces, ...gone];
