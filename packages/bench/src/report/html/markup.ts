/** Text that is HTML already: what `markup` gives, or what `trusted` was told is. */
export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }

  toString(): string {
    return this.html;
  }
}

type Value = string | number | Markup | undefined | false | readonly Value[];

/** A template of HTML: what is put in is text and is escaped, unless it is `Markup`. Nothing comes of `undefined` and `false`. */
export function markup(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(strings.reduce((html, string, i) => `${html}${htmlOf(values[i - 1])}${string}`));
}

/** HTML from elsewhere, as it is: a drawing, a style sheet. */
export function trusted(html: string): Markup {
  return new Markup(html);
}

function htmlOf(value: Value): string {
  if (value instanceof Markup) return value.html;
  if (Array.isArray(value)) return value.map(htmlOf).join('');
  return value === undefined || value === false ? '' : escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
