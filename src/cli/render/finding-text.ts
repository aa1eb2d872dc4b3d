import { printable } from '../../lib/printable.ts'
import type { Diagnosis, Finding } from '../../model/finding.ts'
import type { Styles } from './styles.ts'

/** What is the matter, the weightiest first, with evidence and advice; then what it is not. */
export function diagnosisText({ findings, ruledOut }: Diagnosis, styles: Styles): string[] {
  const lines = findings.flatMap((finding, i) => [...findingText(finding, i + 1, styles), ''])
  if (findings.length === 0) lines.push('Nothing is the matter with what was seen.', '')
  if (ruledOut.length === 0) return lines
  const width = Math.max(...ruledOut.map(({ cause }) => cause.length))
  return [
    ...lines,
    styles.dim('Ruled out:'),
    ...ruledOut.map(({ cause, sentence }) => styles.dim(`  ${cause.padEnd(width)}  ${printable(sentence)}`)),
  ]
}

function findingText(finding: Finding, number: number, styles: Styles): string[] {
  const { cause, sentence, evidence, confidence, confirm, advice } = finding
  return [
    `${number}. ${styles.bold(printable(sentence))} [${cause}, ${(confidence * 100).toFixed(0)} % sure]`,
    ...evidence.map((line) => `   - ${printable(line)}`),
    `   confirm: ${confirm}`,
    `   try: ${advice}`,
  ]
}
