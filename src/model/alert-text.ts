import { formatDuration } from '../lib/duration.ts'
import type { AlertRule } from './alert-rule.ts'
import type { StageName } from './edge.ts'

export const stageText: Record<StageName, string> = {
  handshake: 'handshake',
  acceptQueue: 'accept queue',
  send: 'send',
  pickup: 'pickup',
}

/** What a rule's values are in, where they are told as numbers. */
export type AlertUnit = 'us' | 'sockets' | 'events' | 'share'

export function unitOf({ kind }: AlertRule): AlertUnit {
  switch (kind) {
    case 'stage':
      return 'us'
    case 'state':
    case 'growth':
      return 'sockets'
    case 'loss':
      return 'events'
    case 'finding':
    case 'conntrack':
      return 'share'
  }
}

/** A value of a rule for people: `12.3 ms`, `23014 sockets`, `91.5 %`. */
export function valueText(rule: AlertRule, value: number): string {
  const unit = unitOf(rule)
  if (unit === 'us') return formatDuration(value)
  if (unit === 'share') return `${(value * 100).toFixed(1)} %`
  return `${value} ${unit}`
}

/** What a rule watches for: `p95 of send over 5.000 ms`. */
export function ruleText(rule: AlertRule): string {
  switch (rule.kind) {
    case 'stage':
      return `${rule.quantile} of ${stageText[rule.stage]} over ${formatDuration(rule.overNs)}`
    case 'finding':
      return rule.causes ? `found: ${rule.causes.join(', ')}` : 'something was found'
    case 'state':
      return `over ${rule.over} sockets in ${rule.state}`
    case 'growth':
      return `sockets in ${rule.state} became over ${rule.over} more within ${formatDuration(rule.windowNs)}, and never fewer`
    case 'loss':
      return `wirelag lost over ${rule.over} events within ${formatDuration(rule.windowNs)}`
    case 'conntrack':
      return `connection tracking over ${(rule.overShare * 100).toFixed(0)} % full`
  }
}
