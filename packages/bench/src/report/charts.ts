import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { figure } from '../format.ts';
import type { Subject } from '../workload.ts';

use([BarChart, CustomChart, LineChart, GridComponent, LegendComponent, SVGRenderer]);

// Colours are CSS variables of the page, so that the same drawing is readable on light and on dark.
const INK = 'var(--ink)';
const GRID = 'var(--grid)';
const WIDTH = 880;

/** A point or a bar: its value and, where there is one, the interval. */
interface Datum {
  readonly value: number;
  readonly ci?: readonly [low: number, high: number];
}

/** One subject in a chart. */
export interface Series {
  readonly name: string;
  readonly kind: Subject['kind'];
  /** Which colour of the page's palette. */
  readonly colour: number;
  /** One for each place on the x axis; a missing one was not measured. */
  readonly data: readonly (Datum | undefined)[];
}

/** What every chart needs. */
export interface Chart {
  readonly places: readonly (string | number)[];
  readonly placeName: string;
  readonly valueName: string;
  readonly series: readonly Series[];
  /** Logarithmic values. */
  readonly log: boolean;
}

const text = { color: INK, fontFamily: 'inherit', fontSize: 13 };
const line = { lineStyle: { color: INK } };

function colourOf(series: Series): string {
  return `var(--c${series.colour})`;
}

/** How far the axis has to reach: to the ends of the intervals, unless they are so long that nothing else would be seen. */
function maximum({ series }: Chart): number {
  const data = series.flatMap((one) => one.data.filter((datum) => datum !== undefined));
  const most = Math.max(...data.map(({ value }) => value));
  const reach = Math.max(...data.map(({ value, ci }) => ci?.[1] ?? value));
  const end = Math.min(reach, 1.6 * most);
  const step = 10 ** Math.floor(Math.log10(end)) / 2;
  return Math.ceil(end / step) * step;
}

function valueAxis(chart: Chart): EChartsCoreOption {
  return {
    ...(chart.log ? {} : { max: maximum(chart) }),
    type: chart.log ? 'log' : 'value',
    name: chart.valueName,
    nameTextStyle: { ...text, align: 'left', padding: [0, 0, 0, -50] },
    axisLabel: { ...text, formatter: (value: number) => figure(value) },
    axisLine: line,
    axisTick: line,
    splitLine: { show: true, lineStyle: { color: GRID } },
  };
}

function render(option: EChartsCoreOption, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: 'transparent',
    textStyle: text,
    grid: { left: 70, right: 30, top: 40, bottom: 90 },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // The page scales it; interaction styles of the library are of no use in a still picture.
  return svg.replace(/<style[\s\S]*?<\/style>/, '').replace(/^<svg width="\d+" height="\d+"/, '<svg');
}

function legend(chart: Chart): EChartsCoreOption {
  return {
    bottom: 0,
    data: chart.series.map(({ name }) => name),
    textStyle: text,
    borderColor: 'transparent',
    itemWidth: 34,
    itemGap: 26,
  };
}

const DASH = { strategy: 'solid', baseline: 'dashed', floor: 'dotted', native: 'dotted', twin: 'dotted' } as const;
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'];

/** Values over a logarithmic x axis: how something grows. */
export function lineChart(chart: Chart): string {
  const xs = chart.places as readonly number[];
  return render(
    {
      legend: legend(chart),
      xAxis: {
        type: 'log',
        name: chart.placeName,
        nameLocation: 'middle',
        nameGap: 32,
        nameTextStyle: text,
        min: Math.min(...xs) / 1.5,
        max: Math.max(...xs) * 1.5,
        axisLabel: { ...text, customValues: xs, formatter: (value: number) => value.toLocaleString('en') },
        axisLine: line,
        axisTick: { ...line, customValues: xs },
        splitLine: { show: false },
      },
      yAxis: valueAxis(chart),
      series: chart.series.flatMap((series) => [
        {
          name: series.name,
          type: 'line',
          symbol: SYMBOLS[series.colour % SYMBOLS.length],
          symbolSize: series.kind === 'strategy' ? 9 : 7,
          lineStyle: { color: colourOf(series), width: series.kind === 'strategy' ? 3 : 1.5, type: DASH[series.kind] },
          itemStyle: { color: colourOf(series) },
          data: series.data.flatMap((datum, i) => (datum ? [[xs[i], datum.value]] : [])),
        },
        whiskers(
          series,
          series.data.flatMap((datum, i) => (datum?.ci ? [[xs[i], ...datum.ci]] : [])),
        ),
      ]),
    },
    420,
  );
}

/** Groups of bars: how subjects compare at a few places. */
export function barChart(chart: Chart): string {
  const count = chart.series.length;
  return render(
    {
      legend: legend(chart),
      xAxis: {
        type: 'category',
        data: chart.places.map(String),
        name: chart.placeName,
        nameLocation: 'middle',
        nameGap: 32,
        nameTextStyle: text,
        axisLabel: { ...text, interval: 0 },
        axisLine: line,
        axisTick: line,
      },
      yAxis: valueAxis(chart),
      series: chart.series.flatMap((series, index) => [
        {
          name: series.name,
          type: 'bar',
          barGap: '0%',
          barCategoryGap: '25%',
          itemStyle: { color: colourOf(series), opacity: series.kind === 'strategy' ? 1 : 0.65 },
          data: series.data.map((datum) => datum?.value ?? '-'),
          ...(count <= 4
            ? { label: { show: true, position: 'insideBottom', ...text, color: 'var(--paper)', formatter: labelOf } }
            : {}),
        },
        whiskers(
          series,
          series.data.flatMap((datum, i) => (datum?.ci ? [[i, ...datum.ci]] : [])),
          { index, count },
        ),
      ]),
    },
    400,
  );
}

function labelOf({ value }: { value: unknown }): string {
  return typeof value === 'number' ? figure(value) : '';
}

/** What a custom series gets from the library to draw with. */
interface Api {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
  size(span: readonly number[]): number[];
}

/** The intervals, as lines with short ends. */
function whiskers(
  series: Series,
  data: readonly (readonly number[])[],
  bar?: { readonly index: number; readonly count: number },
): EChartsCoreOption {
  return {
    type: 'custom',
    name: `${series.name} interval`,
    data,
    silent: true,
    clip: true,
    z: 10,
    renderItem: (_: unknown, api: Api) => {
      const place = api.value(0);
      const [x0, low] = api.coord([place, api.value(1)]);
      const [, high] = api.coord([place, api.value(2)]);
      // Bars of a group share 75 % of its width.
      const width = bar ? api.size([1, 0])[0] * 0.75 : 0;
      const x = bar ? x0 - width / 2 + (width / bar.count) * (bar.index + 0.5) : x0;
      const stroke = bar ? INK : colourOf(series);
      const stick = (x1: number, y1: number, x2: number, y2: number): object => ({
        type: 'line',
        shape: { x1, y1, x2, y2 },
        style: { stroke, lineWidth: 1.5 },
      });
      return {
        type: 'group',
        children: [stick(x, low, x, high), stick(x - 4, low, x + 4, low), stick(x - 4, high, x + 4, high)],
      };
    },
  };
}
