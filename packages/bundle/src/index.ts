/** How the libraries of this repository are built: one module of constants, for one thread and for several. */
export { bothModes, fileOf } from './both-modes.ts';
export { bundlePackage } from './bundle.ts';
