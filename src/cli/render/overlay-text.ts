import { windowText } from '../../lib/moment.ts'
import { printable } from '../../lib/printable.ts'
import type { PastOverlay } from '../../pipeline/past-overlay.ts'
import type { Styles } from './styles.ts'

/** What moved with the p95 of HTTP services, and of which nothing did; empty where none is recorded. */
export function overlayText(overlay: PastOverlay | undefined, styles: Styles): string[] {
  if (!overlay) return []
  const { findings, unexplained } = overlay
  return [
    '',
    `HTTP, ${windowText(overlay)}:`,
    ...findings.map(({ sentence }) => `  ${styles.bold(printable(sentence))}`),
    ...unexplained.map((sentence) => styles.dim(`  ${printable(sentence)}`)),
  ]
}
