import { OperatorError } from '../../lib/operator-error.ts'

/** An error for the terminal: what went wrong and what to do, one line each; a stack only for a fault of wirelag's own. */
export function errorText(error: unknown): string {
  if (error instanceof OperatorError) {
    const lines = [`wirelag: ${error.message}`]
    if (error.advice) lines.push(`  ${error.advice}`)
    return lines.join('\n')
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `wirelag: this is a fault of wirelag's own; please report it.\n${details}`
}
