/** Syntax trees, as far as `flat.ts` looks at them. */

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

export interface Identifier extends Node {
  readonly name: string;
}

export interface Call extends Node {
  readonly callee: Node;
  readonly arguments: readonly Node[];
}

export interface Fn extends Node {
  readonly id: Identifier | null;
  readonly params: readonly Node[];
  readonly body: Node;
  readonly expression?: boolean;
  readonly async: boolean;
  readonly generator: boolean;
}

/** What is declared in a function, and in those in it: parameters and variables. */
export function namesIn(node: Node): Set<string> {
  const names = localsOf(node);
  for (const inner of within(node)) {
    const { params = [] } = inner as unknown as { readonly params?: readonly Node[] };
    names.push(...params.flatMap((param) => usesIn(param).map(({ use }) => use.name)));
  }
  return new Set(names);
}

/** The names that a function declares in its body. */
export function localsOf(body: Node): string[] {
  return nodesIn(body, 'VariableDeclarator').flatMap((node) => {
    const { id } = node as unknown as { readonly id: Node };
    return usesIn(id).map(({ use }) => use.name);
  });
}

/** Says whether a function declares a name only once. */
export function onceIn(body: Node): (name: string) => boolean {
  const locals = localsOf(body);
  return (name) => locals.indexOf(name) === locals.lastIndexOf(name);
}

/** The names that are assigned to in a function. */
export function assignedIn(body: Node): Set<string> {
  const targets = [...nodesIn(body, 'AssignmentExpression'), ...nodesIn(body, 'UpdateExpression')].map((node) => {
    const { left, argument } = node as unknown as { readonly left?: Node; readonly argument?: Node };
    return left ?? argument;
  });
  return new Set(targets.flatMap((target) => (target && isNamed(target) ? [target.name] : [])));
}

/** Whether an argument is several, or changes what is beside it. */
export function isOdd(node: Node): boolean {
  const odd = ['SpreadElement', 'AssignmentExpression', 'UpdateExpression'];
  return [...within(node)].some(({ type }) => odd.includes(type));
}

/** Whether the text of an argument can stand for it wherever the parameter is. */
export function isPlain(node: Node): boolean {
  const { argument } = node as unknown as { readonly argument?: Node };
  const isSigned = node.type === 'UnaryExpression' && argument?.type === 'Literal';
  return isNamed(node) || node.type === 'Literal' || isSigned;
}

/** Whether a value is the same before and after any call; of what is assigned to, whether the place is. */
export function isStable(node: Node, isTarget: boolean): boolean {
  const parts = node as unknown as Readonly<Record<string, Node>>;
  if (isPlain(node)) return true;
  if (node.type === 'BinaryExpression') return isStable(parts.left, false) && isStable(parts.right, false);
  return (
    isTarget && node.type === 'MemberExpression' && isStable(parts.object, false) && isStable(parts.property, false)
  );
}

/** Where names are used in a node, from left to right: neither as keys nor as properties. */
export function usesIn(node: Node): { readonly use: Identifier; readonly isShorthand: boolean }[] {
  if (isNamed(node)) return [{ use: node, isShorthand: false }];
  const { computed, shorthand, key, property, label } = node as unknown as Record<string, unknown>;
  return childrenOf(node).flatMap((child) => {
    const isName = computed !== true && (child === key || child === property);
    if (isName || child === label)
      return shorthand === true && child === key ? [{ use: child as Identifier, isShorthand: true }] : [];
    return shorthand === true ? [] : usesIn(child);
  });
}

export function isNamed(node: Node): node is Identifier {
  return node.type === 'Identifier';
}

export function isCall(node: Node): node is Call {
  return node.type === 'CallExpression';
}

export function isFn(node: Node): node is Fn {
  return node.type === 'FunctionDeclaration';
}

/** All nodes of a type in a node. */
export function nodesIn(node: Node, type: string): Node[] {
  return [...within(node)].filter((inner) => inner.type === type);
}

/** A node and all that is in it. What is thrown is left out: it is rare. */
export function* within(node: Node): Generator<Node> {
  yield node;
  if (node.type !== 'ThrowStatement') for (const child of childrenOf(node)) yield* within(child);
}

export function childrenOf(node: Node): Node[] {
  const children = Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]).filter(isNode));
  return children.sort((a, b) => a.start - b.start);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
