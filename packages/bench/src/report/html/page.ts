import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Advice } from '../../claims/advice.ts';
import type { Page } from '../blocks.ts';
import { blockHtml, chartHtml, inlineHtml, tableHtml } from './blocks.ts';
import { type Markup, markup, trusted } from './markup.ts';

/** A file that stands beside the sources and the built modules alike. */
function fileOf(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8').trim();
}

/** The report as one page that opens from disk and asks nobody for anything. */
export function html(page: Page): string {
  const script = fileOf('dist/page.js');
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`;
  return `${markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${page.title}</title>
<style>
${trusted(fileOf('page/page.css'))}
</style>
</head>
<body>
<a class="skip" href="#sections">To the details</a>
<header>
<h1>${page.title}</h1>
<p class="lead">${inlineHtml(page.lead)}</p>
</header>
<main>
${firstScreen(page)}
<section id="sections" aria-labelledby="sections-head">
<h2 id="sections-head" class="plain">The details</h2>
${controls(page)}
${page.sections.map((section) => blockHtml(section, 3))}
</section>
</main>
<script>${trusted(script)}</script>
</body>
</html>`}
`;
}

function firstScreen({ answers, heat, advice, picture }: Page): Markup {
  return markup`<section id="answers" aria-labelledby="answers-head">
<h2 id="answers-head">In short</h2>
<dl class="answers">${answers.map(([question, answer]) => markup`<div><dt>${question}</dt><dd>${inlineHtml(answer)}</dd></div>`)}</dl>
</section>
<section id="heat" aria-labelledby="heat-head">
<h2 id="heat-head">Who is best at what</h2>
${tableHtml(heat)}
</section>
<section id="advice" aria-labelledby="advice-head">
<h2 id="advice-head">Which design should I take?</h2>
<dl class="advice">${advice.map(adviceHtml)}</dl>
</section>
${picture && markup`<section class="picture">${chartHtml(picture, 2)}</section>`}
`;
}

function adviceHtml({ question, options }: Advice): Markup {
  return markup`<div><dt>${question}</dt>${options.map(({ answer, take, because }) => markup`<dd><span class="if">${answer}</span> <strong>${take}</strong> <span class="why">${because}</span></dd>`)}</div>
`;
}

/** What a reader may choose, after the results. Without the script there is nothing to choose, and all is seen. */
function controls({ subjects }: Page): Markup {
  return markup`<form id="controls" hidden>
<fieldset><legend>Show</legend>${subjects.map((subject) => markup`<label><input type="checkbox" name="show" value="${subject}" checked> ${subject}</label>`)}</fieldset>
<label class="find">Find rows <input type="search" name="find" autocomplete="off" spellcheck="false"></label>
<span class="buttons"><button type="button" name="open">Open all</button> <button type="button" name="close">Close all</button></span>
<output name="status" aria-live="polite"></output>
</form>`;
}
