import { defineConfig } from 'rolldown';

/**
 * What is built beside the modules: the script of the report's page, and the measuring process and its threads, each with what it
 * uses of this package in a file or two. A lab starts a thousand of those, and forty modules take longer to load than a turn takes.
 */
export default defineConfig([
  { input: 'page/page.ts', output: { file: 'dist/page.js', format: 'iife', minify: true } },
  {
    input: { measuring: './dist/worker.js', 'measuring-thread': './dist/churn-thread.js' },
    platform: 'node',
    external: (id) => /^[^./]/.test(id),
    output: { dir: 'dist', entryFileNames: '[name].js', chunkFileNames: 'measuring-[name].js' },
  },
]);
