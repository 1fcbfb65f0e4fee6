/**
 * The rules that the shape of this repository keeps. Each takes all its text files and gives one sentence for each place
 * that breaks it; none means that it holds. `structure.test.ts` runs them on the repository, and each of them on examples
 * that it must refuse.
 */
import { parseSync, Visitor } from 'oxc-parser';
import type { SourceFile } from './files.ts';

export type Rule = (files: readonly SourceFile[]) => string[];

const SCOPE = '@pidlab/';
const SOURCE = /\.(?:ts|js|mjs)$/;
const STRATEGY = /^core-./;
const STRATEGY_FILES = [
  ...['layout', 'alloc', 'free', 'find', 'translate', 'pidns', 'invariants'],
  ...['traits', 'design', 'variant', 'shared', 'single', 'index'],
];

/** What users import into their own programs: no dependency, no Node. The rest are tools. */
const isLibrary = (pkg: string): boolean =>
  pkg === 'contract' || pkg === 'core' || STRATEGY.test(pkg) || pkg === 'process-table';

/** The packages of this repository that the file at `path` of package `pkg` may import. */
function mayImport(pkg: string, path: string): (other: string) => boolean {
  if (pkg === 'contract') return () => false;
  if (pkg === 'core') return (other) => other === 'contract';
  if (STRATEGY.test(pkg)) return (other) => other === 'contract' || other === 'core';
  // The explorer stops threads between the accesses of what is built on core, and calls the words by the names that core draws.
  if (path.startsWith('packages/conformance/src/explore/')) return (other) => other === 'contract' || other === 'core';
  if (path.endsWith('/builtins.ts')) return (other) => other === 'contract' || STRATEGY.test(other);
  // The lab reports what the suite finds and times the replay: one tool uses another, neither knows a strategy. And what a
  // user's fork costs is asked of the process table, which takes any.
  if (pkg === 'bench') return (other) => ['contract', 'conformance', 'process-table'].includes(other);
  // Our own trials use what strangers install, and the bundle to build what is broken; the oracle is about the process table.
  if (pkg === 'trials') return (other) => ['bundle', 'conformance', 'contract', 'process-table'].includes(other);
  if (pkg === 'linux-oracle') return (other) => ['contract', 'process-table'].includes(other);
  return (other) => other === 'contract';
}

interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every module that `file` names in an import, an export … from, an import type or an import() of a literal. */
function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (source: { type: string; value?: unknown; start: number } | null): void => {
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
    found.push({ specifier: source.value, line: lineAt(file, source.start) });
  };
  new Visitor({
    ImportDeclaration: ({ source }) => add(source),
    ExportNamedDeclaration: ({ source }) => add(source),
    ExportAllDeclaration: ({ source }) => add(source),
    ImportExpression: ({ source }) => add(source),
    TSImportType: ({ source }) => add(source),
  }).visit(parseSync(file.path, file.text).program);
  return found;
}

const lineAt = (file: SourceFile, at: number): number => file.text.slice(0, at).split('\n').length;

/** The path that a relative specifier in the file at `path` means. */
function resolved(path: string, specifier: string): string {
  const at = path.split('/').slice(0, -1);
  for (const step of specifier.split('/')) {
    if (step === '..') at.pop();
    else if (step !== '.') at.push(step);
  }
  return at.join('/');
}

/** The package folder of `packages/<pkg>/…`, or undefined. */
const packageOf = (path: string): string | undefined => /^packages\/([^/]+)\//.exec(path)?.[1];

const inSource = (file: SourceFile): boolean => /^packages\/[^/]+\/src\//.test(file.path) && SOURCE.test(file.path);

/**
 * contract ← core ← core-*; all else sees only contract, except a command line's list of built-in strategies; bench, which
 * runs the suite and times the process table; and the private packages that try what others are.
 */
export const importDirection: Rule = (files) =>
  files.filter(inSource).flatMap((file) => {
    const pkg = packageOf(file.path)!;
    const allowed = mayImport(pkg, file.path);
    return importsOf(file)
      .filter(({ specifier }) => specifier.startsWith(SCOPE) && !allowed(specifier.slice(SCOPE.length).split('/')[0]))
      .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}, which ${pkg} must not know`);
  });

/** The floors of core, from the ground up. What stands beside them is between words and memory, and index.ts on top. */
const FLOORS = ['words', 'layout.ts types.ts', 'memory', 'pids', 'whole', 'border', 'index.ts'];
const CORE = 'packages/core/src/';

/** The number of the floor that a file of core is on; -1 for one that is on none. */
function floorOf(path: string): number {
  const [first] = path.slice(CORE.length).split('/');
  return FLOORS.findIndex((floor) => floor.split(' ').includes(first));
}

/** Every file of core is on a floor, and imports only from its own and those below. Types count. */
export const coreFloors: Rule = (files) =>
  files
    .filter((file) => file.path.startsWith(CORE) && SOURCE.test(file.path))
    .flatMap((file) => {
      const own = floorOf(file.path);
      if (own < 0) return [`${file.path} is on no floor of core (${FLOORS.join(', ')})`];
      return importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier, line }) => ({ line, target: resolved(file.path, specifier) }))
        .filter(({ target }) => target.startsWith(CORE) && floorOf(target) > own)
        .map(({ line, target }) => `${file.path}:${line} imports ${target}, which is on a floor above`);
    });

/**
 * No file of what users import imports itself by way of others. Types count: who reads one file must not have to read the
 * other first.
 */
export const noImportCircles: Rule = (files) => {
  const sources = files.filter((file) => inSource(file) && isLibrary(packageOf(file.path)!));
  const imports = new Map(sources.map((file) => [file.path, importsOf(file)]));
  const next = (path: string): string[] =>
    (imports.get(path) ?? [])
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => resolved(path, specifier));
  return sources.flatMap(({ path }) => {
    const way = wayBack(path, next);
    return way === undefined ? [] : [`${path} imports itself: ${way.join(' → ')}`];
  });
};

/** The shortest way along `next` from `start` back to it, both ends included; undefined when there is none. */
function wayBack(start: string, next: (path: string) => string[]): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const other of next(path)) {
      if (cameFrom.has(other)) continue;
      cameFrom.set(other, path);
      queue.push(other);
    }
  }
  if (!cameFrom.has(start)) return undefined;
  const way = [start];
  do way.unshift(cameFrom.get(way[0])!);
  while (way[0] !== start);
  return way;
}

/** The only files of these names that the bundler may meet: it tells the two copies of the code apart by them. */
const BUNDLERS_NAMES: Readonly<Record<string, RegExp>> = {
  'mode.ts': /^packages\/core\/src\/words\/mode\.ts$/,
  'shared.ts': /^packages\/core-[^/]+\/src\/shared\.ts$/,
};

/** No other source of a package is called like those that the bundler goes by, or it would take it for one of them. */
export const bundlersNames: Rule = (files) =>
  files.filter(inSource).flatMap(({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const meant = BUNDLERS_NAMES[name];
    return meant === undefined || meant.test(path)
      ? []
      : [`${path} is called like the ${name} that the bundler goes by`];
  });

/** No file reaches into another package, or out of `packages/`, by a relative path. */
export const noReachingAcross: Rule = (files) =>
  files
    .filter((file) => /^(?:packages|examples)\//.test(file.path) && SOURCE.test(file.path))
    .flatMap((file) => {
      const home = file.path.split('/').slice(0, 2);
      return importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .filter(({ specifier }) => {
          const at = resolved(file.path, specifier).split('/');
          return at[0] !== home[0] || at[1] !== home[1];
        })
        .map(
          ({ specifier, line }) => `${file.path}:${line} imports ${specifier} of another package by path; use its name`,
        );
    });

/** What users import needs nothing but pidlab, and runs in a browser: no npm package, no `node:` module. */
export const librariesStandAlone: Rule = (files) => [
  ...manifests(files).flatMap(({ path, pkg, json }) =>
    !isLibrary(pkg)
      ? []
      : ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies']
          .flatMap((kind) => Object.keys(json[kind] ?? {}))
          .filter((name) => !name.startsWith(SCOPE))
          .map((name) => `${path} depends on ${name} at run time`),
  ),
  ...files
    .filter((file) => inSource(file) && isLibrary(packageOf(file.path)!))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith(SCOPE))
        .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}; a library imports only pidlab`),
    ),
];

/** Each strategy has the same files, so that they can be read side by side. What it brings in place of core's pidmap is in `map/`. */
export const strategyFiles: Rule = (files) => {
  const want = STRATEGY_FILES.map((name) => `${name}.ts`);
  return strategies(files).flatMap((pkg) => {
    const folder = `packages/${pkg}/src/`;
    const have = files.filter(({ path }) => path.startsWith(folder)).map(({ path }) => path.slice(folder.length));
    return [
      ...want.filter((name) => !have.includes(name)).map((name) => `${folder}${name} is missing`),
      ...have
        .filter((name) => !want.includes(name) && !name.startsWith('map/'))
        .map((name) => `${folder}${name} is in no other design's plan (${want.join(', ')})`),
    ];
  });
};

/**
 * The same file exports the same functions in the same order in every strategy. A function that one design alone has
 * starts with the design's name (`pidspaceVpidToPid`).
 */
export const strategyExports: Rule = (files) =>
  STRATEGY_FILES.filter((name) => name !== 'index' && name !== 'layout').flatMap((name) => {
    const all = strategies(files).flatMap((pkg) => {
      const file = files.find(({ path }) => path === `packages/${pkg}/src/${name}.ts`);
      const design = pkg.slice('core-'.length);
      return file ? [{ path: file.path, names: functionsOf(file).filter((fn) => !fn.startsWith(design)) }] : [];
    });
    const [first, ...rest] = all;
    return rest.flatMap(({ path, names }) =>
      names.join() === first.names.join()
        ? []
        : [`${path} exports (${names.join(', ')}) but ${first.path} exports (${first.names.join(', ')})`],
    );
  });

/** The names of the functions that `file` exports, in their order. */
function functionsOf(file: SourceFile): string[] {
  return parseSync(file.path, file.text).program.body.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration' || !node.declaration) return [];
    const { declaration } = node;
    if (declaration.type === 'FunctionDeclaration' && declaration.id) return [declaration.id.name];
    if (declaration.type !== 'VariableDeclaration') return [];
    return declaration.declarations.flatMap(({ id, init }) =>
      id.type === 'Identifier' && init && /^(?:ArrowFunction|Function)Expression$/.test(init.type) ? [id.name] : [],
    );
  });
}

const strategies = (files: readonly SourceFile[]): string[] =>
  manifests(files)
    .map(({ pkg }) => pkg)
    .filter((pkg) => STRATEGY.test(pkg));

/** No file names a place that exists only on one person's machine. */
export const noMachinePaths: Rule = (files) =>
  matches(
    files,
    () => true,
    /(?:^|[^.\w])\/(?:work|farm|root|Users|home)\/[\w.]|\.\.\/shared\b/,
    'names a machine’s path',
  );

/** ES modules only. */
export const esmOnly: Rule = (files) => [
  ...files.filter(({ path }) => /\.c[jt]s$/.test(path)).map(({ path }) => `${path} is CommonJS`),
  ...files
    .filter(({ path }) => /(?:^|\/)package\.json$/.test(path))
    .filter(({ text }) => JSON.parse(text).type !== 'module')
    .map(({ path }) => `${path} does not say "type": "module"`),
  ...files
    .filter(({ path }) => SOURCE.test(path))
    .flatMap((file) => commonJsOf(file).map((line) => `${file.path}:${line} is CommonJS`)),
];

/** The lines of `file` that call require() or touch module.exports. */
function commonJsOf(file: SourceFile): number[] {
  const lines: number[] = [];
  new Visitor({
    CallExpression: ({ callee }) => {
      if (callee.type === 'Identifier' && callee.name === 'require') lines.push(lineAt(file, callee.start));
    },
    MemberExpression: ({ object, property }) => {
      const names = [object, property].map((node) => (node.type === 'Identifier' ? node.name : ''));
      if (names.join('.') === 'module.exports') lines.push(lineAt(file, object.start));
    },
  }).visit(parseSync(file.path, file.text).program);
  return lines;
}

// Put together from halves, so that this file does not break its own rules.
const UNFINISHED = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b|not ${'implemented'}`);
const SWITCHED_OFF = new RegExp(
  `\\b(?:it|test|describe|suite|bench)\\.(?:${['sk' + 'ip', 'to' + 'do', 'on' + 'ly', 'fa' + 'ils', 'run' + 'If'].join('|')})\\b`,
);

/** Nothing is left unfinished or switched off. */
export const nothingUnfinished: Rule = (files) => [
  ...matches(files, () => true, UNFINISHED, 'says that it is unfinished'),
  ...matches(files, (path) => SOURCE.test(path), SWITCHED_OFF, 'switches a test off'),
];

/**
 * Every package takes external versions from the catalog, and is built and checked; one that is published says what npm and a
 * bundler need to know.
 */
export const manifestsComplete: Rule = (files) => {
  const exists = (path: string): boolean => files.some((file) => file.path === path);
  const references = parseReferences(files, 'tsconfig.json').map((path) => path.replace(/^\.\//, ''));
  return [
    ...manifests(files).flatMap(({ path, pkg, json }) => {
      const dir = path.slice(0, -'/package.json'.length);
      const problems: string[] = [];
      const want = (ok: boolean, what: string): void => {
        if (!ok) problems.push(`${path}: ${what}`);
      };
      want(json.name === SCOPE + pkg, `the name is not ${SCOPE}${pkg}`);
      want(Boolean(json.description), 'no description');
      want(json.license === 'MIT' && exists(`${dir}/LICENSE`), 'not MIT with a LICENSE file');
      want(exists(`${dir}/README.md`), 'no README.md');
      for (const file of Object.values<string>(json.bin ?? {}))
        want(exists(`${dir}/${file}`), `bin ${file} is not committed`);
      for (const script of ['typecheck', 'test']) want(Boolean(json.scripts?.[script]), `no script ${script}`);
      if (!json.private) published();
      if (!json.private || exists(`${dir}/tsconfig.json`)) built();
      return problems;

      function published(): void {
        want(json.sideEffects === false, '"sideEffects" is not false');
        want(Boolean(json.engines?.node), 'no "engines"."node"');
        want(json.publishConfig?.access === 'public', '"publishConfig"."access" is not public');
        want(Boolean(json.exports?.['.']?.types && json.exports?.['.']?.default), '"exports" lacks types or default');
        for (const file of ['dist', 'src', 'README.md', 'CHANGELOG.md', 'LICENSE'])
          want(json.files?.includes(file), `"files" lacks ${file}`);
      }

      function built(): void {
        want(Boolean(json.scripts?.build), 'no script build');
        const inRepository = Object.keys(json.dependencies ?? {}).filter((name) => name.startsWith(SCOPE));
        const found = parseReferences(files, `${dir}/tsconfig.json`).map((ref) => ref.replace(/^\.\.\//, SCOPE));
        want(
          inRepository.sort().join() === found.sort().join(),
          `tsconfig.json references (${found}), not (${inRepository})`,
        );
        want(references.includes(dir), 'the root tsconfig.json does not reference it');
      }
    }),
    ...files
      .filter(({ path }) => /^(?:(?:packages|examples)\/[^/]+\/)?package\.json$/.test(path))
      .flatMap(({ path, text }) => {
        const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text);
        return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
          .filter(([, version]) => !/^(?:catalog|workspace):/.test(String(version)))
          .map(([name, version]) => `${path}: ${name} is "${version}", not "catalog:"`);
      }),
  ];
};

/** What a published README links to is packed with it or somewhere on the web: on npm there is nothing else. */
export const readmesLinkToWhatIsPacked: Rule = (files) =>
  manifests(files)
    .filter(({ json }) => !json.private)
    .flatMap(({ pkg, json }) => {
      const readme = files.find(({ path }) => path === `packages/${pkg}/README.md`);
      const packed: readonly string[] = json.files ?? [];
      const prose = (readme?.text ?? '').replace(/^```[\s\S]*?^```$/gm, '');
      const links = [...prose.matchAll(/\]\((?!https:|#)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target);
      return links
        .filter((link) => !packed.some((entry) => link === entry || link.startsWith(`${entry}/`)))
        .map((link) => `packages/${pkg}/README.md links to ${link}, which is not packed`);
    });

interface Manifest {
  readonly path: string;
  readonly pkg: string;
  // biome-ignore lint/suspicious/noExplicitAny: a manifest may hold anything; the rules look into it and say what is wrong.
  readonly json: any;
}

const manifests = (files: readonly SourceFile[]): Manifest[] =>
  files
    .filter(({ path }) => /^packages\/[^/]+\/package\.json$/.test(path))
    .map(({ path, text }) => ({ path, pkg: packageOf(path)!, json: JSON.parse(text) }));

function parseReferences(files: readonly SourceFile[], path: string): string[] {
  const text = files.find((file) => file.path === path)?.text ?? '';
  return [...text.matchAll(/"path":\s*"([^"]+)"/g)].map((match) => match[1]);
}

function matches(
  files: readonly SourceFile[],
  where: (path: string) => boolean,
  pattern: RegExp,
  problem: string,
): string[] {
  return files
    .filter(({ path }) => where(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${problem}: ${line.trim().slice(0, 80)}`] : [])),
    );
}
