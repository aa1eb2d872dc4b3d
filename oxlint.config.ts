import { defineConfig } from 'oxlint'

/** Which folder of src/ may import from which others; docs/architecture.md says what lives in each. */
const mayImport: Record<string, string[]> = {
  lib: [],
  wire: ['lib'],
  model: ['histogram', 'lib'],
  histogram: ['lib'],
  kernel: ['wire', 'lib'],
  track: ['wire', 'model', 'histogram', 'lib'],
  config: ['model', 'lib'],
  identity: ['config', 'model', 'lib'],
  host: ['model', 'lib'],
  diagnose: ['model', 'histogram', 'lib'],
  store: ['model', 'histogram', 'lib'],
  fleet: ['store', 'model', 'histogram', 'lib'],
  export: ['model', 'histogram', 'lib'],
  pipeline: [
    'store',
    'fleet',
    'export',
    'config',
    'diagnose',
    'host',
    'identity',
    'track',
    'kernel',
    'histogram',
    'model',
    'wire',
    'lib',
  ],
  server: ['pipeline', 'store', 'export', 'model', 'histogram', 'lib'],
  cli: [
    'server',
    'pipeline',
    'store',
    'fleet',
    'export',
    'config',
    'diagnose',
    'host',
    'identity',
    'track',
    'kernel',
    'histogram',
    'model',
    'wire',
    'lib',
  ],
}

interface Ban {
  regex: string
  message: string
}

function restrictImports(patterns: Ban[]): ['error', { patterns: Ban[] }] {
  return ['error', { patterns }]
}

function bansOf(folder: string, allowed: string[], usesLab = false): Ban[] {
  const foreign = Object.keys(mayImport).filter((other) => other !== folder && !allowed.includes(other))
  const words = ['itself', ...allowed].join(', ')
  const bans = foreign.map((other) => ({
    regex: `^(\\.\\./)+${other}/`,
    message: `src/${folder} may import only ${words}, not ${other}: the table is in docs/architecture.md.`,
  }))
  bans.push({
    regex: usesLab ? '^(\\.\\./)+(test|bench|scripts)/' : '^(\\.\\./)+(lab|test|bench|scripts)/',
    message: 'What ships does not depend on the lab (but for `wirelag demo`), the tests, the benches or the scripts.',
  })
  if (folder !== 'kernel') {
    bans.push({
      regex: '(^|/)native(\\.ts$|/build)',
      message: 'Only src/kernel talks to the native addon: ask a ProbeSession.',
    })
  }
  return bans
}

function severity(isError: boolean): 'error' | 'off' {
  return isError ? 'error' : 'off'
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  options: { typeAware: true },
  ignorePatterns: ['build', 'dist', 'native/build'],
  rules: {
    eqeqeq: 'error',
    'prefer-const': 'error',
    'import/no-cycle': 'error',
    'typescript/explicit-module-boundary-types': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-misused-promises': 'error',
    // What a promise needs may be disposed of before it settles.
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/no-floating-promises': [
      'error',
      { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test'] }] },
    ],
    // Batches and steps are done one after the other on purpose.
    'no-await-in-loop': 'off',
    'no-underscore-dangle': 'off',
    'oxc/no-map-spread': 'off',
    'unicorn/consistent-function-scoping': 'off',
    // The compiler does that better (noImplicitReturns).
    'typescript/consistent-return': 'off',
    // Keys of an object literal are not typed without one; the compiler is strict where data comes in.
    'typescript/no-unsafe-type-assertion': 'off',
  },
  overrides: [
    ...Object.entries(mayImport).map(([folder, allowed]) => ({
      files: [`src/${folder}/**/*.ts`],
      rules: {
        'no-restricted-imports': restrictImports(bansOf(folder, allowed)),
        'no-console': severity(folder !== 'cli'),
        'unicorn/no-process-exit': severity(folder !== 'cli'),
      },
    })),
    {
      files: ['src/cli/commands/demo.ts'],
      rules: { 'no-restricted-imports': restrictImports(bansOf('cli', mayImport['cli'] ?? [], true)) },
    },
    {
      files: ['lab/**/*.ts'],
      rules: {
        'no-restricted-imports': restrictImports(
          Object.keys(mayImport)
            .filter((folder) => folder !== 'lib')
            .map((folder) => ({
              regex: `^(\\.\\./)+src/${folder}/`,
              message: 'The lab makes faults; it knows nothing of wirelag but src/lib.',
            })),
        ),
      },
    },
  ],
})
