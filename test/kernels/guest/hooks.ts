import { setTimeout as sleep } from 'node:timers/promises'
import { Actor } from '../../../lab/actor.ts'
import { probeSignals, type ProbeSignal } from '../../../src/kernel/probe-signals.ts'
import type { ConnectionEvent } from '../../../src/model/connection-event.ts'
import type { PacketEvent } from '../../../src/model/packet-event.ts'
import type { PickupSample } from '../../../src/model/pickup-sample.ts'
import type { SendSample } from '../../../src/model/send-sample.ts'
import { Watch, type WatchResult } from '../../../src/pipeline/watch.ts'
import type { Check, GuestReport, HookMode } from '../report.ts'
import { allowHooks } from './allowed-hooks.ts'
import { counts, work } from './workload.ts'

const patienceMs = 20_000

/** Watches the workload with one kind of hook, or the best, and compares what was seen with what was done. */
export async function tryHooks(mode: HookMode): Promise<GuestReport> {
  allowHooks(mode)
  await using host = await Actor.inNewNamespace()
  const connections: ConnectionEvent[] = []
  const pickups: PickupSample[] = []
  const sends: SendSample[] = []
  const packets: PacketEvent[] = []
  const watch = await Watch.start(
    {
      signals: probeSignals,
      filter: { netns: { include: [{ low: host.netns, high: host.netns }], exclude: [] } },
      slowNs: undefined,
      pickupRows: { overNs: 0 },
      sendRows: { overNs: 0 },
      packetRows: true,
      aggregate: 'process',
      ringBytes: 1 << 20,
    },
    {
      onConnection: (event) => connections.push(event),
      onPickup: (sample) => pickups.push(sample),
      onSend: (sample) => sends.push(sample),
      onPacket: (event) => packets.push(event),
    },
  )
  await work(host)
  const expectedCloses = 2 * (counts.accepted + 1)
  const isOn = (signal: ProbeSignal): boolean =>
    watch.signals.some((entry) => entry.signal === signal && entry.status !== 'off')
  const deadlineMs = Date.now() + patienceMs
  while (
    isOn('close') &&
    connections.filter(({ kind }) => kind === 'close').length < expectedCloses &&
    Date.now() < deadlineMs
  ) {
    await sleep(50)
    watch.drain()
  }
  const { signals } = watch
  const result = watch.stop()
  const checks = isOn('connect') ? connectionChecks(connections, watch, host) : []
  const tcpPickups = pickups.filter(({ protocol }) => protocol === 'tcp')
  if (isOn('pickup')) checks.push(...pickupChecks(tcpPickups, watch, host, result))
  const datagrams = counts.datagrams + counts.datagramsAtOnce
  const own = (of: readonly unknown[], name: string, expected: number): Check => ({ name, expected, actual: of.length })
  const sent = (protocol: 'tcp' | 'udp'): SendSample[] =>
    sends.filter(({ sender, bytes, ...sample }) => sample.protocol === protocol && sender.pid === host.pid && bytes > 0)
  if (isOn('send')) checks.push(own(sent('tcp'), 'sends', 2 * counts.roundTrips + counts.halfClosedReads))
  if (isOn('udpSend')) checks.push(own(sent('udp'), 'datagrams sent', datagrams))
  if (isOn('udpPickup')) {
    const read = pickups.filter(({ protocol, reader }) => protocol === 'udp' && reader.pid === host.pid)
    checks.push(own(read, 'datagrams picked up', datagrams))
  }
  const resets = (direction: 'sent' | 'received'): PacketEvent[] =>
    packets.filter((event) => event.kind === 'reset' && event.direction === direction)
  // Each accepted connection of the crowd is reset by its client, each refused one by the host.
  const resetCount = counts.accepted + counts.refused
  if (isOn('reset')) checks.push(own(resets('received'), 'resets received', resetCount))
  if (watch.signals.some(({ signal, status }) => signal === 'reset' && status === 'on'))
    checks.push(own(resets('sent'), 'resets sent', resetCount))
  if (isOn('drop')) {
    const unwanted = packets.filter((event) => event.kind === 'drop' && event.reason === 'NO_SOCKET')
    checks.push(own(unwanted, 'segments dropped for want of a socket', counts.refused))
  }
  checks.push({ name: 'books that do not balance', expected: [], actual: result.books.filter(isOut) })
  checks.push({ name: 'lost', expected: 0, actual: result.books.reduce((sum, { lost }) => sum + lost, 0) })
  return {
    step: mode,
    signals: signals.map(({ signal, status, hooks, reasons, lost }) => ({ signal, status, hooks, reasons, lost })),
    checks,
  }
}

function isOut({ attempted, delivered, lost, filtered, invalid }: WatchResult['books'][number]): boolean {
  return attempted !== delivered + lost + filtered + invalid
}

function connectionChecks(events: ConnectionEvent[], watch: Watch, host: Actor): Check[] {
  const of = (kind: ConnectionEvent['kind']): ConnectionEvent[] => events.filter((event) => event.kind === kind)
  const seesCalls = !watch.signals.some(({ signal, lost }) => signal === 'connect' && lost.length > 0)
  const errors: Record<string, number> = {}
  for (const event of of('fail')) if (event.kind === 'fail') errors[event.error] = (errors[event.error] ?? 0) + 1
  const waits = of('accept').filter((event) => event.kind === 'accept' && event.acceptQueueNs !== undefined)
  const established = counts.accepted + 1
  const sentBytes = counts.roundTrips + 10 * counts.halfClosedReads
  return [
    { name: 'connects', expected: established, actual: of('connect').length },
    { name: 'accepts', expected: established, actual: of('accept').length },
    { name: 'accepts with their wait', expected: established, actual: waits.length },
    { name: 'closes', expected: 2 * established, actual: of('close').length },
    {
      name: 'failures',
      expected: { ECONNREFUSED: counts.refused, ...(seesCalls ? { ENETUNREACH: counts.unreachable } : {}) },
      actual: errors,
    },
    {
      name: 'rows with another owner than the actor',
      expected: [],
      // A connection that is reset in the accept queue closes before anybody has accepted it.
      actual: events.filter((event) => event.owner?.pid !== host.pid && !(event.kind === 'close' && !event.owner)),
    },
    {
      name: 'closes of the socket that sent everything',
      expected: 1,
      actual: of('close').filter((event) => event.kind === 'close' && event.bytesSent === sentBytes).length,
    },
  ]
}

function pickupChecks(samples: PickupSample[], watch: Watch, host: Actor, result: WatchResult): Check[] {
  const seesHalfClosed = !watch.signals.some(({ signal, lost }) => signal === 'pickup' && lost.length > 0)
  const expected = 2 * counts.roundTrips + (seesHalfClosed ? counts.halfClosedReads : 0)
  const invalid = seesHalfClosed ? 0 : counts.halfClosedReads
  return [
    { name: 'pickups', expected, actual: samples.length },
    {
      name: 'reads of data whose arrival was not seen',
      expected: invalid,
      actual: result.books.find(({ signal }) => signal === 'pickup')?.invalid,
    },
    {
      name: 'pickups of another reader than the actor',
      expected: [],
      actual: samples.filter(({ reader }) => reader.pid !== host.pid),
    },
    { name: 'pickups of a second or more', expected: [], actual: samples.filter(({ latencyNs }) => latencyNs > 1e9) },
    {
      name: 'pickups in the histogram',
      expected,
      actual: result.activities.reduce(
        (sum, { edge, stages }) => sum + (edge.protocol === 'tcp' ? stages.pickup.count : 0),
        0,
      ),
    },
  ]
}
