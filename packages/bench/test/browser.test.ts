import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { html } from '../src/report/html/page.ts';
import { pageOf } from '../src/report/view/page.ts';
import { labReport } from './lab-report.ts';

/** Debian's. Another one: PIDLAB_CHROMIUM=/path/to/chromium. */
const executablePath = process.env.PIDLAB_CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const MINUTE = 60_000;

const here = existsSync(executablePath);
const title = 'the page opens from disk in Chromium and says nothing on the console';
// What `npm test` says where there is none.
const skipped = `the lab’s page is not tried in a browser, since there is no ${executablePath}: apt-get install chromium`;
const folder = mkdtempSync(join(tmpdir(), 'pid-lab-page-'));
const address = pathToFileURL(join(folder, 'lab.html')).href;
const report = await labReport();
let browser: Browser;

beforeAll(async () => {
  if (!here) return;
  writeFileSync(join(folder, 'lab.html'), html(pageOf(report, '../')));
  browser = await chromium.launch({ executablePath, headless: true, args: ARGS });
}, 2 * MINUTE);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface View {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly hash?: string;
}

/** A page of its own, with what it says on the console. */
async function opened({ width = 1280, colorScheme = 'light', hash = '' }: View = {}): Promise<[Page, string[]]> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', ({ message }) => said.push(message));
  page.on('request', (request) => {
    if (request.url() !== address.split('#')[0] && !request.url().startsWith(address)) said.push(request.url());
  });
  await page.goto(`${address}${hash}`);
  return [page, said];
}

const OPEN_ALL = "for (const each of document.querySelectorAll('details')) each.open = true";
const seen = new Map<string, Promise<[Page, string[]]>>();

/** A page with all of it open, which is the same one for all tests that only look at it. */
function looked(view: Pick<View, 'width' | 'colorScheme'> = {}): Promise<[Page, string[]]> {
  const { width = 1280, colorScheme = 'light' } = view;
  const key = `${width} ${colorScheme}`;
  const known = seen.get(key) ?? opened(view).then(async (page) => page[0].evaluate(OPEN_ALL).then(() => page));
  seen.set(key, known);
  return known;
}

/** What sticks out of the window, but for tables in boxes that scroll. */
const WIDER = `[...document.querySelectorAll('body *')]
  .filter((each) => !each.closest('.scroll') || each.matches('.scroll'))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5 && !each.matches('.skip'))
  .map((each) => each.outerHTML.slice(0, 120))`;

test.skipIf(!here)(here ? title : skipped, async () => {
  const [page, said] = await looked();
  expect(await page.title()).toBe('Pid allocators, put to the test');
  expect(said).toEqual([]);
});

// An empty suite would be a failure.
if (here) {
  describe('the page', () => {
    test('has marks in every chart, and they are seen', async () => {
      const [page] = await looked();
      const marks = await page.evaluate(
        `[...document.querySelectorAll('figure svg')].map((svg) => [...svg.querySelectorAll('path, circle')]
           .filter((mark) => { const { width, height } = mark.getBoundingClientRect(); return width + height > 4; }).length)`,
      );
      expect(marks).toHaveLength(report.sweeps.length + 1);
      for (const count of marks as number[]) expect(count).toBeGreaterThan(3);
    });

    // All that differs in the dark is colours. The seed draws one of both when there is less time than with `npm test -- --long`.
    const schemes = [
      ['light', {}],
      ['dark', { runOnly: ['cat.color'] }],
    ] as const;
    const seed = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
    test.each(process.env.PIDLAB_LONG === '1' ? schemes : [schemes[seed % 2]])(
      'has nothing serious for axe-core, in %s',
      async (colorScheme, asked) => {
        const [page] = await looked({ colorScheme });
        await page.evaluate(axe.source);
        const options = JSON.stringify({ resultTypes: ['violations'], ...asked });
        const { violations } = (await page.evaluate(`axe.run(${options})`)) as {
          violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
        };
        const found = violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes.length} × ${nodes[0].html} ${nodes[0].failureSummary}`);
        expect(found).toEqual([]);
      },
    );

    test.each([360, 1280])('needs no sideways scrolling at %i px', async (width) => {
      const [page] = await looked({ width });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate(WIDER)).toEqual([]);
      // Nor does a square of the map lie on the next one.
      const overlaps = `[...document.querySelectorAll('#heat td + td')].filter((each) =>
        each.getBoundingClientRect().left < each.previousElementSibling.getBoundingClientRect().right - 0.5).length`;
      expect(await page.evaluate(overlaps)).toBe(0);
    });

    test('is another on dark than on light', async () => {
      const paper = async (colorScheme: 'light' | 'dark'): Promise<unknown> => {
        const [page] = await looked({ colorScheme });
        return page.evaluate('getComputedStyle(document.body).backgroundColor');
      };
      expect(await paper('light')).toBe('rgb(255, 255, 255)');
      expect(await paper('dark')).not.toBe('rgb(255, 255, 255)');
    });

    test('opens what a permalink leads to, and takes the keyboard there', async () => {
      const id = 'churn-order-random-level-0-live-32000--flat';
      const [page] = await opened({ hash: `#${id}` });
      expect(await page.locator(`#${id}`).isVisible()).toBe(true);
      expect(await page.evaluate('document.activeElement.id')).toBe(id);
      await page.keyboard.press('Tab');
      expect(await page.evaluate(`document.activeElement.closest('tr')?.id`)).toBe(id);
    });

    test('keeps what was chosen in its address, and shows it again', async () => {
      const [page] = await opened({ hash: '#lookup-hit' });
      const before = await page.locator('#heat td').allTextContents();
      await page.getByRole('checkbox', { name: 'flat' }).uncheck();
      await page.getByRole('searchbox').fill('look-up 1,000');
      expect(await page.evaluate('location.hash')).toBe('#lookup-hit&hide=flat&find=look-up%201%2C000');
      const chosen = async (of: Page): Promise<unknown> => [
        await of.locator('#heat [data-of=flat]').first().isVisible(),
        await of.locator('#lookup-hit-level-0-live-1000--pidspace').isVisible(),
        await of.locator('#lookup-hit-level-0-live-1000--flat').isVisible(),
        await of.locator('#lookup-hit-level-0-live-32000--pidspace').isVisible(),
      ];
      expect(await chosen(page)).toEqual([false, true, false, false]);
      const [again] = await opened({ hash: await page.evaluate('location.hash') });
      expect(await chosen(again)).toEqual([false, true, false, false]);
      // Figures do not change by what is shown.
      expect(await again.locator('#heat td').allTextContents()).toEqual(before);
    });

    test('has everything on paper, and not what paper cannot do', async () => {
      const [page] = await opened();
      const pdf = await page.pdf({ format: 'A4', printBackground: true });
      const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g) ?? [];
      expect(pages.length).toBeGreaterThan(8);
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 718, height: 1000 });
      expect(await page.locator('#controls').isVisible()).toBe(false);
      const shown = `[...document.querySelectorAll('.inside')].every((each) => each.checkVisibility({ contentVisibilityAuto: true }))`;
      expect(await page.evaluate(shown)).toBe(true);
      // Nothing of a table is cut off at the edge of the paper.
      const cut = `[...document.querySelectorAll('td, th')].filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
        .map((each) => each.outerHTML.slice(0, 120))`;
      expect(await page.evaluate(cut)).toEqual([]);
    });
  });
}
