/** Namespaces nest as core makes them, 32 deep; this design adds nothing of its own. */

/** There is always room for one more, as long as there is memory. */
export function admitNs(): void {}

/** Nothing to claim. */
export function claimNs(): void {}

/** Nothing to release. */
export function releaseNs(): void {}
