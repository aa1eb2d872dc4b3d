// eslint-disable-next-line no-control-regex -- all of ASCII that takes one column
const plain = /^[\u0020-\u007e]*$/
/** Combining marks and format characters take no column; of the latter, a soft hyphen is seen. */
const zeroWidth = /^(?:\p{Mn}|\p{Me}|(?!\u00ad)\p{Cf})$/u
/** East Asian wide and fullwidth characters, and emoji. */
const doubleWidth =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u

/** Columns of a terminal that a printable text takes. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

function characterWidth(character: string): number {
  return zeroWidth.test(character) ? 0 : doubleWidth.test(character) ? 2 : 1
}

/** The text where it fits, else as much of it as does with `…` at its end. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let cut = ''
  let left = width - 1
  for (const character of text) {
    left -= characterWidth(character)
    if (left < 0) break
    cut += character
  }
  return width > 0 ? `${cut}…` : ''
}

/** The text where it fits, else its beginning and its end with `…` between: of an address and port, both count. */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  const headWidth = Math.floor(width / 2)
  const characters = Array.from(text)
  let tail = ''
  while (characters.length > 0 && textWidth(characters.at(-1) + tail) <= width - headWidth)
    tail = characters.pop() + tail
  return cutText(text, headWidth) + tail
}

/** The text cut, or filled with blanks, to exactly that many columns. */
export function fitText(text: string, width: number, align: 'left' | 'right', cutTo = cutText): string {
  const cut = cutTo(text, width)
  const blanks = ' '.repeat(Math.max(0, width - textWidth(cut)))
  return align === 'left' ? cut + blanks : blanks + cut
}
