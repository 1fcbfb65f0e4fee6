// What the report does for whoever reads it: it opens what a link leads to, shows the subjects and rows that are asked for, and
// keeps both in the address, so that a link shows to others what one sees. Figures do not change by it. Without it everything
// is there as well.

const controls = document.querySelector<HTMLFormElement>('#controls');
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [sheet];

/** `#churn--flat&hide=map,floor&find=churn`. */
interface View {
  id: string;
  hide: string[];
  find: string;
}

function viewOf(hash: string): View {
  const [id, ...rest] = hash.replace(/^#/, '').split('&');
  const choices = new URLSearchParams(rest.join('&'));
  return {
    id: decodeURIComponent(id),
    hide: choices.get('hide')?.split(',').filter(Boolean) ?? [],
    find: choices.get('find') ?? '',
  };
}

function hashOf({ id, hide, find }: View): string {
  const choices = [
    ...(hide.length > 0 ? [`hide=${hide.map(encodeURIComponent).join(',')}`] : []),
    ...(find ? [`find=${encodeURIComponent(find)}`] : []),
  ];
  return `#${[id, ...choices].join('&')}`;
}

function apply({ hide, find }: View): void {
  sheet.replaceSync(hide.map((subject) => `[data-of="${CSS.escape(subject)}"]{display:none}`).join(''));
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of document.querySelectorAll<HTMLTableRowElement>('#sections tbody tr')) {
    const text = `${textAbove(row)} ${row.textContent}`.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) shown++;
  }
  if (controls) say(words.length > 0 ? `${shown} rows below have it` : '');
}

/** A row is also found by what stands above its group, and by the name of its table. */
function textAbove(row: HTMLTableRowElement): string {
  let group: Element | null = row;
  while (group && !group.classList.contains('group')) group = group.previousElementSibling;
  return `${row.closest('table')?.caption?.textContent} ${group?.textContent ?? ''}`;
}

function say(text: string): void {
  const status = controls?.elements.namedItem('status');
  if (status instanceof HTMLOutputElement) status.value = text;
}

/** Opens all that it is in. */
function show(id: string): void {
  const target = id === '' ? null : document.getElementById(id);
  if (!target) return;
  for (let at: Element | null = target; at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
  target.scrollIntoView();
  // Where Tab goes on, and what a screen reader reads.
  const focused = target instanceof HTMLDetailsElement ? target.querySelector('summary') : target;
  if (!(focused instanceof HTMLElement)) return;
  if (focused.tabIndex < 0) focused.tabIndex = -1;
  focused.focus({ preventScroll: true });
}

function choose(): void {
  if (!controls) return;
  const data = new FormData(controls);
  const shown = data.getAll('show');
  const boxes = [...controls.querySelectorAll<HTMLInputElement>('input[name=show]')];
  const hide = boxes.map(({ value }) => value).filter((value) => !shown.includes(value));
  const view = { id: viewOf(location.hash).id, hide, find: String(data.get('find') ?? '').trim() };
  history.replaceState(null, '', hashOf(view));
  apply(view);
}

function restore(): void {
  const view = viewOf(location.hash);
  for (const box of controls?.querySelectorAll<HTMLInputElement>('input[name=show]') ?? [])
    box.checked = !view.hide.includes(box.value);
  const find = controls?.elements.namedItem('find');
  if (find instanceof HTMLInputElement) find.value = view.find;
  apply(view);
  show(view.id);
}

/** A link within the page keeps what was chosen. */
function follow(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : undefined;
  const to = link?.getAttribute('href');
  if (!to?.startsWith('#') || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', hashOf({ ...viewOf(location.hash), id: to.slice(1) }));
  show(to.slice(1));
}

/** The head of a row that has an address is the link to it. */
for (const head of document.querySelectorAll<HTMLElement>('tr[id] > th:first-child')) {
  if (head.querySelector('a')) continue;
  const link = document.createElement('a');
  link.className = 'self';
  link.href = `#${head.parentElement?.id}`;
  const small = head.querySelector('small');
  link.append(...[...head.childNodes].filter((node) => node !== small));
  head.prepend(link);
}

const sections = [...document.querySelectorAll<HTMLDetailsElement>('details')];
let openBefore: HTMLDetailsElement[] = [];

function setOpen(open: boolean): void {
  for (const section of sections) section.open = open;
}

if (controls) {
  controls.hidden = false;
  controls.addEventListener('input', choose);
  controls.addEventListener('submit', (event) => event.preventDefault());
  controls.querySelector('[name=open]')?.addEventListener('click', () => setOpen(true));
  controls.querySelector('[name=close]')?.addEventListener('click', () => setOpen(false));
}
document.addEventListener('click', follow);
addEventListener('hashchange', restore);
addEventListener('popstate', restore);
// Paper cannot be opened.
addEventListener('beforeprint', () => {
  openBefore = sections.filter(({ open }) => open);
  setOpen(true);
});
addEventListener('afterprint', () => {
  setOpen(false);
  for (const section of openBefore) section.open = true;
});
restore();

export {};
