/** Writes out what a function calls in the place of the calls. What for, and what stays a call, says `flat.ts`. */
import {
  assignedIn,
  type Call,
  childrenOf,
  type Fn,
  type Identifier,
  isCall,
  isFn,
  isNamed,
  isOdd,
  isPlain,
  isStable,
  localsOf,
  type Node,
  namesIn,
  nodesIn,
  onceIn,
  usesIn,
  within,
} from './tree.ts';

/** Where text is written to, and what the names and the returns of the function that it is of become. */
interface Place {
  readonly out: string[];
  readonly names: Map<string, string>;
  /** Functions that are being written out, outermost first. */
  readonly within: readonly string[];
  leave(value?: string): string;
  /** Whether the function declares that name only once, so that it can be called differently from there on. */
  isOnce(name: string): boolean;
}

/** The field of core's `State` that all functions begin with: what is written out reads it once. It does not change during a call. */
const WORDS = /(?<![\w$.])s\.words\b/g;
const KEPT_WORDS = 's_words';
/** A function that is longer than this when written out, in characters, stays a call. */
const LONGEST = 2600;
/** What orders two reads in a shared block stays a call: the explorer goes by its name, and V8 puts it in line whatever else is there. */
const ORDERS_READS = /^zeroAfter/;
/** What nothing is written out of. */
const CLOSED: ReadonlySet<string> = new Set([
  'ArrowFunctionExpression',
  'FunctionExpression',
  'FunctionDeclaration',
  'ClassExpression',
  'ThisExpression',
  'TryStatement',
  'SwitchStatement',
  'LabeledStatement',
  'DoWhileStatement',
  'ForInStatement',
  'ForOfStatement',
  'AwaitExpression',
  'YieldExpression',
]);

export class Flattener {
  readonly #code: string;
  /** The functions at the top of the module. */
  readonly #functions: ReadonlyMap<string, Fn>;
  /** The functions of the design that this copy of core is for, by what they are called in it. */
  readonly #design: ReadonlyMap<string, string>;
  /** What is declared around the mark: a function that means something else by such a name stays a call. */
  readonly #around: ReadonlySet<string>;
  /** Variables that are never assigned to once they are used: those that hold what a call gave, and the words. */
  readonly #results = new Set([KEPT_WORDS]);
  readonly #sizes = new Map<string, number>();
  #count = 0;

  constructor(code: string, body: readonly Node[], top: Node) {
    this.#code = code;
    this.#functions = new Map(body.flatMap((node) => (isFn(node) && node.id ? [[node.id.name, node] as const] : [])));
    this.#design = designOf(body, top);
    this.#around = namesIn(top);
  }

  /** A marked function, as it is written out. Its parameters keep their names. */
  function({ params, body, expression }: Fn): string {
    const out: string[] = [];
    const leave = (value = ''): string => `return ${value};`;
    const place: Place = { out, names: new Map(), within: [], leave, isOnce: onceIn(body) };
    if (expression === true) out.push(place.leave(this.#expression(body, place)));
    else this.#statements(body, place);
    const text = out.join('\n');
    const words = text.includes(KEPT_WORDS) ? `const ${KEPT_WORDS} = s.words;\n` : '';
    return `(${params.map((param) => this.#text(param)).join(', ')}) => {\n${words}${text}\n}`;
  }

  #statements(node: Node, place: Place): void {
    for (const child of childrenOf(node)) this.#statement(child, place);
  }

  #statement(node: Node, place: Place): void {
    const parts = node as unknown as Readonly<Record<string, Node | null>>;
    switch (node.type) {
      case 'BlockStatement':
        place.out.push(this.#block(node, place));
        break;
      case 'ExpressionStatement': {
        const value = this.#expression(parts.expression as Node, place);
        if (value !== 'undefined') place.out.push(`${value};`);
        break;
      }
      case 'VariableDeclaration':
        this.#declaration(node, place);
        break;
      case 'ReturnStatement':
        place.out.push(parts.argument ? place.leave(this.#expression(parts.argument, place)) : place.leave());
        break;
      case 'IfStatement': {
        const test = this.#expression(parts.test as Node, place);
        const otherwise = parts.alternate ? ` else ${this.#block(parts.alternate, place)}` : '';
        place.out.push(`if (${test}) ${this.#block(parts.consequent as Node, place)}${otherwise}`);
        break;
      }
      case 'ForStatement':
      case 'WhileStatement': {
        const loop = parts.body as Node;
        place.out.push(this.#renamed(node, place, node.start, loop.start) + this.#block(loop, place));
        break;
      }
      default:
        place.out.push(this.#renamed(node, place));
    }
  }

  #block(node: Node, place: Place): string {
    const inner = { ...place, out: [] };
    if (node.type === 'BlockStatement') this.#statements(node, inner);
    else this.#statement(node, inner);
    return `{\n${inner.out.join('\n')}\n}`;
  }

  #declaration(node: Node, place: Place): void {
    const { kind, declarations } = node as unknown as {
      readonly kind: string;
      readonly declarations: readonly { readonly id: Node; readonly init: Node | null }[];
    };
    for (const { id, init } of declarations) {
      const value = init === null ? undefined : this.#expression(init, place);
      if (kind === 'const' && isNamed(id) && this.#results.has(value ?? '') && place.isOnce(id.name)) {
        place.names.set(id.name, value ?? '');
      } else {
        place.out.push(`${kind} ${this.#renamed(id, place)}${value === undefined ? '' : ` = ${value}`};`);
      }
    }
  }

  /** What stands for an expression once the calls in it have been written out before it: a name, or as good as in brackets. */
  #expression(node: Node, place: Place): string {
    if (!this.#hasCall(node, place)) {
      const text = this.#renamed(node, place);
      return isPlain(node) || this.#results.has(text) ? text : `(${text})`;
    }
    const parts = node as unknown as Readonly<Record<string, Node>>;
    const { operator } = node as unknown as { readonly operator: string };
    switch (node.type) {
      case 'CallExpression': {
        const call = node as Call;
        const name = this.#called(call, place);
        if (name !== undefined) return this.#inPlace(name, call.arguments, place);
        return `${this.#renamed(call.callee, place)}(${this.#each(call.arguments, place).join(', ')})`;
      }
      case 'UnaryExpression':
        return `(${operator} ${this.#expression(parts.argument, place)})`;
      case 'BinaryExpression': {
        const [left, right] = this.#each([parts.left, parts.right], place);
        return `(${left} ${operator} ${right})`;
      }
      case 'MemberExpression': {
        const { computed } = node as unknown as { readonly computed: boolean };
        if (!computed || !isStable(parts.object, false)) return this.#renamed(node, place);
        const property = this.#expression(parts.property, place);
        return `${this.#renamed(parts.object, place)}[${property}]`;
      }
      case 'AssignmentExpression': {
        if (operator !== '=' || !isStable(parts.left, true)) return `(${this.#renamed(node, place)})`;
        const value = this.#expression(parts.right, place);
        return `(${this.#renamed(parts.left, place)} = ${value})`;
      }
      case 'LogicalExpression':
        return operator === '??' ? `(${this.#renamed(node, place)})` : this.#either(parts, operator, place);
      case 'ConditionalExpression':
        return this.#choice(parts, place);
      default:
        return `(${this.#renamed(node, place)})`;
    }
  }

  /** `a && b` and `a || b`, of which `b` may have to be left out. */
  #either(parts: Readonly<Record<string, Node>>, operator: string, place: Place): string {
    const value = this.#result('either');
    place.out.push(`let ${value} = ${this.#expression(parts.left, place)};`);
    const right = this.#assigned(value, parts.right, place);
    place.out.push(`if (${operator === '&&' ? '' : '!'}${value}) ${right}`);
    return value;
  }

  #choice(parts: Readonly<Record<string, Node>>, place: Place): string {
    const test = this.#expression(parts.test, place);
    const value = this.#result('choice');
    const [yes, no] = [parts.consequent, parts.alternate].map((node) => this.#assigned(value, node, place));
    place.out.push(`let ${value};`, `if (${test}) ${yes} else ${no}`);
    return value;
  }

  #assigned(name: string, node: Node, place: Place): string {
    const inner = { ...place, out: [] as string[] };
    const value = this.#expression(node, inner);
    return `{\n${[...inner.out, `${name} = ${value};`].join('\n')}\n}`;
  }

  /** Several expressions, evaluated one after the other: what could change meanwhile is kept. */
  #each(nodes: readonly Node[], place: Place): string[] {
    const last = nodes.map((node) => this.#hasCall(node, place)).lastIndexOf(true);
    return nodes.map((node, i) => {
      const value = this.#expression(node, place);
      return i < last && !isStable(node, false) ? this.#kept('value', value, 'const', place) : value;
    });
  }

  /** Writes a function out where it is called, and gives what stands for its result. */
  #inPlace(name: string, args: readonly Node[], place: Place): string {
    const fn = this.#functions.get(name) as Fn;
    const within = [...place.within, name];
    const names = this.#namesOf(fn, args, place);
    const returns = nodesIn(fn.body, 'ReturnStatement');
    const isStraight = returns.length === 0 || (returns.length === 1 && returns[0] === childrenOf(fn.body).at(-1));
    return isStraight
      ? this.#straight(fn, { ...place, names, within })
      : this.#labelled(fn, { ...place, names, within });
  }

  /** What the parameters and variables of a function are called in the place of a call of it. */
  #namesOf({ params, body }: Fn, args: readonly Node[], place: Place): Map<string, string> {
    const values = this.#each(args, place);
    const names = new Map(localsOf(body).map((local) => [local, this.#name(local)]));
    const assigned = assignedIn(body);
    for (const [i, { name }] of (params as readonly Identifier[]).entries()) {
      const value = values[i] ?? 'undefined';
      const isAsGiven = !assigned.has(name) && (args[i] === undefined || isPlain(args[i]) || this.#results.has(value));
      const kind = assigned.has(name) ? 'let' : 'const';
      names.set(name, isAsGiven ? value : this.#kept(name, value, kind, place));
    }
    return names;
  }

  /** A function that returns at its end or nowhere. What it returns is kept, since what that reads may change before it is used. */
  #straight(fn: Fn, place: Place): string {
    let result = 'undefined';
    const leave = (value = 'undefined'): string => {
      result = this.#results.has(value) ? value : this.#result('result');
      return result === value ? '' : `const ${result} = ${value};`;
    };
    this.#statements(fn.body, { ...place, leave });
    return result;
  }

  /** A function that returns in the middle leaves a block instead. */
  #labelled(fn: Fn, place: Place): string {
    const result = this.#result('result');
    const label = this.#name((fn.id?.name ?? '').replace(/\$.*/, ''));
    const out: string[] = [];
    const leave = (value?: string): string => `{ ${value ? `${result} = ${value}; ` : ''}break ${label}; }`;
    this.#statements(fn.body, { ...place, out, leave });
    place.out.push(`let ${result};`, `${label}: {\n${out.join('\n')}\n}`);
    return result;
  }

  #kept(name: string, value: string, kind: 'const' | 'let', place: Place): string {
    const kept = this.#name(name);
    place.out.push(`${kind} ${kept} = ${value};`);
    return kept;
  }

  #result(name: string): string {
    const result = this.#name(name);
    this.#results.add(result);
    return result;
  }

  #name(name: string): string {
    const found = `${name}_${++this.#count}`;
    return this.#code.includes(found) ? this.#name(name) : found;
  }

  /** The function that can be written out in the place of a call. */
  #called({ callee, arguments: args }: Call, place: Place): string | undefined {
    const name = isNamed(callee) ? callee.name : this.#designFunction(callee);
    if (name === undefined || place.names.has(name) || place.within.includes(name)) return undefined;
    if (isNamed(callee) && this.#around.has(name)) return undefined;
    if (args.some(isOdd) || args.length > (this.#functions.get(name)?.params.length ?? 0)) return undefined;
    const longest = place.within.length === 0 ? Number.MAX_VALUE : LONGEST;
    return this.#sizeOf(name, place.within) <= longest ? name : undefined;
  }

  /** What `s.design.unhash` or `design.unhash` is in this copy. */
  #designFunction(callee: Node): string | undefined {
    if (callee.type !== 'MemberExpression') return undefined;
    const { object, property, computed } = callee as unknown as Record<'object' | 'property', Node> & {
      computed: boolean;
    };
    const isDesign = this.#text(object) === 'design' || this.#text(object).endsWith('.design');
    return isDesign && !computed ? this.#design.get(this.#text(property)) : undefined;
  }

  /** How long a function is when written out. */
  #sizeOf(name: string, within: readonly string[]): number {
    const known = this.#sizes.get(name);
    if (known !== undefined) return known;
    const fn = this.#functions.get(name);
    if (fn && ORDERS_READS.test(name) && childrenOf(fn.body).some((node) => usesIn(node).length > 0))
      return Number.POSITIVE_INFINITY;
    if (!fn || !isOpen(fn) || usesIn(fn.body).some(({ use }) => this.#isAnother(use.name, fn)))
      return Number.POSITIVE_INFINITY;
    const inner = [...within, name];
    const place: Place = { out: [], names: new Map(), within: inner, leave: () => '', isOnce: () => false };
    this.#statements(fn.body, place);
    const size = place.out.join('').length;
    this.#sizes.set(name, size);
    return size;
  }

  /** Whether a function means something at the top by a name that is declared around the mark. */
  #isAnother(name: string, fn: Fn): boolean {
    return this.#around.has(name) && !namesIn(fn).has(name);
  }

  #hasCall(node: Node, place: Place): boolean {
    for (const inner of within(node)) if (isCall(inner) && this.#called(inner, place) !== undefined) return true;
    return false;
  }

  #text({ start, end }: Node): string {
    return this.#code.slice(start, end);
  }

  /** The text of a node, or of a part of it, with the names that it has in this place. */
  #renamed(node: Node, { names }: Place, start = node.start, end = node.end): string {
    let text = '';
    let at = start;
    for (const { use, isShorthand } of usesIn(node)) {
      const name = names.get(use.name);
      if (name === undefined || use.start < at || use.end > end) continue;
      text += `${this.#code.slice(at, use.start)}${isShorthand ? `${use.name}: ` : ''}${name}`;
      at = use.end;
    }
    return (text + this.#code.slice(at, end)).replaceAll(WORDS, KEPT_WORDS);
  }
}

/** The design whose `bind` leads to `top`: `variantOf(design, bind)` says which belong together. */
function designOf(body: readonly Node[], top: Node): Map<string, string> {
  const tops = new Map(body.flatMap((node) => declaredBy(node).map((name) => [name, node] as const)));
  for (const node of body)
    for (const call of within(node)) {
      if (!isCall(call) || !isNamed(call.callee) || !/^variantOf(?:\$\d+)?$/.test(call.callee.name)) continue;
      const [design, bind] = call.arguments.map((argument) => (isNamed(argument) ? tops.get(argument.name) : argument));
      if (design && bind && leadsTo(tops, bind, top)) return methodsOf(design);
    }
  return new Map();
}

/** Whether a declaration at the top uses another, itself or by others. */
function leadsTo(tops: ReadonlyMap<string, Node>, from: Node, to: Node): boolean {
  const seen = new Set<Node>();
  const next: (Node | undefined)[] = [from];
  for (let node = next.pop(); node; node = next.pop()) {
    if (node === to) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    next.push(...usesIn(node).flatMap(({ use }) => tops.get(use.name) ?? []));
  }
  return false;
}

/** The properties of an object that are functions at the top, by their names. */
function methodsOf(design: Node): Map<string, string> {
  const methods = new Map<string, string>();
  for (const node of nodesIn(design, 'Property')) {
    const { key, value } = node as unknown as Record<'key' | 'value', Node>;
    if (isNamed(key) && isNamed(value)) methods.set(key.name, value.name);
  }
  return methods;
}

function declaredBy(node: Node): string[] {
  if (isFn(node)) return node.id ? [node.id.name] : [];
  if (node.type !== 'VariableDeclaration') return [];
  const { declarations } = node as unknown as { readonly declarations: readonly { readonly id: Node }[] };
  return declarations.flatMap(({ id }) => (isNamed(id) ? [id.name] : []));
}

/** Whether a function can be written out at all. */
function isOpen(fn: Fn): boolean {
  if (fn.async || fn.generator || !fn.params.every(isNamed)) return false;
  for (const node of within(fn.body))
    if (CLOSED.has(node.type) || (isNamed(node) && node.name === 'arguments')) return false;
  return true;
}
