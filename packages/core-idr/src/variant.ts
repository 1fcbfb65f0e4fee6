import { bind, HEADER, type Variant, variantOf } from '@pidlab/core';
import { design } from './design.ts';

/** Allocators of this design, over blocks of one mode. */
export const variant: Variant = variantOf(design, bind);

/** The same, where `mapLock` is taken for each level and once more to publish. */
export const byLevel: Variant = variantOf(design, (s) => {
  s.words[HEADER.at.mapRounds] = 1;
  return bind(s);
});
