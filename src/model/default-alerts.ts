import type { AlertSettings } from './alert-settings.ts'

/** What an empty `alerts:` in the configuration is, here without what reads one. */
export const defaultAlertSettings: AlertSettings = {
  rules: [
    {
      name: 'send-block',
      severity: 'warning',
      forNs: 0,
      resolveAfterNs: 10e9,
      resolveShare: 0.8,
      receivers: undefined,
      kind: 'stage',
      stage: 'send',
      protocol: undefined,
      quantile: 'p95',
      overNs: 5e6,
      windowNs: 10e9,
      minCount: 1,
      by: 'service',
      whose: {},
    },
    {
      name: 'findings',
      severity: 'warning',
      forNs: 0,
      resolveAfterNs: 30e9,
      resolveShare: 0.8,
      receivers: undefined,
      kind: 'finding',
      causes: undefined,
      minConfidence: 0.5,
      whose: {},
    },
  ],
  receivers: [{ name: 'terminal', kind: 'terminal' }],
  groupWaitNs: 5e9,
  groupIntervalNs: 60e9,
  repeatNs: 4 * 3600e9,
}
