import { formatDuration } from '../lib/duration.ts'
import type { Alert } from '../model/alert.ts'
import { blockedShare, callsText, sendSubjectText, type SendActivity } from '../model/send-activity.ts'

/** How long Alertmanager holds an alert for firing that it hears nothing more of, such as when wirelag was killed. */
export const alertmanagerHoldMs = 5 * 60_000

/**
 * The body of a POST to Alertmanager's `/api/v2/alerts`. The labels, which name the alert there, are the same when it
 * fires and when it is resolved; one that fires has to be sent again within `alertmanagerHoldMs`.
 *
 * @param host where it was seen
 * @param unixMs milliseconds since 1970 of a time after the epoch
 */
export function alertmanagerJson(
  alerts: readonly Alert<SendActivity>[],
  { host, nowMs, unixMs }: { host: string; nowMs: number; unixMs: (timeNs: number) => number },
): Record<string, unknown>[] {
  return alerts.map((alert) => {
    const { subject, state, thresholdNs, startedNs, changedNs } = alert
    return {
      labels: {
        alertname: 'WirelagSendSlow',
        host,
        service: subject.service ?? '(others)',
        protocol: subject.protocol,
        ...(subject.process ? { pid: String(subject.process.pid) } : {}),
      },
      annotations: {
        summary: `${sendSubjectText(subject)}: p95 of send over ${formatDuration(thresholdNs)}`,
        description: descriptionOf(alert),
      },
      startsAt: isoTime(unixMs(startedNs)),
      endsAt: isoTime(state === 'resolved' ? unixMs(changedNs) : nowMs + alertmanagerHoldMs),
      generatorURL: `wirelag://${encodeURIComponent(host)}/send`,
    }
  })
}

function descriptionOf({ subject, worstNs }: Alert<SendActivity>): string {
  const share = (blockedShare(subject) * 100).toFixed(1)
  return (
    `p95 up to ${formatDuration(worstNs)}; when it began, ${callsText(subject)}, ${share} % of the time ` +
    'waiting for send-buffer space'
  )
}

function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString()
}
