import type { Params } from '../scenario.ts';

// What permalinks name. They say what they lead to, so that one in a message can be read before it is followed.

/** `churn-order-random-level-0-live-32000`; `create-time-as-it-is` where there are no parameters. */
export function cellId(scenario: string, params: Params): string {
  const choices = Object.entries(params).flat();
  return slug([scenario, ...(choices.length === 0 ? ['as it is'] : choices)].join('-'));
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
