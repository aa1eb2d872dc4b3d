import { setTimeout as sleep } from 'node:timers/promises'
import { Actor } from '../../../lab/actor.ts'
import type { ProbeSignal } from '../../../src/kernel/probe-signals.ts'
import type { HistoryEvent, ToldHistory } from '../../../src/model/incident.ts'
import { Watch } from '../../../src/pipeline/watch.ts'
import type { Check, GuestReport, HookMode } from '../report.ts'
import { allowHooks } from './allowed-hooks.ts'
import { counts, work } from './workload.ts'

const patienceMs = 20_000

/** Has the history of each socket told at every event of it that takes time, and compares it with what was done. */
export async function tryHistories(mode: HookMode): Promise<GuestReport> {
  allowHooks(mode)
  await using host = await Actor.inNewNamespace()
  const histories: ToldHistory[] = []
  const watch = await Watch.start(
    {
      signals: ['connect', 'accept', 'close', 'pickup', 'send', 'retransmit', 'reset'],
      filter: { netns: { include: [{ low: host.netns, high: host.netns }], exclude: [] } },
      slowNs: undefined,
      history: { overNs: 1 },
      ringBytes: 1 << 20,
    },
    { onHistory: (history) => histories.push(history) },
  )
  const isOn = (signal: ProbeSignal): boolean =>
    watch.signals.some((entry) => entry.signal === signal && entry.status !== 'off')
  await work(host)
  const deadlineMs = Date.now() + patienceMs
  const kept = (): number => entriesOf(watch)
  while (kept() > 0 && Date.now() < deadlineMs) await sleep(50)
  const left = kept()
  const { signals } = watch
  const seesHalfClosed = !signals.some(({ signal, lost }) => signal === 'pickup' && lost.length > 0)
  const book = watch.stop().books.find(({ signal }) => signal === 'history')
  const causes = (what: HistoryEvent['what'], trigger: ToldHistory['trigger']): number =>
    histories.filter((history) => history.trigger === trigger && history.cause.what === what).length
  const bytes = (what: HistoryEvent['what']): number =>
    histories
      .flatMap(({ events }) => events)
      .reduce((sum, event) => sum + (event.what === what ? (event.bytes ?? 0) : 0), 0)
  const trips = 2 * counts.roundTrips
  const checks: Check[] = [
    { name: 'sockets whose state is kept when they are gone', expected: 0, actual: left },
    { name: 'histories lost, or invalid', expected: [0, 0], actual: [book?.lost, book?.invalid] },
    { name: 'events forgotten', expected: 0, actual: histories.reduce((sum, { forgotten }) => sum + forgotten, 0) },
  ]
  if (isOn('connect')) {
    checks.push({ name: 'failed connects', expected: counts.refused, actual: causes('state', 'failure') })
    checks.push({ name: 'handshakes', expected: counts.accepted + 1, actual: causes('state', 'slow') })
  }
  if (isOn('pickup')) {
    const expected = trips + (seesHalfClosed ? counts.halfClosedReads : 0)
    checks.push({ name: 'reads', expected, actual: causes('read', 'slow') })
    if (seesHalfClosed) {
      const all = trips + 10 * counts.halfClosedReads
      checks.push({ name: 'bytes received and read', expected: [all, all], actual: [bytes('receive'), bytes('read')] })
    }
  }
  if (isOn('send')) {
    checks.push({ name: 'sends', expected: trips + counts.halfClosedReads, actual: causes('send', 'slow') })
    checks.push({ name: 'bytes sent', expected: trips + 10 * counts.halfClosedReads, actual: bytes('send') })
  }
  return {
    step: `histories, ${mode}`,
    signals: signals.map(({ signal, status, hooks, reasons, lost }) => ({ signal, status, hooks, reasons, lost })),
    checks,
  }
}

/** How many sockets have a history in a hash; elsewhere the kernel frees it with the socket. */
function entriesOf(watch: Watch): number {
  return watch.mapEntries()['histories_hash'] ?? 0
}
