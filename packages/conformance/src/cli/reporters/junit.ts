import { createRequire } from 'node:module';
import type { Builder } from 'junit-report-builder';
import { groupBy, type Reporter } from './reporter.ts';

/** A CommonJS package whose types say "default" for what is the module itself. */
const builder = createRequire(import.meta.url)('junit-report-builder') as Builder;

/** JUnit XML: one suite for each strategy, scope and chapter. */
export function junit(): Reporter {
  return {
    start: () => '',
    clause: () => '',
    end(results) {
      const report = builder.newBuilder();
      for (const [strategy, ofStrategy] of groupBy(results, 'strategy')) {
        for (const [scope, ofScope] of groupBy(ofStrategy, 'scope')) {
          for (const [chapter, ofChapter] of groupBy(ofScope, 'chapter')) {
            const suite = report.testSuite().name(`${strategy} ${scope} ${chapter}`);
            for (const result of ofChapter) {
              const test = suite
                .testCase()
                .className(`${strategy}.${scope}.${chapter}`)
                .name(`${result.clause} ${result.sentence}`)
                .time(result.ms / 1000);
              if (result.message === undefined) continue;
              test.failure(`${result.clause}: ${result.sentence} (${result.source})`, 'ConformanceError');
              test.stacktrace(printable(result.stack ?? result.message));
            }
          }
        }
      }
      return `${report.build()}\n`;
    },
  };
}

/** XML 1.0 has no way to say most control characters. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '�');
}
