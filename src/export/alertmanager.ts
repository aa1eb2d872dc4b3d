import { formatDuration } from '../lib/duration.ts'
import type { Alert } from '../model/alert.ts'
import type { AlertRule, RuleAlert } from '../model/alert-rule.ts'
import { ruleText, valueText } from '../model/alert-text.ts'
import { blockedShare, callsText, sendSubjectText, type SendActivity } from '../model/send-activity.ts'

/** How long Alertmanager holds an alert for firing that it hears nothing more of, such as when wirelag was killed. */
export const alertmanagerHoldMs = 5 * 60_000

/** Where and when alerts are told. */
export interface AlertScene {
  /** Where they were seen. */
  host: string
  nowMs: number
  /** Milliseconds since 1970 of a time of an alert. */
  unixMs: (timeNs: number) => number
}

/** What Alertmanager is told of one alert, but for its times. */
interface AlertWords {
  labels: Record<string, string>
  summary: string
  description: string
  /** Of the command or page that shows it. */
  place: string
}

/**
 * The body of a POST to Alertmanager's `/api/v2/alerts`, of alerts on sends. The labels, which name the alert there, are
 * the same when it fires and when it is resolved; one that fires has to be sent again within `alertmanagerHoldMs`.
 */
export function alertmanagerJson(alerts: readonly Alert<SendActivity>[], scene: AlertScene): Record<string, unknown>[] {
  return alerts.map((alert) => {
    const { subject, threshold } = alert
    return alertJson(alert, scene, {
      labels: {
        alertname: 'WirelagSendSlow',
        host: scene.host,
        service: subject.service ?? '(others)',
        protocol: subject.protocol,
        ...(subject.process ? { pid: String(subject.process.pid) } : {}),
      },
      summary: `${sendSubjectText(subject)}: p95 of send over ${formatDuration(threshold)}`,
      description: descriptionOf(alert),
      place: 'send',
    })
  })
}

function descriptionOf({ subject, worst }: Alert<SendActivity>): string {
  const share = (blockedShare(subject) * 100).toFixed(1)
  return (
    `p95 up to ${formatDuration(worst)}; when it began, ${callsText(subject)}, ${share} % of the time ` +
    'waiting for send-buffer space'
  )
}

/** The same of alerts of a rule of the agent: `alertname` is the rule's name. */
export function ruleAlertmanagerJson(
  rule: AlertRule,
  alerts: readonly RuleAlert[],
  scene: AlertScene,
): Record<string, unknown>[] {
  const { name, severity } = rule
  return alerts.map((alert) => {
    const { subject, worst } = alert
    const isFinding = rule.kind === 'finding'
    return alertJson(alert, scene, {
      labels: { alertname: name, host: scene.host, severity, ...subject.labels },
      summary: isFinding ? subject.detail : `${subject.name}: ${ruleText(rule)}`,
      description: isFinding
        ? `${subject.name}; wirelag is ${valueText(rule, worst)} sure`
        : `${subject.detail}; at worst ${valueText(rule, worst)}`,
      place: 'agent',
    })
  })
}

function alertJson(
  { state, startedNs, changedNs }: Alert<unknown>,
  { host, nowMs, unixMs }: AlertScene,
  { labels, summary, description, place }: AlertWords,
): Record<string, unknown> {
  return {
    labels,
    annotations: { summary, description },
    startsAt: isoTime(unixMs(startedNs)),
    endsAt: isoTime(state === 'resolved' ? unixMs(changedNs) : nowMs + alertmanagerHoldMs),
    generatorURL: `wirelag://${encodeURIComponent(host)}/${place}`,
  }
}

function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString()
}
