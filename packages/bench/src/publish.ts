import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { firstLine } from './format.ts';
import { readReport, repositoryFrom } from './lab-files.ts';
import { writeWhole } from './output.ts';
import type { Block, Chart } from './report/blocks.ts';
import { heatMapSvg } from './report/heat-map-svg.ts';
import { escaped, markdown } from './report/markdown.ts';
import type { Report } from './report/report.ts';
import { standalone } from './report/standalone.ts';
import { commandOf } from './report/view/method.ts';
import { pageOf } from './report/view/page.ts';

/** The raw data of a run: packed, it takes a sixth. */
const DATA = 'lab.json.gz';

const START = '<!-- the newest run of the lab, by pid-lab --publish, from here -->';
const END = '<!-- to here -->';

/**
 * Keeps a run in `folder`: its JSON, its Markdown and its pictures in a folder of its own, `2026-11-25-full`; the list of all runs
 * there; and in `readme`, where it has a place for it, the map of this run. Gives the paths of what was written.
 */
export function publish(report: Report, folder: string, readme: string): string[] {
  const name = `${report.environment.date.slice(0, 10)}-${report.environment.mode}`;
  const own = join(folder, name);
  const page = pageOf(report, repositoryFrom(own), DATA);
  const charts = [...(page.picture ? [page.picture] : []), ...page.sections.flatMap(chartsOf)];
  const files = new Map<string, string | Uint8Array>([
    [join(own, DATA), gzipSync(`${JSON.stringify(report)}\n`, { level: 9 })],
    [join(own, 'lab.md'), markdown(page)],
    [join(own, 'heat-map.svg'), standalone(heatMapSvg(page.heat))],
    ...charts.map(({ id, svg }): [string, string] => [join(own, `${id}.svg`), standalone(svg)]),
  ]);
  mkdirSync(own, { recursive: true });
  for (const [file, content] of files) writeWhole(file, content);
  const list = join(folder, 'README.md');
  writeWhole(list, listOf(folder));
  const shown = showIn(readme, report, folder.split('\\').join('/'), name);
  return [...files.keys(), list, ...(shown ? [readme] : [])];
}

function chartsOf(block: Block): Chart[] {
  if (block.kind === 'chart') return [block];
  if (block.kind === 'charts') return [...block.charts];
  return block.kind === 'section' ? block.blocks.flatMap(chartsOf) : [];
}

/** All runs that are kept, the newest first. */
function listOf(folder: string): string {
  const runs = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, DATA)))
    .map(({ name }) => name)
    .sort()
    .reverse();
  return `# Results

Runs of the lab that are kept, by \`pid-lab --publish\`. Each has the raw data as JSON, packed by gzip, with the machine and the commit; the report as
Markdown; and its pictures as SVG. \`node packages/bench/bin/pid-lab.js --render docs/results/<run>/${DATA}\` makes the page from it.

| run | commit | machine | Node | repeat it | rows that failed |
| --- | --- | --- | --- | --- | --- |
${runs.map((run) => lineOf(run, readReport(join(folder, run, DATA)))).join('\n')}
`;
}

function lineOf(run: string, { environment, results }: Report): string {
  const { commit, cpu, cores, machine, runtime } = environment;
  const failed = results.filter(({ status }) => status === 'failed');
  const why = failed.map(({ strategy, scenario, reason = '' }) => `${strategy}, ${scenario}: ${firstLine(reason)}`);
  const cells = [
    `[${run}](${run}/lab.md)`,
    `\`${commit.slice(0, 12)}\``,
    `${cpu}, ${cores} cores, ${machine}`,
    runtime.node,
    `\`${commandOf({ environment })}\``,
    escaped(why.join('; ')) || 'none',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Puts the map where the readme has a place for it. */
function showIn(readme: string, report: Report, folder: string, name: string): boolean {
  if (!existsSync(readme)) return false;
  const text = readFileSync(readme, 'utf8');
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start < 0 || end < start) return false;
  const { date, cpu, cores, commit, runtime } = report.environment;
  const run = `${folder}/${name}`;
  const picture = `[![Scenario by design, as colours: the report has the same as a table](${run}/heat-map.svg)](${run}/lab.md)`;
  const where = `${date.slice(0, 10)} on ${cpu} (${cores} cores, Node ${runtime.node}), at commit \`${commit.slice(0, 12)}\`, by \`${commandOf(report)}\``;
  // In one line: a readme is short.
  const shown = `${START}${picture}<br>Less is better. Measured on ${where}. [The whole report](${run}/lab.md), [raw data](${run}/${DATA}), [earlier runs](${folder}).`;
  writeWhole(readme, `${text.slice(0, start)}${shown}${text.slice(end)}`);
  return true;
}
