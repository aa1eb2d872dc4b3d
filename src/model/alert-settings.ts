import type { AlertRule } from './alert-rule.ts'

/** Where alerts are told; what is in URL and headers may be secret. */
export type AlertReceiver =
  | { name: string; kind: 'terminal' }
  | { name: string; kind: 'webhook' | 'alertmanager'; url: URL; headers: Readonly<Record<string, string>> }

/** What the agent alerts on, and how. */
export interface AlertSettings {
  rules: readonly AlertRule[]
  receivers: readonly AlertReceiver[]
  /** How long the first alert of a rule waits for others. */
  groupWaitNs: number
  /** The least time between two messages of a rule. */
  groupIntervalNs: number
  /** What still fires is told again after that time. */
  repeatNs: number
}
