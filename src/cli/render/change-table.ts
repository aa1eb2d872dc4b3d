import { printable } from '../../lib/printable.ts'
import { containerText } from '../../model/container.ts'
import type { Change, ChangeSubject } from '../../model/change.ts'
import { alignedTable } from './aligned-table.ts'
import { figureText } from './figure-text.ts'

const mostOnTerminal = 30

/** What moved, the most first. */
export function changeTable(changes: readonly Change[], isTerminal: boolean): string[] {
  if (changes.length === 0) return ['Nothing moved much.']
  const shown = isTerminal ? changes.slice(0, mostOnTerminal) : changes
  const rows = shown.map(({ subject, measure, unit, before, after, samples }) => [
    printable(measure),
    subjectText(subject),
    figureText(before, unit),
    figureText(after, unit),
    ratioText(before, after),
    String(Math.round(samples)),
  ])
  return [
    ...alignedTable([['WHAT', 'OF', 'BEFORE', 'AFTER', 'RATIO', 'SAMPLES'], ...rows], isTerminal),
    ...(changes.length > shown.length ? [`… and ${changes.length - shown.length} less`] : []),
  ]
}

function subjectText({ service, container, peer, netns }: ChangeSubject): string {
  if (service === undefined) return netns === undefined ? 'host' : `netns ${netns}`
  const who = printable(container ? containerText(container) : service)
  return peer === undefined ? who : `${who} ${printable(peer)}`
}

/** `12.5 x`, `0.08 x`; `new` and `gone` where one of them is nothing. */
function ratioText(before: number, after: number): string {
  if (before === 0) return 'new'
  if (after === 0) return 'gone'
  const ratio = after / before
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio >= 1 ? ratio.toFixed(1) : ratio.toFixed(2)} x`
}
