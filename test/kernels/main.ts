// `npm run test:kernels`: wirelag in other kernels. --write brings docs/kernels.md up to date; --only SUITE boots one;
// --verbose writes all that they reported.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { matrixKernels } from './kernels.ts'
import { runMatrix } from './matrix.ts'
import { kernelsPage } from './table.ts'

const { values } = parseArgs({
  options: { write: { type: 'boolean' }, only: { type: 'string' }, verbose: { type: 'boolean' } },
})
const kernels = matrixKernels.filter(({ suite }) => values.only === undefined || suite === values.only)
const say = (line: string): void => void process.stderr.write(`kernels: ${line}\n`)

say(`booting ${kernels.map(({ name }) => name).join(', ')}`)
const results = await runMatrix(kernels, say)
const failures = results.flatMap(({ kernel, failures: found }) => found.map((failure) => `${kernel.name}: ${failure}`))
if (values.verbose) for (const result of results) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
const page = new URL('../../docs/kernels.md', import.meta.url)
const text = kernelsPage(results)
if (values.write) writeFileSync(page, text)
else if (values.only === undefined && readFileSync(page, 'utf8') !== text)
  failures.push('docs/kernels.md is not what this run found: npm run test:kernels -- --write')
for (const failure of failures) say(failure)
const passed = results.filter(({ failures: found }) => found.length === 0).length
process.stderr.write(`kernels: ${passed} passed, ${results.length - passed} failed\n`)
process.exitCode = failures.length > 0 ? 1 : 0
