import { OperatorError } from '../lib/operator-error.ts'
import { runProgram } from './program.ts'
import { errorText } from './render/error-text.ts'

// Node opens its inspector on SIGUSR1 unless somebody listens.
process.on('SIGUSR1', () => {})
// Who reads our output may leave before we are done: `wirelag trace | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

try {
  process.exitCode = await runProgram(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`)
  process.exitCode = error instanceof OperatorError ? error.exitCode : 1
}
