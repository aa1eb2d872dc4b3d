import { setTimeout as sleep } from 'node:timers/promises'
import { Actor } from '../../../lab/actor.ts'
import type { SignalStatus } from '../../../src/kernel/hook-choice.ts'
import type { ProbeSignal } from '../../../src/kernel/probe-signals.ts'
import type { EdgeActivity, StageName } from '../../../src/model/edge.ts'
import { Agent } from '../../../src/pipeline/agent/agent.ts'
import type { Check, GuestReport, HookMode } from '../report.ts'
import { allowHooks } from './allowed-hooks.ts'
import { counts, work } from './workload.ts'

const patienceMs = 20_000

/**
 * Has the agent watch the workload, in which each program does all that it can do at once: more than a kernel may bear.
 *
 * @param alone what the same hooks showed when each program did little
 */
export async function tryAgent(mode: HookMode, alone: GuestReport): Promise<GuestReport> {
  allowHooks(mode)
  await using host = await Actor.inNewNamespace()
  const activities: EdgeActivity[] = []
  const agent = await Agent.start({
    ringBytes: 1 << 20,
    slowNs: 1,
    serviceOf: undefined,
    cpuBudget: undefined,
    sinks: [{ name: 'guest', onSecond: (second) => activities.push(...second.activities) }],
    log: () => {},
  })
  const counted = (protocol: 'tcp' | 'udp', stage: StageName): number =>
    activities
      .filter(({ edge }) => edge.process?.pid === host.pid && edge.protocol === protocol)
      .reduce((sum, { stages }) => sum + stages[stage].count, 0)
  const { signals } = agent
  await work(host)
  const sends = 2 * counts.roundTrips + counts.halfClosedReads
  const seesHalfClosed = !signals.some(({ signal, lost }) => signal === 'pickup' && lost.length > 0)
  const pickups = seesHalfClosed ? sends : sends - counts.halfClosedReads
  const datagrams = counts.datagrams + counts.datagramsAtOnce
  const deadlineMs = Date.now() + patienceMs
  while (counted('tcp', 'pickup') < pickups && Date.now() < deadlineMs) await sleep(100)
  await agent.stop()
  const isOn = (signal: ProbeSignal): boolean => statusOf(signals, signal) !== 'off'
  const isLost = ({ signal, status, reasons }: SignalStatus): boolean =>
    // An agent is to cost little: it does without what costs others much.
    status === 'off' && statusOf(alone.signals, signal) !== 'off' && !reasons.some((text) => text.includes('slow down'))
  const checks: Check[] = [{ name: 'signals that only the agent lacks', expected: [], actual: signals.filter(isLost) }]
  if (isOn('pickup')) checks.push({ name: 'pickups', expected: pickups, actual: counted('tcp', 'pickup') })
  if (isOn('send')) checks.push({ name: 'sends', expected: sends, actual: counted('tcp', 'send') })
  if (isOn('udpPickup'))
    checks.push({ name: 'datagrams picked up', expected: datagrams, actual: counted('udp', 'pickup') })
  return {
    step: `agent, ${mode}`,
    signals: signals.map(({ signal, status, hooks, reasons, lost }) => ({ signal, status, hooks, reasons, lost })),
    checks,
  }
}

function statusOf(
  signals: readonly Pick<SignalStatus, 'signal' | 'status'>[],
  signal: ProbeSignal,
): string | undefined {
  return signals.find((entry) => entry.signal === signal)?.status
}
