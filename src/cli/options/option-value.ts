import { usageError } from '../../lib/operator-error.ts'

/**
 * Turns a parser that throws SyntaxError into one for an option, whose errors name the option and end in exit code 2.
 *
 * @param option as the user wrote it: `--port`
 */
export function optionValue<T>(option: string, parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text)
    } catch (error) {
      if (error instanceof SyntaxError) throw usageError(`${option}: ${error.message}`)
      throw error
    }
  }
}
