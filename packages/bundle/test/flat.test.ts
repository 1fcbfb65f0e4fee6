/** Functions that are written out in the place of their calls do what the calls did, in the same order. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, test } from 'vitest';
import { flattened } from '../src/flat.ts';

const flat = (code: string): string => {
  const [{ start, end, flat }] = flattened(code);
  return code.slice(0, start) + flat + code.slice(end);
};

/** What `path` of a module gives, what it leaves in the words, and what it told `note` on the way. */
function outcome(code: string, ...args: number[]) {
  const w = Int32Array.from({ length: 8 }, (_, i) => (i * 7) % 5);
  const notes: unknown[] = [];
  const run = new Function('flat', 'w', 'note', `${code}\nreturn path;`);
  const note = (value: number) => notes.push(value) + value;
  try {
    return { result: run((path: unknown) => path, w, note)(...args), w: [...w], notes };
  } catch (error) {
    return { error: String(error), w: [...w], notes };
  }
}

/** Expects that all is the same when written out, and gives what it became. */
function same(code: string, ...args: number[]): string {
  const now = flat(code);
  expect(outcome(now, ...args)).toEqual(outcome(code, ...args));
  return now.slice(now.indexOf('const path'));
}

const HELPERS = `
function get(at) { return w[at & 7]; }
function put(at, value) { w[at & 7] = value; }
function early(n) { if (n > 3) return n; put(n, 9); if (get(n + 1) === 0) { return note(n); } return -n; }
function add(at, by) { const was = get(at); put(at, was + by); return was; }
`;

describe('what is written out', () => {
  test('is what is called, and what that calls', () => {
    const now = same(`${HELPERS}const path = flat((a, b) => add(a, get(b)));`, 1, 2);
    expect(now).not.toMatch(/\b(?:add|get|put)\(/);
  });

  test.each([1, 2, 3, 4, 5])('returns in the middle as it did (%i)', (n) => {
    expect(same(`${HELPERS}const path = flat((n) => early(n) + early(n + 1));`, n)).not.toContain('early(');
  });

  test.each([0, 1])('leaves out what && and || and ?: leave out (%i)', (n) => {
    same(`${HELPERS}const path = flat((n) => (n && add(1, 1)) + (n || add(2, 1)) + (n ? add(3, 1) : add(4, 1)));`, n);
    same(`${HELPERS}const path = flat((n) => { if (n === 0 || add(1, 2) > 0) put(5, 1); return w[get(1)]; });`, n);
  });

  test('reads what it read before a call changes it', () => {
    same(`${HELPERS}const path = flat((a) => w[a] + add(a, 5) + w[a]);`, 2);
    same(`${HELPERS}const path = flat((a) => note(get(a)) - add(a, add(a, 3)) * get(a));`, 2);
  });

  test('may be a loop, with variables of the same name in both', () => {
    const loop =
      'function sum(n) { let at = 0; for (let i = 0; i < n; i++) { if (get(i) === 4) break; at += get(i); } return at; }';
    expect(
      same(
        `${HELPERS}${loop}const path = flat((n) => { let at = 1; const i = sum(n); at = at + sum(at); return [at, i]; });`,
        6,
      ),
    ).not.toContain('sum(');
  });

  test('may assign to what it was given', () => {
    same(
      `${HELPERS}function half(n) { while (n > 3) n -= get(n); return n; } const path = flat((n) => [half(n), n]);`,
      7,
    );
  });

  test('may throw where it did', () => {
    same(
      `${HELPERS}function must(n) { if (n > 1) throw new Error('no ' + add(n, 1)); return n; } const path = flat((n) => must(n) + must(n + 1));`,
      1,
    );
  });
});

describe('what stays a call', () => {
  test.each([
    ['has a function in it', 'function f(n) { return [n].map((m) => m + 1)[0]; }'],
    ['has a try in it', 'function f(n) { try { return n; } finally { note(n); } }'],
    ['has a switch in it', 'function f(n) { switch (n) { case 1: return 2; default: return 3; } }'],
    ['calls itself', 'function f(n) { return n < 1 ? 0 : f(n - 1) + n; }'],
    ['goes over a list', 'function f(n) { for (const m of [n, 3]) if (m > 2) return m; return 0; }'],
    ['takes any number of arguments', 'function f(...all) { return all.length; }'],
  ])('is a function that %s', (_, f) => {
    expect(same(`${f}function g(n) { return f(n); } const path = flat((n) => g(n));`, 3)).toMatch(/\bf\(/);
  });

  test('is one that means something else by a name that is declared around the mark', () => {
    const code =
      'const limit = 5; function f(n) { return n + limit; } function make(limit) { return flat((n) => f(n) + limit); } const path = make(100);';
    expect(same(code, 1)).toContain('make(100)');
    expect(flat(code)).toContain('f(n)');
  });

  test('is what is not declared at the top, or is hidden there', () => {
    expect(same('function f(n) { return n; } const path = flat((f) => f(1));', 1)).toContain('f(1)');
    expect(same('const path = flat((n) => note(n));', 1)).toContain('note(n)');
  });

  test('is what was taken apart', () => {
    const apart = 'const apart = (f) => f; const far = apart((n) => get(n) + 1);';
    expect(same(`${HELPERS}${apart}const path = flat((n) => far(n) + get(n));`, 2)).toContain('far(n)');
  });

  test('is what orders two reads, unless it is nothing', () => {
    const code = (zero: string) =>
      `function zeroAfter(id) { return ${zero}; } const path = flat((at) => w[at + zeroAfter(w[at])]);`;
    expect(same(code('id >>> 31'), 1)).toContain('zeroAfter(');
    expect(same(code('0'), 1)).not.toContain('zeroAfter(');
  });

  test('is one with an argument that changes another', () => {
    expect(same(`${HELPERS}const path = flat((n) => add(n, n++));`, 1)).toContain('add(n, n++)');
  });
});

describe('what is marked short', () => {
  const body = (statements: number) =>
    Array.from({ length: statements }, (_, i) => `w[${i & 7}] = n + ${i};`).join(' ');
  const code = (statements: number) =>
    `function f(n) { ${body(statements)} return n; } const path = short((n) => f(n));`;

  test.each([
    [10, 'is one piece where V8 puts it in its callers', false],
    [120, 'is left where V8 does better function by function', true],
    [200, 'is one piece where V8 would put in line no more than a part', false],
  ])('with %i statements %s', (statements, _, isLeft) => {
    expect(/\bf\(n\)/.test(flattened(code(statements))[0].flat)).toBe(isLeft);
  });
});

test('a mark without a function is refused', () => {
  expect(() => flattened('const path = flat(other);')).toThrow('flat: it has to be called with an arrow function');
});

test('each copy of core gets the functions of its own design', () => {
  const copy = (n: string, design: string) =>
    `function end${n}(s, at) { return s.design.free(s, at); }
     function bind${n}(s) { return { end: flat${n}((at) => end${n}(s, at)) }; }
     function variantOf${n}(design, bind) { return bind({ design }); }
     function free${n}(s, at) { return at + ${n === '' ? 1 : 2}; }
     ${design}`;
  const code =
    copy('', 'const design = { free }; const one = variantOf(design, bind);') +
    copy('$1', 'const two = variantOf$1({ free: free$1 }, bind$1);');
  expect(flattened(code).map(({ flat }) => flat.match(/at \+ \d/)?.[0])).toEqual(['at + 1', 'at + 2']);
});

describe('modules made at random do the same', () => {
  // Functions call only those before them, so that all of them end.
  const leaf = fc.constantFrom('a', 'b', 'x', 'w[a & 7]', 'w[b & 7]', '0', '1', '3', 'note(a)');
  const expressionOf = (callable: number): fc.Arbitrary<string> =>
    fc.letrec<{ any: string }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        leaf,
        fc
          .tuple(tie('any'), fc.constantFrom('+', '-', '^', '&&', '||', '<', '==='), tie('any'))
          .map(([l, op, r]) => `(${l} ${op} ${r})`),
        fc.tuple(tie('any'), tie('any'), tie('any')).map(([c, l, r]) => `(${c} ? ${l} : ${r})`),
        tie('any').map((at) => `w[${at} & 7]`),
        tie('any').map((value) => `(!${value})`),
        ...(callable === 0
          ? []
          : [fc.tuple(fc.nat(callable - 1), tie('any'), tie('any')).map(([f, l, r]) => `f${f}(${l}, ${r})`)]),
      ),
    })).any;
  const bodyOf = (callable: number): fc.Arbitrary<string> => {
    const e = expressionOf(callable);
    const statement = fc.oneof(
      e.map((value) => `${value};`),
      fc.tuple(e, e).map(([at, value]) => `w[${at} & 7] = ${value};`),
      fc.tuple(fc.constantFrom('a', 'b', 'x'), e).map(([name, value]) => `${name} = ${value};`),
      fc
        .tuple(e, e, e)
        .map(([test, value, other]) => `if (${test}) { const y = ${value}; return y; } else note(${other});`),
      fc.tuple(e, e).map(([value, end]) => `for (let i = 0; i < 3; i++) { if (${end}) break; x = ${value}; }`),
      fc.tuple(e, e).map(([test, value]) => `if (${test}) return ${value};`),
    );
    return fc
      .tuple(e, fc.array(statement, { maxLength: 4 }), e)
      .map(([x, body, end]) => `let x = ${x.replaceAll('x', 'a')}; ${body.join(' ')} return ${end};`);
  };
  const module = fc.tuple(bodyOf(0), bodyOf(1), bodyOf(2), bodyOf(3)).map(([f0, f1, f2, path]) => {
    const functions = [f0, f1, f2].map((body, i) => `function f${i}(a, b) { ${body} }`);
    return `${functions.join('\n')}\nconst path = flat((a, b) => { ${path} });`;
  });

  test('for any seed', () => {
    fc.assert(
      fc.property(module, fc.nat(9), fc.nat(9), (code, a, b) => {
        expect(outcome(flat(code), a, b)).toEqual(outcome(code, a, b));
      }),
      { numRuns: Number(process.env.PIDLAB_RUNS ?? 50) },
    );
  });
});

describe.each(['core-hierarchical', 'core-flat', 'core-pidspace', 'core-idr'])('the hot paths of %s', (name) => {
  const file = join(import.meta.dirname, '..', '..', name, 'dist', 'index.js');
  const code = readFileSync(file, 'utf8');
  const paths = [...code.matchAll(/^\tconst (?:bear|end) = \(\w+\) => \{\n(?:\t\t.*\n)+\t\};/gm)].map(([text]) => text);

  test('are in one piece, in both copies', () => {
    expect(paths).toHaveLength(4);
    expect(code).not.toMatch(/\b(?:flat|short)(?:\$\d+)?\(/);
    for (const path of paths) expect(() => parseAst(path)).not.toThrow();
  });

  test('leave these calls: whoever changes it says so', () => {
    const calls = paths.map(
      (path) => path.replaceAll(/throw .*/g, '').match(/(?<![.\w])[a-z]\w*(?=(?:\$\d+)?\()/gi) ?? [],
    );
    expect(
      calls.map((names) => [...new Set(names)].filter((found) => !['if', 'for', 'while'].includes(found))),
    ).toMatchSnapshot();
  });

  test.each(['findPidNs', 'pidNrNs'])('%s is no longer than what V8 puts in line', (path) => {
    const program = `import { createPidAllocator } from ${JSON.stringify(pathToFileURL(file).href)};
      const a = createPidAllocator(); const pid = a.allocPid(a.initPidNs);
      a.findPidNs(1, a.initPidNs); a.pidNrNs(pid, a.initPidNs);`;
    const flags = ['--print-bytecode', `--print-bytecode-filter=${path}`, '--input-type=module', '-e', program];
    const printed = execFileSync(process.execPath, flags, { encoding: 'utf8' });
    const [length] = [...printed.matchAll(/^Bytecode length: (\d+)/gm)].map(([, bytes]) => Number(bytes));
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThanOrEqual(460);
  });
});
