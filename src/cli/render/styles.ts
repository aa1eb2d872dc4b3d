/** How text may stand out on a terminal. Weight and inversion are no colours, and are there with NO_COLOR too. */
export interface Styles {
  bold(text: string): string
  dim(text: string): string
  inverse(text: string): string
  yellow(text: string): string
  red(text: string): string
}

/** Each ends only what it began, so that they nest. */
function style(begin: number, end: number): (text: string) => string {
  return (text) => `\u001b[${begin}m${text}\u001b[${end}m`
}

const attributes = { bold: style(1, 22), dim: style(2, 22), inverse: style(7, 27) }
const asIs = (text: string): string => text

export const coloredStyles: Styles = { ...attributes, yellow: style(33, 39), red: style(31, 39) }
export const colorlessStyles: Styles = { ...attributes, yellow: asIs, red: asIs }
/** What a stream can show: everything, nothing but weight and inversion (NO_COLOR), or plain text where it is no terminal. */
export function stylesFor(isTerminal: boolean): Styles {
  if (!isTerminal) return noStyles
  return process.env['NO_COLOR'] ? colorlessStyles : coloredStyles
}

export const noStyles: Styles = { bold: asIs, dim: asIs, inverse: asIs, yellow: asIs, red: asIs }

// eslint-disable-next-line no-control-regex -- the escape sequences that style() makes
const sequences = /\u001b\[\d+m/g

/** The text that is seen. */
export function withoutStyles(text: string): string {
  return text.replace(sequences, '')
}
