import type { OverlayReport } from '../../diagnose/overlay-findings.ts'
import { printable } from '../../lib/printable.ts'
import type { Styles } from './styles.ts'

/** What moves with the p95 of HTTP services, and of which nothing does; empty where none is recorded. */
export function overlayText(report: OverlayReport | undefined, styles: Styles): string[] {
  if (!report) return []
  const { findings, unexplained } = report
  return [
    'HTTP:',
    ...findings.map(({ sentence }) => `  ${styles.bold(printable(sentence))}`),
    ...unexplained.map((sentence) => styles.dim(`  ${printable(sentence)}`)),
  ]
}
