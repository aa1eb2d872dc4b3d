import { explanations } from '../../src/diagnose/explanations.ts'

/** docs/findings.md: what each finding of `wirelag why` means. */
export function findingsPage(): string {
  const sections = Object.entries(explanations).map(
    ([cause, { title, meaning, evidence, fix }]) =>
      `## ${cause}\n\n**${title}.** ${meaning}\n\n*Evidence:* ${evidence}.\n\n*What to do:* ${fix}\n`,
  )
  return [
    '# Findings',
    '',
    'What `wirelag why` may find, and rules out. Generated from `src/diagnose/explanations.ts`.',
    '',
    ...sections,
  ].join('\n')
}
