import MarkdownIt from 'markdown-it';
import type { Block } from './document.ts';
import { blockMarkdown } from './markdown.ts';

const renderer = new MarkdownIt({ html: false });

/** The report as one page that opens from disk and asks nobody for anything. */
export function html(blocks: readonly Block[]): string {
  const title = blocks.find((block) => block.kind === 'heading')?.text ?? 'report';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${blocks.map(blockHtml).join('\n')}
</main>
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  if (block.kind === 'chart')
    return `<figure>
<h3>${escaped(block.title)}</h3>
${block.svg.replace('<svg', `<svg role="img" aria-label="${escaped(block.title)}"`)}
<figcaption>${escaped(block.caption)}</figcaption>
</figure>`;
  const rendered = renderer.render(blockMarkdown(block));
  return block.kind === 'table' ? `<div class="table">${rendered}</div>` : rendered;
}

function escaped(text: string): string {
  return renderer.utils.escapeHtml(text);
}

// The palette is Okabe and Ito's, which the colour-blind can tell apart, lightened for dark pages.
const STYLE = `
:root { color-scheme: light dark; --ink: #24292f; --paper: #fff; --grid: #d8dee4; --soft: #f3f5f7;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #a3468a; --c4: #8a6d00; --c5: #3a8fc4; --c6: #a85a5a; --c7: #6e7781; --c8: #5b5bd6; --c9: #7a8b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --grid: #30363d; --soft: #161b22;
  --c0: #58a6e8; --c1: #ff8c42; --c2: #2fd3a2; --c3: #e08fc8; --c4: #e3c443; --c5: #8fd0f5; --c6: #f0a0a0; --c7: #9aa4af; --c8: #a5a5ff; --c9: #c5d94e; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { line-height: 1.2; } h2 { margin-top: 3rem; line-height: 1.3; border-top: 1px solid var(--grid); padding-top: 1rem; }
h3 { margin: 1.5rem 0 .5rem; font-size: 1.05rem; }
figure { margin: 1.5rem 0; padding: .5rem 1rem 1rem; border: 1px solid var(--grid); border-radius: 8px; }
figure svg { width: 100%; height: auto; font-family: system-ui, sans-serif; } figcaption { max-width: 48rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--grid); text-align: left; vertical-align: top; }
thead th { background: var(--soft); } code { font-size: .9em; overflow-wrap: anywhere; }
`;
