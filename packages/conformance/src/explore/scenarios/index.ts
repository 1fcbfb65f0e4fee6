/** All scenarios. */
import type { Scenario } from '../scenario.ts';
import { allocation } from './allocation.ts';
import { gone } from './gone.ts';
import { hanging } from './hanging.ts';
import { lookups } from './lookups.ts';
import { spaces } from './spaces.ts';
import { windows } from './windows.ts';

/** Every scenario, by subject. */
export const SCENARIOS: readonly Scenario[] = [...allocation, ...windows, ...lookups, ...hanging, ...spaces, ...gone];
