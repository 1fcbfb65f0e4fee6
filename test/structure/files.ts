import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

/** A text file of the repository; `path` is relative to the root, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const NOT_OURS = new Set(['node_modules', 'dist', 'reports', 'coverage', '.git', '.turbo']);
const GENERATED = new Set(['pnpm-lock.yaml']);
const TEXT = new Set([
  '.ts',
  '.js',
  '.mjs',
  '.json',
  '.md',
  '.yaml',
  '.yml',
  '.html',
  '.css',
  '.svg',
  '.sh',
  '.c',
  '.py',
  '',
]);

/** Every text file below `root` that somebody wrote: nothing installed, built or generated. */
export function readRepository(root: string): SourceFile[] {
  const found: SourceFile[] = [];
  const visit = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const full = join(dir, entry.name);
      if (entry.isDirectory()) {
        if (!NOT_OURS.has(entry.name)) visit(full);
      } else if (entry.isFile() && TEXT.has(extname(entry.name)) && !GENERATED.has(entry.name)) {
        found.push({ path: relative(root, full).split(sep).join('/'), text: readFileSync(full, 'utf8') });
      }
    }
  };
  visit(root);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
