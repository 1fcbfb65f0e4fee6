/**
 * Rewrites a built module so that every access to a block of words is told, with how many reads it had to wait for.
 *
 * ```
 *   w[e]                $.read(w, e, depth of e)
 *   w[e] = v            $.write(w, e, v, depth of e, depth of v)
 *   w[e] += v           $.update(w, e, depth of e, (old) => old + v, …)
 *   Atomics.or(w, e, v) $.atomic('or', w, e, [v], depth of e)
 *   w.fill(v, a, b)     $.fill(w, [v, a, b])
 * ```
 *
 * The depth of a value is the longest chain of dependent reads behind it: a word that was read is one deeper than the
 * address that it was read at. Each variable has a companion, `x$d`, that follows its depth; arguments carry theirs in `$.a`,
 * and what a function returns in `$.d`. What comes out of objects and destructuring counts as 0: the fields of a `State` are
 * constants. Nor does what a branch depends on count: a processor predicts it and goes on.
 */
import { type Node, parseSync } from 'oxc-parser';

/** The parts of a node that are used here, of whichever type it is. */
type Any = Node & Record<string, unknown> & { readonly start: number; readonly end: number };

/** A function, or the module: what it declares, and the places for values that are kept while an expression goes on. */
interface Scope {
  readonly outer: Scope | undefined;
  readonly names: Set<string>;
  readonly parameters: readonly (string | undefined)[];
  temporaries: number;
}

/** The rewritten source of a module. `runtime` is the name of a global that holds the `Runtime`. */
export function instrument(code: string, runtime: string): string {
  const { program, errors } = parseSync('module.mjs', code, { preserveParens: false });
  if (errors.length > 0) throw new Error(`it cannot be read: ${errors[0].message}`);
  return new Instrumenter(code).module(program as unknown as Any, runtime);
}

class Instrumenter {
  readonly #code: string;
  #scope: Scope = { outer: undefined, names: new Set(), parameters: [], temporaries: 0 };
  /** Of an expression whose depth is known only when it has been evaluated: where that is kept. */
  readonly #kept = new Map<Any, string>();

  constructor(code: string) {
    this.#code = code;
  }

  module(program: Any, runtime: string): string {
    collectNames(program, this.#scope.names);
    const body = this.#children(program);
    return `const $ = globalThis[${JSON.stringify(runtime)}];\n${this.#declarations()}\n${body}`;
  }

  /** A node as it becomes. */
  #gen(node: Any): string {
    const rewrite = this.#rewriters[node.type as string];
    const text = rewrite ? rewrite(node) : this.#children(node);
    // The parentheses around a node are not part of it; where they matter wherever it stands, it gets them again.
    return (node.type as string) === 'SequenceExpression' ? `(${text})` : text;
  }

  readonly #rewriters: Readonly<Record<string, (node: Any) => string>> = {
    MemberExpression: (node) => (node.computed && !node.optional ? this.#read(node) : this.#children(node)),
    AssignmentExpression: (node) => this.#assignment(node),
    UpdateExpression: (node) => this.#step(node),
    CallExpression: (node) => this.#call(node),
    ConditionalExpression: (node) => this.#conditional(node),
    LogicalExpression: (node) => this.#logical(node),
    VariableDeclarator: (node) => this.#declarator(node),
    ReturnStatement: (node) => this.#return(node),
    ArrowFunctionExpression: (node) => this.#function(node),
    FunctionExpression: (node) => this.#function(node),
    FunctionDeclaration: (node) => this.#function(node),
    // Chains with `?.` stay as they are, but for what is inside of their arguments.
    ChainExpression: (node) => this.#code.slice(node.start, node.end),
    // Nothing in a pattern is a word.
    ObjectPattern: (node) => this.#code.slice(node.start, node.end),
    ArrayPattern: (node) => this.#code.slice(node.start, node.end),
    ClassBody: (node) => this.#children(node),
    TemplateLiteral: (node) => this.#children(node),
  };

  /** The source of a node with its children as they become. */
  #children(node: Any): string {
    let text = '';
    let at = node.start;
    for (const child of childrenOf(node)) {
      // `export { a }` has the name twice in the same place.
      if (child.start < at) continue;
      text += this.#code.slice(at, child.start) + this.#gen(child);
      at = child.end;
    }
    return text + this.#code.slice(at, node.end);
  }

  /** A new place, `$t1` for a value and `$t1d` for its depth. */
  #place(): string {
    this.#scope.temporaries++;
    return `$t${this.#scope.temporaries}`;
  }

  /** `(place = value, its depth = depth, place)`, and from then on that is the depth of `node`. */
  #keep(node: Any, value: string, depth: string, before = ''): string {
    const place = this.#place();
    this.#kept.set(node, `${place}d`);
    return `(${before}${place} = ${value}, ${place}d = ${depth}, ${place})`;
  }

  #read(node: Any): string {
    const [object, index] = [node.object as Any, node.property as Any];
    const call = `$.read(${this.#gen(object)}, ${this.#gen(index)}, ${this.#depth(index)})`;
    return this.#keep(node, call, '$.d');
  }

  #assignment(node: Any): string {
    const [left, right, operator] = [node.left as Any, node.right as Any, node.operator as string];
    const isPlain = operator === '=';
    if (/^(\?\?|\|\||&&)/.test(operator))
      return `${this.#code.slice(left.start, left.end)} ${operator} ${this.#gen(right)}`;
    if (left.type === 'Identifier') {
      const companion = this.#companion(left);
      const value = this.#gen(right);
      const depth = max([...(isPlain ? [] : companion), ...this.#depths(right)]);
      if (companion.length === 0) return `(${left.name as string} ${operator} ${value})`;
      const place = this.#place();
      return `(${place} = ${value}, ${companion[0]} = ${depth}, ${left.name as string} ${operator} ${place})`;
    }
    if (left.type !== 'MemberExpression' || !left.computed) return this.#childrenRaw(node, left);
    const [object, index] = [this.#gen(left.object as Any), this.#gen(left.property as Any)];
    const value = this.#gen(right);
    const at = this.#depth(left.property as Any);
    if (isPlain) return `$.write(${object}, ${index}, ${value}, ${at}, ${this.#depth(right)})`;
    return `$.update(${object}, ${index}, ${at}, ($o) => $o ${operator.slice(0, -1)} (${value}), false)`;
  }

  /** A node whose left side stays as it is, but for what it is a field of. */
  #childrenRaw(node: Any, left: Any): string {
    const inner = left.type === 'MemberExpression' ? this.#children(left) : this.#code.slice(left.start, left.end);
    return `${inner}${this.#code.slice(left.end, (node.right as Any).start)}${this.#gen(node.right as Any)}`;
  }

  #step(node: Any): string {
    const target = node.argument as Any;
    if (target.type !== 'MemberExpression') return this.#code.slice(node.start, node.end);
    if (!target.computed) return this.#code.slice(node.start, node.end);
    const [object, index] = [this.#gen(target.object as Any), this.#gen(target.property as Any)];
    const sign = (node.operator as string)[0];
    return `$.update(${object}, ${index}, ${this.#depth(target.property as Any)}, ($o) => $o ${sign} 1, ${!node.prefix})`;
  }

  #call(node: Any): string {
    const [callee, args] = [node.callee as Any, node.arguments as Any[]];
    const source = this.#code.slice(callee.start, callee.end);
    if (node.optional || callee.type === 'Super' || args.some(({ type }) => (type as string) === 'SpreadElement'))
      return this.#children(node);
    const atomic = /^Atomics\.(\w+)$/.exec(source)?.[1];
    if (atomic !== undefined && !['wait', 'notify'].includes(atomic)) {
      const [words, at, ...rest] = args.map((arg) => this.#gen(arg));
      const call = `$.atomic('${atomic}', ${words}, ${at}, [${rest.join(', ')}], ${this.#depth(args[1])})`;
      return this.#keep(node, call, '$.d');
    }
    if (callee.type === 'MemberExpression' && !callee.computed && (callee.property as Any).name === 'fill')
      return `$.fill(${this.#gen(callee.object as Any)}, [${args.map((arg) => this.#gen(arg)).join(', ')}])`;
    const places = args.map(() => this.#place());
    const evaluated = args.map((arg, i) => `${places[i]} = ${this.#gen(arg)}, ${places[i]}d = ${this.#depth(arg)}, `);
    const depths = places.map((place) => `${place}d`);
    const called = this.#callee(callee);
    const before = `${called.before}${evaluated.join('')}$.a = [${depths.join(', ')}], $.d = -1, `;
    return this.#keep(node, `${called.text}(${places.join(', ')})`, `$.d < 0 ? ${max(depths)} : $.d`, before);
  }

  /** What is called, with what has to be evaluated before the arguments. */
  #callee(callee: Any): { before: string; text: string } {
    if (callee.type === 'MemberExpression' && !isSimple(callee)) {
      const place = this.#place();
      const property = callee.property as Any;
      const field = callee.computed ? `[${this.#gen(property)}]` : `.${this.#code.slice(property.start, property.end)}`;
      return { before: `${place} = ${this.#gen(callee.object as Any)}, `, text: `${place}${field}` };
    }
    if (callee.type === 'MemberExpression' || callee.type === 'Identifier')
      return { before: '', text: this.#code.slice(callee.start, callee.end) };
    return { before: '', text: `(${this.#gen(callee)})` };
  }

  /** Only the branch that is taken counts. */
  #conditional(node: Any): string {
    const test = this.#gen(node.test as Any);
    const place = this.#place();
    const branch = (of: Any): string => `(${place} = ${this.#gen(of)}, ${place}d = ${this.#depth(of)}, ${place})`;
    const [yes, no] = [branch(node.consequent as Any), branch(node.alternate as Any)];
    this.#kept.set(node, `${place}d`);
    return `(${test} ? ${yes} : ${no})`;
  }

  /** What was not evaluated has no depth. */
  #logical(node: Any): string {
    const first = this.#scope.temporaries;
    const text = this.#children(node);
    const resets = Array.from({ length: this.#scope.temporaries - first }, (_, i) => `$t${first + i + 1}d = 0, `);
    return `(${resets.join('')}${text})`;
  }

  #declarator(node: Any): string {
    const [id, init] = [node.id as Any, node.init as Any | null];
    if (init === null) return this.#code.slice(node.start, node.end);
    const value = this.#gen(init);
    const companion = id.type === 'Identifier' ? this.#companion(id) : [];
    const left = this.#code.slice(id.start, id.end);
    if (companion.length === 0 || isFunction(init)) return `${left} = ${value}`;
    const place = this.#place();
    return `${left} = (${place} = ${value}, ${companion[0]} = ${this.#depth(init)}, ${place})`;
  }

  #return(node: Any): string {
    const argument = node.argument as Any | null;
    return argument === null ? 'return;' : `return ${this.#returned(argument)};`;
  }

  #returned(value: Any): string {
    const text = this.#gen(value);
    const place = this.#place();
    return `(${place} = ${text}, $.d = ${this.#depth(value)}, ${place})`;
  }

  #function(node: Any): string {
    const outer = this.#scope;
    const parameters = (node.params as Any[]).map((each) => {
      const of = each.type === 'AssignmentPattern' ? (each.left as Any) : each;
      return of.type === 'Identifier' ? (of.name as string) : undefined;
    });
    const scope: Scope = {
      outer,
      names: new Set(parameters.filter((name) => name !== undefined)),
      parameters,
      temporaries: 0,
    };
    this.#scope = scope;
    const body = node.body as Any;
    collectNames(body, scope.names);
    const isBlock = body.type === 'BlockStatement';
    const inner = isBlock ? this.#children(body).slice(1) : ` return ${this.#returned(body)}; }`;
    // An object as the body of an arrow stands in parentheses, which are left out.
    const whole = this.#code.slice(node.start, body.start);
    const head = isBlock ? whole : whole.slice(0, whole.lastIndexOf('=>') + 2);
    const text = `${head}{ const $p = $.a; $.a = []; ${this.#declarations()}${inner}`;
    this.#scope = outer;
    return text;
  }

  /** The companions of what a function declares, and its places. */
  #declarations(): string {
    const { names, parameters, temporaries } = this.#scope;
    const companions = [...names].map((name) => {
      const at = parameters.indexOf(name);
      return `${name}$d = ${at < 0 ? '0' : `$p[${at}] ?? 0`}`;
    });
    const places = Array.from({ length: temporaries }, (_, i) => `$t${i + 1}, $t${i + 1}d = 0`);
    const all = [...companions, ...places];
    return all.length === 0 ? '' : `let ${all.join(', ')};`;
  }

  /** The companion of a variable, if it is one that somebody declares. */
  #companion({ name }: Any): string[] {
    for (let scope: Scope | undefined = this.#scope; scope; scope = scope.outer)
      if (scope.names.has(name as string)) return [`${name as string}$d`];
    return [];
  }

  #depth(node: Any): string {
    return max(this.#depths(node));
  }

  /** What the depth of a value is the greatest of, once it has been evaluated. */
  #depths(node: Any): string[] {
    const kept = this.#kept.get(node);
    if (kept !== undefined) return [kept];
    if (node.type === 'Identifier') return this.#companion(node);
    if (isFunction(node) || node.type === 'MemberExpression') return [];
    if (node.type === 'AssignmentExpression')
      return this.#depths(((node.left as Any).type === 'Identifier' ? node.left : node.right) as Any);
    const children = childrenOf(node);
    if (node.type === 'SequenceExpression') return this.#depths(children[children.length - 1]);
    return [...new Set(children.flatMap((child) => this.#depths(child)))];
  }
}

function max(depths: readonly string[]): string {
  return depths.length === 0 ? '0' : depths.length === 1 ? depths[0] : `Math.max(${depths.join(', ')})`;
}

function isFunction({ type }: Any): boolean {
  return type === 'ArrowFunctionExpression' || type === 'FunctionExpression' || type === 'FunctionDeclaration';
}

/** Whether evaluating it does nothing: a name, or a field of one. */
function isSimple(node: Any): boolean {
  if (node.type === 'Identifier' || (node.type as string) === 'ThisExpression') return true;
  return (
    node.type === 'MemberExpression' &&
    isSimple(node.object as Any) &&
    (!node.computed || isSimple(node.property as Any))
  );
}

/** The names that a function's body declares, but not what functions in it do. */
function collectNames(node: Any, names: Set<string>): void {
  for (const child of childrenOf(node)) {
    if (child.type === 'VariableDeclarator' && (child.id as Any).type === 'Identifier')
      names.add((child.id as Any).name as string);
    if (!isFunction(child)) collectNames(child, names);
  }
}

const known = new WeakMap<Any, readonly Any[]>();

/** The nodes directly below, in the order of the source; a name that is no variable is none. */
function childrenOf(node: Any): readonly Any[] {
  const children = known.get(node) ?? findChildren(node);
  known.set(node, children);
  return children;
}

function findChildren(node: Any): Any[] {
  const children: Any[] = [];
  for (const [field, value] of Object.entries(node)) {
    if (field === 'parent' || (field === 'key' && !node.computed) || (field === 'property' && !node.computed)) continue;
    if (field === 'label' || (node.shorthand && field === 'key')) continue;
    for (const each of Array.isArray(value) ? value : [value])
      if (each && typeof each === 'object' && typeof (each as Any).type === 'string' && 'start' in each)
        children.push(each as Any);
  }
  return children.sort((a, b) => a.start - b.start);
}
