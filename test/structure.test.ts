import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRepository, type SourceFile } from './structure/files.ts';
import * as rules from './structure/rules.ts';

const repository = readRepository(join(import.meta.dirname, '..'));

describe('this repository', () => {
  for (const [name, rule] of Object.entries(rules)) {
    test(name, () => expect(rule(repository)).toEqual([]));
  }
});

const file = (path: string, text = ''): SourceFile => ({ path, text });
const manifest = (pkg: string, json: object = {}): SourceFile =>
  file(`packages/${pkg}/package.json`, JSON.stringify({ name: `@pidlab/${pkg}`, type: 'module', ...json }));
const strategy = (name: string, replace: Record<string, string | undefined> = {}): SourceFile[] => [
  manifest(name),
  ...['layout', 'alloc', 'free', 'find', 'translate', 'pidns', 'invariants']
    .concat(['traits', 'design', 'variant', 'shared', 'single', 'index'])
    .filter((stem) => !(stem in replace) || replace[stem] !== undefined)
    .map((stem) => file(`packages/${name}/src/${stem}.ts`, replace[stem] ?? `export function ${stem}(): void {}\n`)),
];

/** For each rule, what it must refuse (with words of the complaint) and what it must let pass. */
const examples: Record<keyof typeof rules, { bad: [SourceFile[], RegExp][]; good: SourceFile[][] }> = {
  importDirection: {
    bad: [
      [
        [file('packages/contract/src/a.ts', "import { x } from '@pidlab/core';")],
        /contract\/src\/a\.ts:1 .*@pidlab\/core/,
      ],
      [[file('packages/core/src/a.ts', "\nexport * from '@pidlab/core-flat';")], /core\/src\/a\.ts:2 .*core-flat/],
      [[file('packages/core-flat/src/a.ts', "import type { X } from '@pidlab/core-pidspace/x';")], /core-pidspace/],
      [[file('packages/core-flat/src/a.ts', "type X = import('@pidlab/bench').X;")], /@pidlab\/bench,/],
      [[file('packages/bench/src/run.ts', "const m = await import('@pidlab/core-flat');")], /core-flat/],
      [[file('packages/conformance/src/a.ts', "import '@pidlab/core';")], /@pidlab\/core,/],
      [[file('packages/bench/src/builtins.ts', "import '@pidlab/core';")], /@pidlab\/core,/],
      [[file('packages/process-table/src/a.ts', "import '@pidlab/core-flat';")], /core-flat/],
      [[file('packages/conformance/src/a.ts', "import '@pidlab/bench';")], /@pidlab\/bench,/],
      [[file('packages/conformance/src/a.ts', "import '@pidlab/process-table';")], /process-table/],
      [[file('packages/conformance/src/a.ts', "import '@pidlab/trials';")], /@pidlab\/trials,/],
      [[file('packages/linux-oracle/src/a.js', "import '@pidlab/core-flat';")], /core-flat/],
      [[file('packages/trials/src/a.ts', "import '@pidlab/core';")], /@pidlab\/core,/],
    ],
    good: [
      [file('packages/bench/src/lab.ts', "import { runConformance } from '@pidlab/conformance';")],
      [file('packages/bench/src/scenarios/a.ts', "await import('@pidlab/process-table');")],
      [file('packages/core-flat/src/a.ts', "import { x } from '@pidlab/core';\nimport '@pidlab/contract';")],
      [file('packages/trials/src/a.ts', "import '@pidlab/bundle';\nimport '@pidlab/conformance/shared';")],
      [file('packages/bench/src/builtins.ts', "export const flat = () => import('@pidlab/core-flat');")],
      [file('packages/core-flat/test/a.test.ts', "import '@pidlab/conformance';")],
      [
        file(
          'packages/contract/src/a.ts',
          "/** import { x } from '@pidlab/core' */\nconst s = \"import '@pidlab/core'\";",
        ),
      ],
    ],
  },
  coreFloors: {
    bad: [
      [
        [file('packages/core/src/words/a.ts', "import './b.ts';\nimport type { X } from '../types.ts';")],
        /a\.ts:2 .*types/,
      ],
      [[file('packages/core/src/types.ts', "import type { X } from './memory/a.ts';")], /types\.ts:1 .*memory\/a\.ts/],
      [[file('packages/core/src/memory/a.ts', "export { x } from '../pids/a.ts';")], /on a floor above/],
      [[file('packages/core/src/pids/a.ts', "import '../whole/a.ts';")], /on a floor above/],
      [[file('packages/core/src/whole/a.ts', "type X = import('../border/deep/a.ts').X;")], /on a floor above/],
      [[file('packages/core/src/border/a.ts', "import '../index.ts';")], /on a floor above/],
      [[file('packages/core/src/utils.ts')], /utils\.ts is on no floor/],
      [[file('packages/core/src/attic/a.ts')], /attic\/a\.ts is on no floor/],
    ],
    good: [
      [file('packages/core/src/pids/a.ts', "import './b.ts';\nimport '../memory/c.ts';\nimport '../words/d.ts';")],
      [file('packages/core/src/index.ts', "export * from './border/a.ts';"), file('packages/core/src/layout.ts')],
      [file('packages/core/test/a.test.ts', "import '../src/border/a.ts';")],
    ],
  },
  noImportCircles: {
    bad: [
      [
        [
          file('packages/core/src/pids/a.ts', "import { b } from './b.ts';"),
          file('packages/core/src/pids/b.ts', "import { c } from './c.ts';"),
          file('packages/core/src/pids/c.ts', "import type { A } from './a.ts';"),
        ],
        /a\.ts imports itself: .*a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/,
      ],
      [[file('packages/contract/src/a.ts', "export type X = import('./a.ts').Y;")], /a\.ts imports itself/],
    ],
    good: [
      [
        file('packages/core/src/pids/a.ts', "import './b.ts';\nimport './c.ts';"),
        file('packages/core/src/pids/b.ts', "import './c.ts';"),
        file('packages/core/src/pids/c.ts'),
      ],
    ],
  },
  bundlersNames: {
    bad: [
      [[file('packages/core/src/mode.ts')], /src\/mode\.ts is called like/],
      [[file('packages/core-flat/src/mode.ts')], /mode\.ts is called like/],
      [[file('packages/contract/src/shared.ts')], /shared\.ts is called like/],
      [[file('packages/core/src/border/shared.ts')], /shared\.ts is called like/],
    ],
    good: [
      [file('packages/core/src/words/mode.ts'), file('packages/core-flat/src/shared.ts')],
      [file('packages/core/test/mode.ts'), file('packages/bench/src/modes.ts')],
    ],
  },
  noReachingAcross: {
    bad: [
      [[file('packages/core/src/a.ts', "import '../../contract/src/index.ts';")], /of another package/],
      [[file('examples/shell/main.ts', "import '../../packages/core/dist/index.js';")], /of another package/],
      [[file('packages/core/src/a.ts', "import '../../../scripts/lib/run.js';")], /of another package/],
    ],
    good: [[file('packages/core/test/deep/a.test.ts', "import '../../src/index.ts';\nimport './b.ts';")]],
  },
  librariesStandAlone: {
    bad: [
      [[manifest('core-flat', { dependencies: { lodash: 'catalog:' } })], /depends on lodash/],
      [[manifest('contract', { peerDependencies: { rxjs: 'catalog:' } })], /depends on rxjs/],
      [[file('packages/core/src/a.ts', "import { ok } from 'node:assert';")], /imports node:assert/],
      [[file('packages/core-flat/src/a.ts', "import('lodash');")], /imports lodash/],
    ],
    good: [
      [
        manifest('bench', { dependencies: { commander: 'catalog:' } }),
        file('packages/bench/src/a.ts', "import 'node:os';"),
      ],
      [
        manifest('core', {
          dependencies: { '@pidlab/contract': 'workspace:^' },
          devDependencies: { vitest: 'catalog:' },
        }),
      ],
    ],
  },
  strategyFiles: {
    bad: [
      [strategy('core-flat', { pidns: undefined }), /core-flat\/src\/pidns\.ts is missing/],
      [[...strategy('core-flat'), file('packages/core-flat/src/utils.ts')], /utils\.ts is in no other/],
      [[manifest('core-new')], /core-new\/src\/layout\.ts is missing/],
    ],
    good: [[...strategy('core-flat'), ...strategy('core-pidspace'), file('packages/core/src/arena.ts')]],
  },
  strategyExports: {
    bad: [
      [
        [...strategy('core-flat'), ...strategy('core-pidspace', { find: 'export function findPid() {}' })],
        /core-pidspace\/src\/find\.ts exports \(findPid\) but .*core-flat\/src\/find\.ts exports \(find\)/,
      ],
      [
        [
          ...strategy('core-flat', { find: 'export const a = () => 1;\nexport function b() {}' }),
          ...strategy('core-pidspace', { find: 'export function b() {}\nexport const a = () => 1;' }),
        ],
        /exports \(b, a\) but .* exports \(a, b\)/,
      ],
    ],
    good: [
      [
        ...strategy('core-flat'),
        ...strategy('core-pidspace', {
          find: 'export function pidspaceOf() {}\nexport function find() {}\nconst x = 1;',
        }),
      ],
    ],
  },
  noMachinePaths: {
    bad: ['/wo_rk/main', '"/ro_ot/.npmrc"', '/ho_me/ann/x', '../sha_red/notes.md'].map((path) => [
      [file('README.md', `see ${path.replace('_', '')}`)],
      /README\.md:1 names/,
    ]),
    good: [[file('README.md', 'see /proc/self/status, /root, ./work/x, https://example.org/work/ and src/root/x')]],
  },
  esmOnly: {
    bad: [
      [[file('scripts/a.cjs')], /a\.cjs is CommonJS/],
      [[file('examples/x/package.json', '{}')], /"type": "module"/],
      [[file('scripts/a.js', "const fs = require('fs');")], /a\.js:1 is CommonJS/],
      [[file('scripts/a.js', '\nmodule.exports = {};')], /a\.js:2 is CommonJS/],
    ],
    good: [[file('scripts/a.mjs', '// no require() here\nexport {};'), file('package.json', '{"type":"module"}')]],
  },
  nothingUnfinished: {
    bad: [
      [[file('packages/core/src/a.ts', `// TO${'DO'}: later`)], /a\.ts:1 says/],
      [[file('docs/a.md', `fine\nFIX${'ME'}`)], /a\.md:2 says/],
      [[file('packages/core/test/a.test.ts', `test.sk${'ip'}('x', f);`)], /switches a test off/],
    ],
    good: [[file('packages/core/src/a.ts', 'const todoList = 1; it.next();')]],
  },
  readmesLinkToWhatIsPacked: {
    bad: [
      [
        [manifest('core', { files: ['docs'] }), file('packages/core/README.md', 'see [it](../contract)')],
        /links to \.\.\/contract, which is not packed/,
      ],
      [[manifest('core', { files: ['src'] }), file('packages/core/README.md', '[a](docs/a.md#b)')], /docs\/a\.md/],
    ],
    good: [
      [
        manifest('core', { files: ['docs', 'schema/x.json'] }),
        file('packages/core/README.md', '[a](docs/a.md#b) [b](schema/x.json) [c](#d) [e](https://example.org)'),
      ],
      [manifest('trials', { private: true }), file('packages/trials/README.md', '[it](../core)')],
    ],
  },
  manifestsComplete: {
    bad: [
      [[manifest('core')], /no description/],
      [[manifest('trials', { private: true })], /no script test/],
      [[manifest('trials', { private: true }), file('packages/trials/tsconfig.json')], /the root tsconfig/],
      [[manifest('core', { name: 'core' })], /the name is not @pidlab\/core/],
      [[manifest('core', { bin: { x: 'bin/x.js' } })], /bin bin\/x\.js is not committed/],
      [
        [manifest('core', { dependencies: { '@pidlab/contract': 'workspace:^' } })],
        /references \(\), not \(@pidlab\/contract\)/,
      ],
      [[file('package.json', '{"devDependencies":{"vitest":"^4.0.0"}}')], /vitest is "\^4\.0\.0", not "catalog:"/],
    ],
    good: [
      [
        file('packages/trials/LICENSE'),
        file('packages/trials/README.md'),
        manifest('trials', { private: true, description: 'd', license: 'MIT', scripts: { typecheck: 't', test: 't' } }),
      ],
      [
        file('tsconfig.json', '{"references":[{"path":"packages/core"}]}'),
        file('packages/core/LICENSE'),
        file('packages/core/README.md'),
        manifest('core', {
          description: 'd',
          license: 'MIT',
          sideEffects: false,
          engines: { node: '>=20' },
          publishConfig: { access: 'public' },
          exports: { '.': { types: 't', default: 'd' } },
          files: ['dist', 'src', 'README.md', 'CHANGELOG.md', 'LICENSE'],
          scripts: { build: 'b', typecheck: 't', test: 't' },
          devDependencies: { vitest: 'catalog:' },
        }),
      ],
    ],
  },
};

for (const [name, rule] of Object.entries(rules)) {
  const { bad, good } = examples[name as keyof typeof rules];
  describe(`the rule ${name}`, () => {
    for (const [files, complaint] of bad) {
      test(`refuses ${files.at(-1)?.path}: ${complaint}`, () => expect(rule(files).join('\n')).toMatch(complaint));
    }
    for (const files of good) {
      test(`lets ${files.at(-1)?.path} pass`, () => expect(rule(files)).toEqual([]));
    }
  });
}

describe('the reader', () => {
  test('sees what was written and not what was built or installed', () => {
    const paths = repository.map(({ path }) => path);
    expect(paths).toContain('packages/contract/src/index.ts');
    expect(paths).toContain('.ci/run');
    expect(paths.filter((path) => /node_modules|\/dist\//.test(path))).toEqual([]);
  });
});
