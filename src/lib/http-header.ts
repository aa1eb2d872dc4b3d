/** Name and value. */
export type HttpHeader = readonly [name: string, value: string]

const namePattern = /^[!#$%&'*+.^_`|~\w-]+$/
/** What stands in a line: visible characters, blanks and tabs. */
const valuePattern = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

/**
 * A header as curl takes it: `Authorization: Bearer …`.
 *
 * @throws SyntaxError, which does not tell the text: it may be a secret
 */
export function parseHttpHeader(text: string): HttpHeader {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon))
  const value = text.slice(colon + 1).trim()
  if (!namePattern.test(name) || !valuePattern.test(value))
    throw new SyntaxError("a header is wanted, as 'Authorization: Bearer TOKEN'")
  return [name, value]
}
