import { textWidth } from '../../lib/text-width.ts'
import { withoutStyles } from '../render/styles.ts'

/**
 * What to write to a terminal that shows some lines, so that it shows others: only lines that differ are written anew.
 *
 * @param before as they stand from the first line of the screen on
 * @param after each of at most `columns` columns
 */
export function screenUpdate(before: readonly string[], after: readonly string[], columns: number): string {
  let text = ''
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const line = after[i] ?? ''
    if (line === (before[i] ?? '')) continue
    // After a line that fills the screen the cursor stands on its last character, which must not be erased.
    const isFull = textWidth(withoutStyles(line)) >= columns
    text += `\u001b[${i + 1};1H${line}${isFull ? '' : '\u001b[K'}`
  }
  return text
}
