import { formatDuration } from '../lib/duration.ts'
import { printable } from '../lib/printable.ts'
import type { AlertMessage, RuleAlert } from '../model/alert-rule.ts'
import { ruleText, unitOf, valueText } from '../model/alert-text.ts'
import type { AlertScene } from './alertmanager.ts'

/** A webhook gets this, as docs/alerts.md describes it. */
export function alertMessageJson(message: AlertMessage, scene: AlertScene): Record<string, unknown> {
  const { rule, firing, resolved, firingCount, newCount, resolvedCount, beyond, isRepeat } = message
  return {
    kind: 'alerts',
    timeUnixNs: unixNs(scene.nowMs),
    host: scene.host,
    rule: rule.name,
    severity: rule.severity,
    state: firingCount > 0 ? 'firing' : 'resolved',
    summary: `${rule.name}: ${ruleText(rule)}: ${countsText(message)}`,
    unit: unitOf(rule),
    firing: firingCount,
    new: newCount,
    resolved: resolvedCount,
    beyond,
    isRepeat,
    alerts: [...firing, ...resolved].map((alert) => alertJson(message, alert, scene)),
  }
}

function alertJson({ rule }: AlertMessage, alert: RuleAlert, { unixMs }: AlertScene): Record<string, unknown> {
  const { state, subject, threshold, value, worst, startedNs, changedNs } = alert
  const number = (amount: number | undefined): number | undefined =>
    amount === undefined ? undefined : unitOf(rule) === 'us' ? amount / 1000 : amount
  return {
    state,
    subject: subject.name,
    labels: subject.labels,
    detail: subject.detail,
    threshold: number(rule.kind === 'finding' ? rule.minConfidence : threshold),
    value: number(value),
    worst: number(worst),
    startedUnixNs: unixNs(unixMs(startedNs)),
    resolvedUnixNs: state === 'resolved' ? unixNs(unixMs(changedNs)) : undefined,
    durationUs: state === 'resolved' ? Math.round((changedNs - startedNs) / 1000) : undefined,
  }
}

function unixNs(unixMs: number): string {
  return String(BigInt(Math.round(unixMs)) * 1_000_000n)
}

function countsText({ firingCount, resolvedCount }: AlertMessage): string {
  const parts = [
    ...(firingCount > 0 ? [`${firingCount} firing`] : []),
    ...(resolvedCount > 0 ? [`${resolvedCount} resolved`] : []),
  ]
  return parts.join(', ')
}

/** So many subjects stand in a line. */
const maxNamed = 5

/** One line for a terminal: who fires and why, who is resolved. */
export function alertMessageText(message: AlertMessage): string {
  const { rule, resolved, firingCount, newCount, resolvedCount, beyond, isRepeat } = message
  const ended = resolved.map(
    ({ subject, startedNs, changedNs }) => `${subject.name} (it lasted ${formatDuration(changedNs - startedNs)})`,
  )
  const shown = isRepeat ? firingCount : newCount
  const told = firingCount - shown
  const parts = [
    ...(shown > 0 ? [`${isRepeat ? 'STILL ' : ''}ALERT ${rule.name}: ${firingText(message, shown)}`] : []),
    ...(beyond > 0 ? [`and ${beyond} more that are not followed`] : []),
    ...(resolvedCount > 0 ? [`RESOLVED ${rule.name}: ${listed(ended, resolvedCount)}`] : []),
    ...(told > 0 ? [`${told} told before ${told === 1 ? 'fires' : 'fire'} still`] : []),
  ]
  return printable(parts.join('; '))
}

/** Of the first so many. */
function firingText({ rule, firing, isRepeat }: AlertMessage, count: number): string {
  const [first] = firing
  if (first && count === 1 && !isRepeat && rule.kind !== 'finding')
    return `${first.subject.name}: ${first.subject.detail}`
  const texts = firing
    .slice(0, count)
    .map(({ subject, value }) =>
      rule.kind === 'finding' ? subject.detail : `${subject.name} (${valueText(rule, value ?? 0)})`,
    )
  return listed(texts, count)
}

function listed(texts: readonly string[], count: number): string {
  const shown = texts.slice(0, maxNamed)
  const more = count - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
