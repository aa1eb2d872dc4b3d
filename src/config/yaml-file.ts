import { readFileSync } from 'node:fs'
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { OperatorError } from '../lib/operator-error.ts'

/**
 * What a YAML file says, checked.
 *
 * @throws OperatorError, with file, line and key, for a file that is not there, no YAML, or not as the schema wants it
 */
export function readYaml<T>(file: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter()
  const document = parseDocument(textOf(file), { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) throw wrong(file, lines.linePos(error.pos[0]).line, error.message.replace(/\n.*/s, ''))
  const result = schema.safeParse(document.toJS() ?? {})
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part))
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const whole = unknown === undefined ? path : [...path, unknown]
  const text = unknown === undefined ? (issue?.message ?? 'is wrong') : 'there is no such key'
  throw wrong(file, lineOf(document, whole, lines), `${whole.length > 0 ? `${keyText(whole)}: ` : ''}${text}`)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw new OperatorError('WIRELAG_CONFIG', `${file}: ${reason}`, { exitCode: 2, cause: error })
  }
}

function wrong(file: string, line: number | undefined, text: string): OperatorError {
  const place = line === undefined ? file : `${file}:${line}`
  return new OperatorError('WIRELAG_CONFIG', `${place}: ${text}`, { exitCode: 2 })
}

/** `services.checkout.port[1]`. */
function keyText(path: readonly (string | number)[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')
}

/** That of the key, or of the nearest that is above it. */
function lineOf(document: Document, path: readonly (string | number)[], lines: LineCounter): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : nodeAt(document, path.slice(0, length))
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}

/** The key itself, whose value may begin lines below; of a list its item. */
function nodeAt(document: Document, path: readonly (string | number)[]): unknown {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined
  return pair?.key ?? document.getIn(path, true)
}
