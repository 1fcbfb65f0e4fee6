/** The little of jstat that is used here; the package has no types. */
declare module 'jstat' {
  const jstat: {
    readonly jStat: {
      readonly studentt: {
        /** The quantile `p` of Student's t distribution with `degreesOfFreedom`. */
        inv(p: number, degreesOfFreedom: number): number;
      };
    };
  };
  // biome-ignore lint/style/noDefaultExport: it is a CommonJS package
  export default jstat;
}
