import { hostKernel, ownRights, type HostKernel, type Rights } from '../kernel/host-kernel.ts'
import type { SignalStatus } from '../kernel/hook-choice.ts'
import { probeSignals } from '../kernel/probe-signals.ts'
import { ProbeSession } from '../kernel/probe-session.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { kernelConfig } from './kernel-config.ts'

export interface Checkup {
  kernel: HostKernel
  rights: Rights
  /** Empty where nothing could be loaded. */
  signals: readonly SignalStatus[]
  /** Why nothing could be loaded. */
  failure: OperatorError | undefined
  /** Entries that each kernel map has room for. */
  limits: { ringBytes: number; connections: number; edges: number } | undefined
}

/**
 * Loads and attaches everything once, to see what this kernel takes.
 *
 * @param ringBytes as a live command would use
 */
export function checkup(ringBytes: number): Checkup {
  const facts = { kernel: hostKernel(), rights: ownRights() }
  const config = kernelConfig({ filter: {}, slowNs: undefined, pickupRows: { overNs: 0 }, aggregate: 'edge' })
  try {
    const session = new ProbeSession({ signals: probeSignals, config, ringBytes, onEvents: () => {} })
    const { signals, limits } = session
    session.close()
    return { ...facts, signals, failure: undefined, limits: { ringBytes, ...limits } }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return { ...facts, signals: [], failure: error, limits: undefined }
  }
}
