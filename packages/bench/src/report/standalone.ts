// The colours that drawings name, for those that stand alone: as in page/page.css, which they are taken from.

import { readFileSync } from 'node:fs';

/** A drawing with the page's colours in it, so that it is one file; light or dark as whoever looks at it prefers. */
export function standalone(svg: string): string {
  const css = readFileSync(new URL('../../page/page.css', import.meta.url), 'utf8');
  const [light, dark] = [...css.matchAll(/:root \{([^}]*--paper[^}]*)\}/g)].map(([, declared]) => declared);
  const used = new Set([...svg.matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name));
  const declarations = (text: string): string =>
    [...text.matchAll(/(--[\w-]+): ([^;]+);/g)]
      .filter(([, name]) => used.has(name) || name === '--paper')
      .map(([, name, value]) => `${name}:${value};`)
      .join('');
  const style = `svg{background:var(--paper);font-family:system-ui,sans-serif;${declarations(light)}}@media (prefers-color-scheme:dark){svg{${declarations(dark)}}}`;
  return `${svg.replace(/(<svg[^>]*>)/, `$1<style>${style}</style>`)}\n`;
}
