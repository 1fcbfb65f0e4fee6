/** Goes up when a reader of an older report could misunderstand a newer one. */
export const SCHEMA_VERSION = 1;
