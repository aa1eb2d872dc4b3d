import { localClock } from '../../lib/moment.ts'
import { printable } from '../../lib/printable.ts'
import type { Diagnosis, Finding } from '../../model/finding.ts'
import type { Styles } from './styles.ts'

/**
 * What is the matter, the weightiest first, with evidence and advice; then what it is not.
 *
 * @param startUnixMs from when the times of findings count; undefined: they are not told
 */
export function diagnosisText(
  { findings, ruledOut, unjudged }: Diagnosis,
  styles: Styles,
  startUnixMs?: number,
): string[] {
  const lines = findings.flatMap((finding, i) => [...findingLines(finding, i + 1, styles, startUnixMs), ''])
  if (findings.length === 0) lines.push('Nothing is the matter with what was seen.', '')
  const width = Math.max(0, ...[...ruledOut, ...unjudged].map(({ cause }) => cause.length))
  const list = (title: string, causes: Diagnosis['ruledOut']): string[] =>
    causes.length === 0
      ? []
      : [title, ...causes.map(({ cause, sentence }) => `  ${printable(cause).padEnd(width)}  ${printable(sentence)}`)]
  const rest = [...list('Ruled out:', ruledOut), ...list('Not judged:', unjudged)]
  return [...lines, ...rest.map((line) => styles.dim(line))]
}

/** One finding with its evidence and what to do. */
export function findingLines(finding: Finding, number: number, styles: Styles, startUnixMs?: number): string[] {
  const { cause, sentence, sinceNs, evidence, confidence, confirm, advice } = finding
  const isKnown = startUnixMs !== undefined && sinceNs !== undefined
  return [
    `${number}. ${styles.bold(printable(sentence))} [${printable(cause)}, ${(confidence * 100).toFixed(0)} % sure]`,
    ...(isKnown ? [`   - since ${localClock(startUnixMs + sinceNs / 1e6)}`] : []),
    ...evidence.map((line) => `   - ${printable(line)}`),
    `   confirm: ${printable(confirm)}`,
    `   try: ${printable(advice)}`,
  ]
}
