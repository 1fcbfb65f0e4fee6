/**
 * The same for blocks that threads share: the bundle has all that is imported from here a second time, compiled for that
 * mode (scripts/bundle.js). Without a bundle it is the same thing, and there is no shared mode.
 */
export { variant } from './variant.ts';
