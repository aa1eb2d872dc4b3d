import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { LogLinearHistogram } from '../src/histogram/log-linear-histogram.ts'
import { ProbeSession } from '../src/kernel/probe-session.ts'
import { kernelConfig } from '../src/pipeline/kernel-config.ts'
import { readBatch } from '../src/wire/event-batch.ts'
import { spread, type Table } from './table.ts'

const ringBytes = 1 << 26
const roundTrips = 200_000

const actorFile = fileURLToPath(new URL('../build/lab/actor', import.meta.url))

/** How fast records are taken from the ring, decoded and counted, once they are there. */
export async function measureRingDrain(rounds: number): Promise<Table> {
  const rates: number[] = []
  const cpuNs: number[] = []
  for (let round = -1; round < rounds; round++) {
    const histograms = new Map<number, LogLinearHistogram>()
    let records = 0
    const session = new ProbeSession({
      signals: ['pickup'],
      config: kernelConfig({ filter: {}, slowNs: undefined, pickupRows: { overNs: 0 } }),
      ringBytes,
      onEvents: (view, bytes) => {
        readBatch(view, bytes, {
          onOpen: () => {},
          onClose: () => {},
          onSend: () => {},
          onPacket: () => {},
          onLedger: () => {},
          onCgroup: () => {},
          onState: () => {},
          onHistory: () => {},
          onPickup: (event) => {
            const { pid } = event.task
            let histogram = histograms.get(pid)
            if (!histogram) histograms.set(pid, (histogram = new LogLinearHistogram()))
            histogram.record(event.latencyNs)
            records++
          },
        })
      },
    })
    // Synchronous, so that nothing reads the ring while it fills.
    fillRing()
    const cpu = process.cpuUsage()
    const startNs = process.hrtime.bigint()
    session.drain()
    const seconds = Number(process.hrtime.bigint() - startNs) / 1e9
    const { user } = process.cpuUsage(cpu)
    session.close()
    if (round < 0) continue
    rates.push(records / seconds / 1e6)
    cpuNs.push((user * 1000) / records)
  }
  return {
    title: 'Ring to histogram',
    method: `${2 * roundTrips} pickups wait in a ring of ${ringBytes >> 20} MiB; then they are drained, decoded and counted in a histogram for each process. ${rounds} rounds after one to warm up.`,
    header: ['records/s', 'user CPU a record'],
    rows: [[`${spread(rates, 2)} million`, spread(cpuNs, 0, ' ns')]],
  }
}

function fillRing(): void {
  const script = [
    'listen l 127.0.0.1 7398 5',
    'tcp c 4',
    'connect c 127.0.0.1 7398',
    'accept l s',
    `ping-pong c s ${roundTrips}`,
  ]
  execFileSync(actorFile, ['--new-netns'], { input: script.map((line, i) => `${i} main ${line}\n`).join('') })
}
