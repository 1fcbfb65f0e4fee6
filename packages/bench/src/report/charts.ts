import { CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import { figure } from '../format.ts';
import type { Subject } from '../workload.ts';

use([CustomChart, LineChart, ScatterChart, GridComponent, LabelLayout, SVGRenderer]);

// Colours are CSS variables of the page, so that the same drawing is readable on light and on dark. A chart is as wide as a
// phone; where there is more room, several stand side by side.
const INK = 'var(--ink)';
const FAINT = 'var(--muted)';
const GRID = 'var(--line)';
const WIDTH = 440;
const HEIGHT = 300;
const LETTER_WIDTH = 7.5;

/** What stands around the plot: on its right, the names of the subjects. */
function roomOf(series: readonly Series[]): { left: number; right: number; top: number; bottom: number } {
  const longest = Math.max(...series.map(({ name }) => name.length));
  return { left: 52, right: Math.min(190, 16 + LETTER_WIDTH * longest), top: 34, bottom: 44 };
}

/** A value and, where there is one, its interval. */
interface Datum {
  readonly x: number;
  readonly y: number;
  readonly ci?: readonly [low: number, high: number];
}

/** One subject in a chart. */
interface Series {
  readonly name: string;
  readonly kind: Subject['kind'];
  /** Which colour and which mark of the page's. */
  readonly colour: number;
  readonly data: readonly Datum[];
}

/** An axis: what is along it, in words. */
interface Axis {
  readonly name: string;
  /** `even`: the places stand as far apart as one another, whatever is between them; a datum's value is one of them. */
  readonly scale: 'linear' | 'log' | 'even';
  /** The places that are named; the library chooses where there are none. */
  readonly places?: readonly number[];
}

export interface Drawing {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

const text = { color: FAINT, fontFamily: 'inherit', fontSize: 13 };
const DASH = { strategy: 'solid', baseline: 'dashed', floor: 'dotted', native: 'dotted', twin: 'dotted' } as const;
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect', 'emptyTriangle', 'emptyDiamond'];

/** How something grows: a line for each subject, named at its end. */
export function lineChart({ x, y, series }: Drawing): string {
  return render({
    grid: roomOf(series),
    xAxis: xAxis(x, series),
    yAxis: yAxis(y, series),
    series: series.flatMap((each) => [
      {
        ...markOf(each),
        type: 'line',
        lineStyle: { color: colourOf(each), width: each.kind === 'strategy' ? 2.5 : 1.5, type: DASH[each.kind] },
        data: each.data.map((datum) => [alongOf(datum, x), datum.y]),
        endLabel: { show: true, ...text, color: colourOf(each), formatter: each.name, distance: 6 },
        labelLayout: { moveOverlap: 'shiftY' },
      },
      whiskers(each, x),
    ]),
  });
}

/** One against another, both logarithmic: a mark for each subject, which has one datum, named beside it. */
export function scatterChart({ x, y, series }: Drawing): string {
  const room = roomOf(series);
  const marks = series.map(({ name, data: [datum] }) => ({
    name,
    x: placeOf(
      datum.x,
      x,
      series.map(({ data: [each] }) => each.x),
      WIDTH - room.left - room.right,
    ),
    y: -placeOf(
      datum.y,
      y,
      series.map(({ data: [each] }) => each.y),
      HEIGHT - room.top - room.bottom,
    ),
  }));
  const shifts = labelShifts(marks);
  return render({
    grid: roomOf(series),
    xAxis: xAxis(x, series),
    yAxis: yAxis(y, series),
    series: series.map((each, i) => ({
      ...markOf(each),
      type: 'scatter',
      symbolSize: each.kind === 'strategy' ? 12 : 9,
      data: each.data.map((datum) => [datum.x, datum.y]),
      label: {
        ...text,
        ...{ show: true, position: 'right', distance: 8, offset: [0, shifts[i]] },
        ...{ color: colourOf(each), formatter: each.name },
      },
    })),
  });
}

const LABEL_HEIGHT = 15;

/** How far up or down each label has to go so that none covers another: those that do push each other apart. */
function labelShifts(marks: readonly { readonly name: string; readonly x: number; readonly y: number }[]): number[] {
  const moved = marks.map(({ y }) => y);
  const isBeside = (a: number, b: number): boolean =>
    Math.abs(marks[a].x - marks[b].x) < LETTER_WIDTH * Math.max(marks[a].name.length, marks[b].name.length);
  for (let round = 0; round < 100; round++)
    for (let a = 0; a < marks.length; a++)
      for (let b = a + 1; b < marks.length; b++) {
        const apart = moved[b] - moved[a];
        if (!isBeside(a, b) || Math.abs(apart) >= LABEL_HEIGHT) continue;
        const push = ((LABEL_HEIGHT - Math.abs(apart)) / 2) * (apart < 0 ? -1 : 1);
        moved[a] -= push;
        moved[b] += push;
      }
  return moved.map((y, i) => y - marks[i].y);
}

function colourOf({ colour }: Series): string {
  return `var(--c${colour})`;
}

function markOf(series: Series): EChartsCoreOption {
  return {
    name: series.name,
    symbol: SYMBOLS[series.colour % SYMBOLS.length],
    symbolSize: series.kind === 'strategy' ? 8 : 6,
    itemStyle: { color: colourOf(series) },
  };
}

type Range = readonly [low: number, high: number];

/** What an axis has to show: for a logarithmic one, the values and a little more. */
function rangeOf({ places }: Axis, values: readonly number[]): Range {
  const all = [...values, ...(places ?? [])];
  return [Math.min(...all) / 1.2, Math.max(...all) * 1.2];
}

/** Where a datum is along the axis, as the library wants it: the number of its place where those stand evenly. */
function alongOf({ x }: Datum, { scale, places = [] }: Axis): number {
  return scale === 'even' ? places.indexOf(x) : x;
}

/** How far along a logarithmic axis of that length a value is. */
function placeOf(value: number, axis: Axis, values: readonly number[], length: number): number {
  const [low, high] = rangeOf(axis, values);
  return (length * Math.log(value / low)) / Math.log(high / low);
}

/** Powers of ten, and 2 and 5 times them, within a range. */
function roundNumbers([low, high]: Range): number[] {
  const powers = Array.from({ length: 24 }, (_, i) => 10 ** (i - 9));
  const within = (value: number): boolean => value >= low && value <= high;
  // Where there are many powers, nothing between them.
  if (powers.filter(within).length > 3) return powers.filter(within);
  return powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(within);
}

function axisOf(axis: Axis, values: readonly number[]): EChartsCoreOption {
  const { name, scale, places } = axis;
  const range = rangeOf(axis, values);
  const customValues = places ?? (scale === 'log' ? roundNumbers(range) : undefined);
  const chosen = customValues && scale !== 'even' ? { customValues } : {};
  const data = places?.map((place) => place.toLocaleString('en'));
  return {
    type: scale === 'linear' ? 'value' : scale === 'log' ? 'log' : 'category',
    ...(scale === 'log' ? { min: range[0], max: range[1] } : {}),
    ...(scale === 'even' ? { data, boundaryGap: false } : {}),
    name,
    nameTextStyle: { ...text, color: INK },
    axisLabel: { ...text, hideOverlap: true, ...(scale === 'even' ? {} : { formatter: short }), ...chosen },
    axisLine: { lineStyle: { color: GRID } },
    axisTick: { lineStyle: { color: GRID }, ...chosen },
    splitLine: { show: false },
  };
}

function xAxis(axis: Axis, series: readonly Series[]): EChartsCoreOption {
  const values = series.flatMap(({ data }) => data.map(({ x }) => x));
  return { ...axisOf(axis, values), nameLocation: 'middle', nameGap: 28 };
}

function yAxis(axis: Axis, series: readonly Series[]): EChartsCoreOption {
  const values = series.flatMap(({ data }) => data.map(({ y }) => y));
  return {
    ...axisOf(axis, values),
    nameTextStyle: { ...text, color: INK, align: 'left', padding: [0, 0, 4, -46] },
    splitLine: { show: true, lineStyle: { color: GRID } },
  };
}

/** `1 k`, `4 M`: what an axis has room for. */
function short(value: number): string {
  if (value >= 1e6) return `${figure(value / 1e6)} M`;
  return value >= 10_000 ? `${figure(value / 1e3)} k` : figure(value);
}

function render(option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption({ animation: false, backgroundColor: 'transparent', textStyle: text, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // The page scales it; the library's styles for pointers, and more than a tenth of a pixel, are of no use in a still picture.
  return svg
    .replace(/<style[\s\S]*?<\/style>/, '')
    .replace(/^<svg width="\d+" height="\d+"/, '<svg')
    .replaceAll(' xml:space="preserve"', '')
    .replaceAll(/ (?:pointer-events="visible"|class="zr\d+-cls-\d+")/g, '')
    .replaceAll('font-family:inherit;', '')
    .replaceAll(/(\d+\.\d)\d+/g, '$1');
}

/** What a custom series gets from the library to draw with. */
interface Api {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
}

/** The intervals, as lines with short ends. */
function whiskers(series: Series, axis: Axis): EChartsCoreOption {
  return {
    type: 'custom',
    name: `${series.name} interval`,
    data: series.data.flatMap((datum) => (datum.ci ? [[alongOf(datum, axis), ...datum.ci]] : [])),
    silent: true,
    clip: true,
    z: 1,
    renderItem: (_: unknown, api: Api) => {
      const [x, low] = api.coord([api.value(0), api.value(1)]);
      const [, high] = api.coord([api.value(0), api.value(2)]);
      const stick = (x1: number, y1: number, x2: number, y2: number): object => ({
        type: 'line',
        shape: { x1, y1, x2, y2 },
        style: { stroke: colourOf(series), lineWidth: 1, opacity: 0.7 },
      });
      return {
        type: 'group',
        children: [stick(x, low, x, high), stick(x - 3, low, x + 3, low), stick(x - 3, high, x + 3, high)],
      };
    },
  };
}
