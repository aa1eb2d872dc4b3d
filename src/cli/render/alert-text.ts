import { formatDuration } from '../../lib/duration.ts'
import { printable } from '../../lib/printable.ts'
import type { Alert } from '../../model/alert.ts'
import type { WebhookTally } from '../../pipeline/webhook.ts'
import { blockedShare, callsText, sendSubjectText, type SendActivity } from '../../model/send-activity.ts'

/** One line about an alert on sends that began or ended. */
export function alertText({ state, subject, threshold, startedNs, changedNs, worst }: Alert<SendActivity>): string {
  const who = printable(sendSubjectText(subject))
  if (state === 'resolved')
    return `RESOLVED ${who}: it lasted ${formatDuration(changedNs - startedNs)}, p95 up to ${formatDuration(worst)}`
  const share = (blockedShare(subject) * 100).toFixed(1)
  return (
    `ALERT ${who}: p95 of send ${formatDuration(worst)}, over ${formatDuration(threshold)}; ` +
    `${callsText(subject)}, ${share} % of the time blocked`
  )
}

const red = '\u001b[31m'
const green = '\u001b[32m'
const plain = '\u001b[0m'

/** Firing alerts red, resolved ones green. */
export function colored(text: string, state: Alert<unknown>['state']): string {
  return `${state === 'firing' ? red : green}${text}${plain}`
}

/** What became of the messages to a webhook. */
export function webhookLine({ delivered, failed, dropped, lastError }: WebhookTally): string {
  const reason = lastError === undefined ? '' : ` (the last error: ${lastError})`
  return `wirelag: webhook: ${delivered} delivered, ${failed} failed, ${dropped} dropped${reason}`
}
