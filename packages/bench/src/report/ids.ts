import type { Params } from '../scenario.ts';

// What permalinks name. They say what they lead to, so that one in a message can be read before it is followed.

/** `churn-order-random-level-0-live-32000`. */
export function cellId(scenario: string, params: Params): string {
  return slug([scenario, ...Object.entries(params).flat()].join('-'));
}

/** The row of one subject in a cell. */
export function rowId(scenario: string, params: Params, subject: string): string {
  return `${cellId(scenario, params)}--${slug(subject)}`;
}

/** Letters, digits and dashes. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
