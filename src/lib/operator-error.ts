/**
 * Something that the person at the terminal can do something about: shown as its message and advice, never with a
 * stack. `exitCode` 2 is a usage error, 1 everything about the machine.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError'
  /** Stable, for scripts: `WIRELAG_…`. */
  readonly code: string
  /** What to do about it; empty where the message says it. */
  readonly advice: string
  readonly exitCode: 1 | 2

  constructor(code: string, message: string, options: { advice?: string; exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.advice = options.advice ?? ''
    this.exitCode = options.exitCode ?? 1
  }
}

/** A wrong flag, value or combination: exit code 2. */
export function usageError(message: string, advice = ''): OperatorError {
  return new OperatorError('WIRELAG_USAGE', message, { advice, exitCode: 2 })
}
