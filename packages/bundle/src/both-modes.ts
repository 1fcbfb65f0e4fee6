/**
 * The second copy of a strategy's code, for blocks that threads share (docs/adr/0008): what the bundle and the mutants of
 * `@pidlab/trials` both need.
 */
import { readFileSync } from 'node:fs';
import type { Plugin } from 'rolldown';

/** Marks the second copy of a module. */
const SHARED = '?shared';
/** The way into the second copy, and what says which copy it is. */
const [entrance, mode] = [/\/shared\.ts$/, /\/mode\.ts$/];
/** What there is once: of faults one list, for allocators of both modes. */
const common = /\/(?:traits|faults)\.ts$|\/contract\/(?:src|dist)\//;

interface Wishes {
  readonly checked?: boolean;
  readonly partial?: boolean;
}

/** The file of a module's id, whichever copy it is of. */
export function fileOf(id: string): string {
  return id.replace(SHARED, '');
}

/**
 * A plugin that takes whatever a strategy's `shared.ts` imports, and what that imports, for other modules than those of the
 * same files: a second copy, in which core's `mode.ts` says `SHARED = true`. Elsewhere it says `false`. The build fails when
 * one of the two was not met, unless `partial` says that the module is a part of the strategy. `checked` says whether functions
 * make sure of what they rely on, which only tests want.
 */
export function bothModes({ checked = false, partial = false }: Wishes = {}): Plugin {
  const met = new Set<boolean>();
  return {
    name: 'both-modes',
    async resolveId(source, importer) {
      const isShared = importer?.endsWith(SHARED) ?? false;
      // Of what is not part of the second copy nobody has to be asked.
      if (!isShared && !entrance.test(source)) return null;
      const resolved = await this.resolve(source, importer === undefined ? importer : fileOf(importer), {
        skipSelf: true,
      });
      if (resolved === null || resolved.external || common.test(resolved.id)) return resolved;
      return { ...resolved, id: resolved.id + SHARED };
    },
    load: {
      // A call takes longer than most of what the bundler does itself.
      filter: { id: [/\?shared$/, /\/mode\.ts$/] },
      handler(id) {
        const isShared = id.endsWith(SHARED);
        const file = fileOf(id);
        if (mode.test(file)) {
          met.add(isShared);
          return `export const SHARED = ${isShared};\nexport const CHECKED = ${checked};`;
        }
        return { code: readFileSync(file, 'utf8'), moduleType: 'ts' };
      },
    },
    buildEnd(error) {
      if (error !== undefined || partial || met.size === 2) return;
      const missing = [false, true].filter((shared) => !met.has(shared)).join(' and ');
      this.error(
        `no module was built with SHARED = ${missing}: index.ts has to import both ./variant.ts and ./shared.ts, and core has to ask ./mode.ts`,
      );
    },
  };
}
