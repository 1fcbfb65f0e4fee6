import { bind, type Variant, variantOf } from '@pidlab/core';
import { design } from './design.ts';

/** Allocators of this design, over blocks of one mode. */
export const variant: Variant = variantOf(design, bind);
