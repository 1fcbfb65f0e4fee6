import type { Page } from '../blocks.ts';
import { type Report, unique } from '../report.ts';
import { answersOf } from './answers.ts';
import { claimSections } from './claims.ts';
import { conformanceSection, replaySection } from './conformance.ts';
import { countSections } from './counts.ts';
import { goalSections } from './goals.ts';
import { heatMapOf } from './heat-map.ts';
import { commandOf, methodSection } from './method.ts';
import { pictureOf } from './picture.ts';
import { recordSections } from './records.ts';
import { scenarioSection } from './scenarios.ts';
import { sweepSections } from './sweeps.ts';

/**
 * Everything that there is to read in a report. `root` leads from the page to the repository, for links to clauses and code;
 * without it they are names. `data` is the file beside it that has the raw data.
 */
export function pageOf(report: Report, root?: string, data = 'lab.json'): Page {
  const { environment: e, interrupted, results, advice } = report;
  const picture = pictureOf(report);
  return {
    title: 'Pid allocators, put to the test',
    lead: [
      `${Object.keys(report.traits).length} designs behind one contract, measured on ${e.date.slice(0, 10)} on ${e.cpu} (${e.cores} cores) with Node ${e.runtime.node}, at commit ${e.commit.slice(0, 12)}. Repeat it: `,
      { code: commandOf(report) },
      interrupted ? '. This run was stopped before it was over.' : '.',
    ],
    answers: answersOf(report),
    heat: heatMapOf(report),
    advice,
    ...(picture ? { picture } : {}),
    sections: [
      ...claimSections(report),
      ...sweepSections(report),
      ...recordSections(report),
      scenarioSection(report),
      ...goalSections(report),
      ...countSections(report),
      conformanceSection(report, root),
      ...replaySection(report),
      methodSection(report, data),
    ],
    subjects: unique(
      results.filter(({ median }) => median !== undefined),
      ({ strategy }) => strategy,
    ),
  };
}
