// `npm test`: everything that must hold before a change lands, the cheapest first.
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { findingsPage } from './generate/findings-page.ts'
import { checkGenerated } from './generate/wire-file.ts'

interface Stage {
  name: string
  run: () => boolean
}

const bin = 'node_modules/.bin'
/** Files with failures that are run once more: of more it is not the machine that is to blame. */
const mostAgain = 8
const failedFile = 'build/failed-test-files'
/** Test files to run, where not all. */
const named = process.argv.slice(2)

const stages: Stage[] = [
  { name: 'types', run: () => succeeds(`${bin}/tsc`) },
  { name: 'lint', run: () => succeeds(`${bin}/oxlint`, '--config=oxlint.config.ts', '--deny-warnings') },
  { name: 'format', run: () => succeeds(`${bin}/oxfmt`, '--check', '.') },
  { name: 'generated code', run: checkGenerated },
  { name: 'docs/findings.md', run: checkFindings },
  { name: 'tests', run: () => runTests() },
  ...(named.length > 0
    ? []
    : [{ name: 'other kernels', run: () => succeeds(process.execPath, 'test/kernels/main.ts') }]),
]

for (const { name, run } of stages) {
  process.stderr.write(`test: ${name}\n`)
  if (run()) continue
  process.stderr.write(`test: ${name}: failed\n`)
  process.exitCode = 1
  break
}

function checkFindings(): boolean {
  if (readFileSync('docs/findings.md', 'utf8') === findingsPage()) return true
  process.stderr.write('docs/findings.md is not what src/diagnose says: npm run generate\n')
  return false
}

/**
 * One file at a time: tests of the kernel measure time, and there may be only two processors. What else the machine does at
 * that moment can spoil one: files that fail are run once more, which is said, and must pass then.
 */
function runTests(): boolean {
  const files = named.length > 0 ? named : globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'])
  if (runFiles(files.toSorted())) return true
  const failed = readFileSync(failedFile, 'utf8').split('\n').filter(Boolean)
  if (failed.length === 0 || failed.length > mostAgain) return false
  process.stderr.write(`test: once more: ${failed.join(' ')}\n`)
  if (!runFiles(failed)) return false
  process.stderr.write(`test: passed only when run once more: ${failed.join(' ')}\n`)
  return true
}

function runFiles(files: readonly string[]): boolean {
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./scripts/failed-files-reporter.ts',
    `--test-reporter-destination=${failedFile}`,
  ]
  const how = ['--test', '--test-concurrency=1', '--test-timeout=120000', ...reporters]
  return succeeds(process.execPath, ...how, ...files)
}

/** Runs a command whose `node`, if it is a script, is this one. */
function succeeds(command: string, ...args: string[]): boolean {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` }
  return spawnSync(command, args, { stdio: 'inherit', env }).status === 0
}
