/**
 * Turns the built module of a strategy into one in which every access to the block of memory is a call, so that somebody can
 * look on, and stop a thread before it.
 *
 * ```
 *   w[e]                    $r(w, e)
 *   w[e] = v                $w(w, e, v)
 *   w[e] |= v               $w(w, e, $r(w, e) | (v))
 *   Atomics.or(w, e, v)     $or(w, e, v)              and the other five operations of access.ts
 *   patience.wait(slot)     $wait(slot)
 *   zeroAfter(id)           $after(id)                the 0 that orders two reads; after a serial `$afterSerial`
 *   s.worker = v            $set(s, 'worker', v)      what `detach` changes of a state, so that it can be undone
 * ```
 *
 * The functions stay functions: who stops a thread throws, and runs the call once more with what it had read (machine.ts).
 *
 * Which arrays are the block is followed from `State.words` on, through variables, parameters, properties of that name and
 * what functions return. Where such an array goes where it cannot be followed, or something is done with it as a whole that is
 * no plain access, the transform refuses the module: an access that is not seen is one that nobody tries.
 */
import MagicString from 'magic-string';
import { type Node, parseSync } from 'oxc-parser';

/** Operations of `Atomics`, and what becomes of them. */
const ATOMICS: Readonly<Record<string, string>> = {
  add: '$add',
  or: '$or',
  and: '$and',
  compareExchange: '$cas',
  load: '$load',
  store: '$store',
};
/** What is done with a block as a whole when it is made, shared or copied, while nobody is in a call. */
const WHOLE: ReadonlySet<string> = new Set(['set', 'slice', 'subarray', 'buffer', 'byteLength', 'copyWithin']);
/** Fields of a state that `detach` sets. */
const STATE_FIELDS: ReadonlySet<string> = new Set(['words', 'worker', 'owner']);

/** A module as the body of a function of `$m`, the machine's calls, and `$import`, which returns its exports. */
export interface Transformed {
  readonly code: string;
  /** What it imports: each has to be a key of what `$import` is asked for. */
  readonly imports: readonly string[];
}

/** The names that a transformed module takes from the machine. */
export const CALLS: readonly string[] = [
  ...['$r', '$w', '$fill', '$slice', '$whole', '$set', '$wait', '$after', '$afterSerial'],
  ...Object.values(ATOMICS),
];

type FunctionNode = Extract<
  Node,
  {
    type:
      | 'FunctionDeclaration'
      | 'FunctionExpression'
      | 'ArrowFunctionExpression'
      | 'TSDeclareFunction'
      | 'TSEmptyBodyFunctionExpression';
  }
>;

/** Transforms a module. Throws with the place and what to write instead where an access could not be followed. */
export function transform(code: string, name = 'the module'): Transformed {
  return new Transform(code, name).run();
}

class Transform {
  readonly #code: string;
  readonly #name: string;
  readonly #text: MagicString;
  readonly #program: Node;
  readonly #parents = new Map<Node, Node | undefined>();
  /** Nodes that can stand for the block, and places of patterns that can take it out of something. */
  readonly #expressions: Node[] = [];
  readonly #patterns: Extract<Node, { type: 'Property' }>[] = [];
  /** Functions that have a name at the top, and those that return the block. */
  readonly #functions = new Map<string, FunctionNode>();
  /** Those that are called `struct`. */
  readonly #drawings = new Set<Node>();
  readonly #returns = new Set<Node>();
  /** What each function declares, and the module. */
  readonly #declared = new Map<Node, Set<string>>();
  /** Of those names the ones that stand for the block. */
  readonly #aliases = new Map<Node, Set<string>>();
  readonly #aliasNames = new Set<string>();
  #found = 0;
  readonly #imports: string[] = [];

  constructor(code: string, name: string) {
    const { program, errors } = parseSync('module.mjs', code, { preserveParens: false });
    if (errors.length > 0) throw new Error(`${name} cannot be read: ${errors[0]!.message}`);
    this.#code = code;
    this.#name = name;
    this.#text = new MagicString(code);
    this.#program = program as Node;
  }

  run(): Transformed {
    this.#link(this.#program, undefined);
    this.#findAliases();
    this.#rewrite();
    this.#rewriteModule();
    this.#text.prepend(`'use strict';\nconst { ${CALLS.join(', ')} } = $m;\n`);
    return { code: this.#text.toString(), imports: this.#imports };
  }

  #link(node: Node, parent: Node | undefined): void {
    this.#parents.set(node, parent);
    if (isFunction(node)) {
      const called = nameOfFunction(node, parent);
      if (called !== undefined) this.#functions.set(called, node);
      if (called !== undefined && /^struct(?:\$\d+)?$/.test(called)) this.#drawings.add(node);
    }
    if (node.type === 'Identifier' || node.type === 'MemberExpression' || node.type === 'CallExpression')
      this.#expressions.push(node);
    else if (node.type === 'Property' && parent?.type === 'ObjectPattern') this.#patterns.push(node);
    if (isFunction(node) || parent === undefined) this.#declared.set(node, new Set());
    this.#declare(node, parent);
    for (const child of childrenOf(node)) this.#link(child, node);
  }

  /** Takes note of a name where it is declared. */
  #declare(node: Node, parent: Node | undefined): void {
    if (node.type !== 'Identifier' || parent === undefined) return;
    const isVariable = parent.type === 'VariableDeclarator' && (parent.id as Node) === node;
    const isParameter = isFunction(parent) && (parent.params as Node[]).includes(node);
    const isInPattern = this.#isPattern(node, parent);
    if (isVariable || isParameter || isInPattern) this.#declared.get(this.#scopeOf(node))!.add(node.name);
  }

  #isPattern(node: Node, parent: Node): boolean {
    if (parent.type === 'AssignmentPattern') return (parent.left as Node) === node;
    if (parent.type === 'ArrayPattern' || parent.type === 'RestElement') return true;
    return (
      parent.type === 'Property' &&
      (parent.value as Node) === node &&
      this.#parents.get(parent)?.type === 'ObjectPattern'
    );
  }

  /** The function around a node; a parameter is inside of its own. */
  #scopeOf(node: Node): Node {
    for (let at = this.#parents.get(node); at !== undefined; at = this.#parents.get(at)) if (isFunction(at)) return at;
    return this.#program;
  }

  /** The function that declares the name that is used there, or the module. */
  #homeOf(node: Node, name: string): Node {
    for (let scope = this.#scopeOf(node); scope !== this.#program; scope = this.#scopeOf(scope)) {
      if (this.#declared.get(scope)!.has(name)) return scope;
    }
    return this.#program;
  }

  #addAlias(home: Node, name: string): void {
    const names = this.#aliases.get(home) ?? new Set();
    this.#aliases.set(home, names);
    if (names.has(name)) return;
    names.add(name);
    this.#aliasNames.add(name);
    this.#found++;
  }

  /** All names that the block goes by, until no more are found. */
  #findAliases(): void {
    for (let known = -1; known !== this.#found; ) {
      known = this.#found;
      for (const pattern of this.#patterns) this.#followPattern(pattern);
      for (const node of this.#expressions) if (this.#isBlock(node)) this.#follow(node);
    }
  }

  /** `const { words: w } = s` */
  #followPattern({ key, value }: Extract<Node, { type: 'Property' }>): void {
    if (keyOf(key as Node) === 'words' && value.type === 'Identifier') this.#addAlias(this.#scopeOf(value), value.name);
  }

  /** Whether the expression is the block. */
  #isBlock(node: Node): boolean {
    if (node.type === 'Identifier') {
      if (!this.#aliasNames.has(node.name) || !this.#isUse(node)) return false;
      return this.#aliases.get(this.#homeOf(node, node.name))?.has(node.name) === true;
    }
    if (node.type === 'MemberExpression') {
      return !node.computed && keyOf(node.property) === 'words' && !this.#isStruct(node.object) && this.#isUse(node);
    }
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier') {
      const called = this.#functions.get(node.callee.name);
      return called !== undefined && this.#returns.has(called);
    }
    return false;
  }

  /** Whether it is the drawing of a record, whose `words` say how many it has. */
  #isStruct(node: Node): boolean {
    if (node.type !== 'Identifier') return false;
    if (/^[A-Z][A-Z\d_]*(?:\$\d+)?$/.test(node.name)) return true;
    return this.#drawings.has(this.#homeOf(node, node.name));
  }

  /** Whether a name is used there, and not declared, set or the key of something. */
  #isUse(node: Node): boolean {
    const parent = this.#parents.get(node);
    if (parent === undefined) return false;
    switch (parent.type) {
      case 'VariableDeclarator':
        return parent.init === node;
      case 'AssignmentExpression':
        return parent.right === node;
      case 'MemberExpression':
        return parent.object === node;
      case 'Property':
        return parent.value === node && this.#parents.get(parent)?.type === 'ObjectExpression';
      case 'AssignmentPattern':
        return parent.right === node;
      default:
        return !isFunction(parent) || (parent.body as Node) === node;
    }
  }

  /** Takes note of where the block goes from there. */
  #follow(node: Node): void {
    const parent = this.#parents.get(node)!;
    switch (parent.type) {
      case 'MemberExpression':
        if (parent.computed || this.#isMethodOfBlock(parent)) return;
        break;
      case 'VariableDeclarator':
        if (parent.id.type !== 'Identifier') break;
        this.#addAlias(this.#scopeOf(parent), parent.id.name);
        return;
      case 'AssignmentExpression':
        if (parent.left.type === 'Identifier') {
          this.#addAlias(this.#homeOf(parent, parent.left.name), parent.left.name);
          return;
        }
        if (parent.left.type === 'MemberExpression' && keyOf(parent.left.property) === 'words') return;
        break;
      case 'Property':
        if (keyOf(parent.key as Node) === 'words') return;
        break;
      case 'CallExpression':
        if (this.#followArgument(node, parent)) return;
        break;
      case 'ReturnStatement':
      case 'ArrowFunctionExpression':
        if (this.#followReturn(node)) return;
        break;
      case 'BinaryExpression':
      case 'ExpressionStatement':
        return;
      default:
    }
    throw this.#refuse(parent, 'the block goes where its accesses cannot be followed');
  }

  #isMethodOfBlock(member: Extract<Node, { type: 'MemberExpression' }>): boolean {
    const key = keyOf(member.property as Node);
    return key === 'length' || key === 'fill' || (key !== undefined && WHOLE.has(key));
  }

  #followArgument(node: Node, call: Extract<Node, { type: 'CallExpression' }>): boolean {
    const at = (call.arguments as Node[]).indexOf(node);
    const { callee } = call;
    if (callee.type === 'MemberExpression' && isGlobal(callee.object as Node, 'Atomics')) {
      return at === 0 && keyOf(callee.property as Node)! in ATOMICS;
    }
    // Another array is filled from it as a whole.
    if (callee.type === 'MemberExpression' && keyOf(callee.property as Node) === 'set') return true;
    if (callee.type !== 'Identifier') return false;
    const called = this.#functions.get(callee.name);
    const parameter = called?.params[at] as Node | undefined;
    if (parameter?.type !== 'Identifier') return false;
    this.#addAlias(called!, parameter.name);
    return true;
  }

  #followReturn(node: Node): boolean {
    for (let at: Node | undefined = node; at !== undefined; at = this.#parents.get(at)) {
      if (!isFunction(at)) continue;
      if (!this.#returns.has(at)) this.#found++;
      this.#returns.add(at);
      return true;
    }
    return false;
  }

  #rewrite(): void {
    // What stands inside comes first, so that what is put around it goes around.
    for (const node of [...this.#parents.keys()].reverse()) {
      if (node.type === 'MemberExpression') this.#rewriteMember(node);
      else if (node.type === 'CallExpression') this.#rewriteCall(node);
      else if (node.type === 'AssignmentExpression') this.#rewriteState(node);
      else if (node.type === 'ForOfStatement' && this.#isBlock(node.right as Node)) {
        throw this.#refuse(node, 'the block is iterated over; read it word by word');
      }
    }
  }

  #rewriteMember(node: Extract<Node, { type: 'MemberExpression' }>): void {
    if (isGlobal(node.object as Node, 'Atomics') && !(keyOf(node.property as Node)! in ATOMICS)) {
      throw this.#refuse(
        node,
        `Atomics.${keyOf(node.property as Node)} is not one of ${Object.keys(ATOMICS).join(', ')}`,
      );
    }
    if (!this.#isBlock(node.object as Node)) return;
    if (node.computed) this.#rewriteAccess(node);
    else if (keyOf(node.property as Node) !== 'length') this.#rewriteWhole(node);
  }

  #rewriteAccess(node: Extract<Node, { type: 'MemberExpression' }>): void {
    const parent = this.#parents.get(node)!;
    const object = node.object as Node;
    const index = node.property as Node;
    if (parent.type === 'AssignmentExpression' && (parent.left as Node) === node) {
      const right = parent.right as Node;
      this.#text.prependRight(object.start, '$w(');
      this.#text.overwrite(object.end, index.start, ', ');
      if (parent.operator === '=') {
        this.#text.overwrite(index.end, right.start, ', ');
        this.#text.appendLeft(parent.end, ')');
      } else {
        const operator = parent.operator.slice(0, -1);
        this.#text.overwrite(index.end, right.start, `, ${this.#read(object, index)} ${operator} (`);
        this.#text.appendLeft(parent.end, '))');
      }
    } else if (parent.type === 'UpdateExpression') {
      const isStatement = /^(?:ExpressionStatement|ForStatement)$/.test(this.#parents.get(parent)!.type);
      if (!parent.prefix && !isStatement)
        throw this.#refuse(parent, `write ${parent.operator} in front, or as a statement`);
      const written = `$w(${this.#slice(object)}, ${this.#slice(index)}, ${this.#read(object, index)} ${parent.operator[0]} 1)`;
      this.#text.overwrite(parent.start, parent.end, written);
    } else if (parent.type === 'UnaryExpression' && parent.operator === 'delete') {
      throw this.#refuse(parent, 'a word cannot be deleted');
    } else {
      this.#text.prependRight(object.start, '$r(');
      this.#text.overwrite(object.end, index.start, ', ');
      this.#text.overwrite(index.end, node.end, ')');
    }
  }

  /** Reads once more what a compound assignment names: its index has to be one that can be worked out twice. */
  #read(object: Node, index: Node): string {
    for (const node of [object, index].flatMap(descendants)) {
      if (node.type === 'CallExpression' || node.type === 'AssignmentExpression' || this.#isAccess(node)) {
        throw this.#refuse(index, 'a word is changed in place at an index that is itself read; name the index first');
      }
    }
    return `$r(${this.#slice(object)}, ${this.#slice(index)})`;
  }

  #isAccess(node: Node): boolean {
    return node.type === 'MemberExpression' && node.computed === true && this.#isBlock(node.object as Node);
  }

  #rewriteWhole(node: Extract<Node, { type: 'MemberExpression' }>): void {
    const object = node.object as Node;
    const key = keyOf(node.property as Node);
    const call = this.#parents.get(node)!;
    const isCalled = call.type === 'CallExpression' && (call.callee as Node) === node;
    if (!isCalled || (key !== 'fill' && key !== 'slice')) {
      this.#text.prependRight(object.start, '$whole(');
      this.#text.appendLeft(object.end, ')');
    } else {
      this.#text.prependRight(object.start, `$${key}(`);
      this.#text.overwrite(object.end, (call.arguments[0] as Node).start, ', ');
    }
  }

  #rewriteCall(node: Extract<Node, { type: 'CallExpression' }>): void {
    const callee = node.callee as Node;
    if (callee.type === 'MemberExpression' && !callee.computed) {
      const key = keyOf(callee.property as Node)!;
      if (isGlobal(callee.object as Node, 'Atomics')) this.#text.overwrite(callee.start, callee.end, ATOMICS[key]!);
      else if (key === 'wait') this.#text.overwrite(callee.start, callee.end, '$wait');
    } else if (callee.type === 'Identifier') {
      const [, after] = /^zero(After(?:Serial)?)(?:\$\d+)?$/.exec(callee.name) ?? [];
      const body = this.#functions.get(callee.name);
      if (after === undefined || body === undefined || !/>>>\s*31/.test(this.#slice(body as Node))) return;
      this.#text.overwrite(callee.start, callee.end, `$a${after.slice(1)}`);
    }
  }

  #rewriteState(node: Extract<Node, { type: 'AssignmentExpression' }>): void {
    const left = node.left as Node;
    if (left.type !== 'MemberExpression' || left.computed || left.object.type !== 'Identifier') return;
    const key = keyOf(left.property as Node);
    if (key === undefined || !STATE_FIELDS.has(key) || node.operator !== '=') return;
    this.#text.overwrite(left.start, (node.right as Node).start, `$set(${left.object.name}, '${key}', `);
    this.#text.appendLeft(node.end, ')');
  }

  /** Imports are asked for, exports returned. */
  #rewriteModule(): void {
    const exported: string[] = [];
    for (const node of (this.#program as Extract<Node, { type: 'Program' }>).body as Node[]) {
      if (node.type === 'ImportDeclaration') {
        const from = node.source.value;
        this.#imports.push(from);
        const names = node.specifiers.map((specifier) => {
          if (specifier.type !== 'ImportSpecifier') throw this.#refuse(node, 'import the names themselves');
          return `${keyOf(specifier.imported as Node)}: ${specifier.local.name}`;
        });
        this.#text.overwrite(node.start, node.end, `const { ${names.join(', ')} } = $import(${JSON.stringify(from)});`);
      } else if (node.type === 'ExportNamedDeclaration' && node.source === null && node.declaration === null) {
        for (const { local, exported: as } of node.specifiers)
          exported.push(`${keyOf(as as Node)}: ${keyOf(local as Node)}`);
        this.#text.remove(node.start, node.end);
      } else if (node.type.startsWith('Export')) {
        throw this.#refuse(node, 'the module is not built: it exports other than by one list of names at its end');
      }
    }
    this.#text.append(`\nreturn { ${exported.join(', ')} };\n`);
  }

  #slice(node: Node): string {
    return this.#code.slice(node.start, node.end);
  }

  #refuse(node: Node, why: string): Error {
    const line = this.#code.slice(0, node.start).split('\n').length;
    return new Error(`${this.#name}, line ${line}: ${why}: ${this.#slice(node).split('\n')[0]!.slice(0, 120)}`);
  }
}

function isFunction(node: Node): node is FunctionNode {
  const { type } = node;
  return type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';
}

function nameOfFunction(node: FunctionNode, parent: Node | undefined): string | undefined {
  if (node.type === 'FunctionDeclaration') return node.id?.name;
  const isConst = parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier';
  return isConst ? (parent.id as Extract<Node, { type: 'Identifier' }>).name : undefined;
}

function isGlobal(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

/** The name of a key that is written as one. */
function keyOf(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

function childrenOf(node: Node): Node[] {
  const found: Node[] = [];
  for (const value of Object.values(node) as unknown[]) {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) for (const child of value) if (isNode(child)) found.push(child);
  }
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function descendants(node: Node): Node[] {
  return [node, ...childrenOf(node).flatMap(descendants)];
}
