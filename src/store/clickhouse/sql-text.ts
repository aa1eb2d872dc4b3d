import type { TextChoice } from '../../model/filter.ts'

const literalEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/** A literal of SQL, whatever the text. */
export function literal(text: string): string {
  // eslint-disable-next-line no-control-regex -- NUL would end the statement
  return `'${text.toWellFormed().replace(/[\\'\0\n\r\t]/g, (character) => literalEscapes[character] ?? character)}'`
}

/** A column of TabSeparated, whatever the text. */
export function tabSeparatedColumn(text: string): string {
  // eslint-disable-next-line no-control-regex -- NUL is one of those that are escaped
  return text.replace(/[\\'\0\n\r\t]/g, (character) => literalEscapes[character] ?? character)
}

/** As `passesText` (text-choice.ts) has it, of a column that may be empty. */
export function choiceCondition(column: string, { include, exclude }: TextChoice): string {
  const conditions: string[] = []
  const isOneOf = (patterns: readonly string[]): string =>
    `(${column} != '' AND (${patterns.map((pattern) => patternCondition(column, pattern)).join(' OR ')}))`
  if (include.length > 0) conditions.push(isOneOf(include))
  if (exclude.length > 0) conditions.push(`NOT ${isOneOf(exclude)}`)
  return conditions.length > 0 ? conditions.join(' AND ') : '1'
}

function patternCondition(column: string, pattern: string): string {
  if (!pattern.includes('*')) return `${column} = ${literal(pattern)}`
  const like = pattern.replace(/[\\%_]/g, (character) => `\\${character}`).replaceAll('*', '%')
  return `${column} LIKE ${literal(like)}`
}
