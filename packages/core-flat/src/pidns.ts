/** A namespace has one parent, the root; there is nothing to climb, and nothing to add to what core makes. */

/** There is always room for one more, as long as there is memory. */
export function admitNs(): void {}

/** Nothing to claim. */
export function claimNs(): void {}

/** Nothing to release. */
export function releaseNs(): void {}
