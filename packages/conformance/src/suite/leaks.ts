/** What of `checkInvariants()` is a violation once a worker was declared gone: all but what the worker had in hand. Source: the contract, declareGone. */
export function unlessLeaked(sentences: readonly string[]): readonly string[] {
  return sentences.filter((sentence) => !sentence.startsWith('leaked: '));
}
