import type { SignalStatus } from '../../src/kernel/hook-choice.ts'

/** Which hooks a run was held to: the best of each, or one kind. */
export const hookModes = ['best', 'tracepoint', 'fentry', 'kprobe'] as const
export type HookMode = (typeof hookModes)[number]

/** One expectation that was looked at in the guest. */
export interface Check {
  name: string
  expected: unknown
  actual: unknown
}

/** What a guest says of one hook mode, or of the command line. */
export interface GuestReport {
  step: string
  signals: Pick<SignalStatus, 'signal' | 'status' | 'hooks' | 'reasons' | 'lost'>[]
  checks: Check[]
}

/** A report's line on the guest's port. */
export const reportPrefix = 'GUEST-REPORT '
