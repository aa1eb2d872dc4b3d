import type { Alert } from './alert.ts'
import type { SignalName } from './book.ts'
import type { StageName } from './edge.ts'
import type { IdentityFilter } from './filter.ts'
import type { Cause } from './finding.ts'
import type { SocketState } from './socket-state.ts'

/** What a rule has an alert for: each service, each container, or the host as a whole. */
export const alertGroupings = ['service', 'container', 'host'] as const
export type AlertGrouping = (typeof alertGroupings)[number]

export const alertQuantiles = ['p50', 'p95', 'p99', 'max'] as const
export type AlertQuantile = (typeof alertQuantiles)[number]

interface RuleCommon {
  /** No other rule has it. */
  name: string
  severity: string
  /** How long a value has to be over before the alert fires. */
  forNs: number
  /** How long it has to be good again before the alert is resolved. */
  resolveAfterNs: number
  /** Below this share of the threshold a value is good again, 0 to 1. */
  resolveShare: number
  /** Names of receivers; undefined: all. */
  receivers: readonly string[] | undefined
}

/** A quantile of a stage over a window. */
export interface StageRule extends RuleCommon {
  kind: 'stage'
  stage: StageName
  /** Undefined: both, each with alerts of its own. */
  protocol: 'tcp' | 'udp' | undefined
  quantile: AlertQuantile
  overNs: number
  windowNs: number
  /** With fewer samples in the window there is nothing to judge. */
  minCount: number
  by: AlertGrouping
  whose: IdentityFilter
}

export interface FindingRule extends RuleCommon {
  kind: 'finding'
  /** Undefined: any. */
  causes: readonly Cause[] | undefined
  minConfidence: number
  whose: IdentityFilter
}

/** How many sockets are in a state. */
export interface StateRule extends RuleCommon {
  kind: 'state'
  state: SocketState
  over: number
  by: AlertGrouping
  whose: IdentityFilter
}

/** By how much the sockets of a state became more over a whole window, without becoming fewer in it. */
export interface GrowthRule extends RuleCommon {
  kind: 'growth'
  state: SocketState
  over: number
  windowNs: number
  by: AlertGrouping
  whose: IdentityFilter
}

/** Events that wirelag itself lost in a window. */
export interface LossRule extends RuleCommon {
  kind: 'loss'
  /** Undefined: any. */
  signals: readonly SignalName[] | undefined
  over: number
  windowNs: number
}

/** How full the connection tracking of a network namespace is. */
export interface ConntrackRule extends RuleCommon {
  kind: 'conntrack'
  /** 0 to 1. */
  overShare: number
}

export type AlertRule = StageRule | FindingRule | StateRule | GrowthRule | LossRule | ConntrackRule

/** What an alert of a rule is about. */
export interface AlertSubject {
  key: string
  /** For people: `nginx`, `nginx (udp)`, `this host`. */
  name: string
  /** Names it at receivers: service, container, protocol, cause … */
  labels: Readonly<Record<string, string>>
  /** What was seen, with its numbers. */
  detail: string
}

export type RuleAlert = Alert<AlertSubject>

/** What one rule has to say: of all its subjects at once. */
export interface AlertMessage {
  rule: AlertRule
  /** Those that fire, the ones that have not been told first; not more than fit. */
  firing: readonly RuleAlert[]
  /** Those that ended since the last message; not more than fit. */
  resolved: readonly RuleAlert[]
  firingCount: number
  /** Of those, how many have not been told. */
  newCount: number
  resolvedCount: number
  /** Subjects that are over the threshold as well, and are not followed, as there are too many. */
  beyond: number
  /** Nothing has changed: it is told again. */
  isRepeat: boolean
}
