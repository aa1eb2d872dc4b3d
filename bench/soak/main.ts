// `npm run soak -- [--minutes 30] [--warm-up 10]`: the agent under churn; whether it grows, and what it leaves behind.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { wirelagFile } from '../observer.ts'
import { Churn } from './churn.ts'
import { bpfObjects, heldBy, rssBytesOf, slopeOf, type Held } from './held.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, 'warm-up': { type: 'string', default: '10' } },
})
const minuteMs = 60_000
const minutes = Number(values.minutes)
const warmUpMinutes = Number(values['warm-up'])
const sampleMs = 10_000
/** More often: within a minute it goes up and down by some MiB, with the garbage. */
const rssSampleMs = 1000

const stateFolder = mkdtempSync(join(tmpdir(), 'wirelag-soak-'))
const before = bpfObjects()
const agent = spawn(wirelagFile, ['agent', '--json', '--state-dir', stateFolder, '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise<number | null>((resolve) => agent.once('close', resolve))
const lines = createInterface(agent.stdout)
const metricsUrl = await new Promise<string>((resolve) => {
  lines.on('line', (line) => {
    const { message, url } = JSON.parse(line) as { message: string; url?: string }
    if (url !== undefined) resolve(url)
    else process.stdout.write(`agent: ${message}\n`)
  })
})

/** Since the agent's start, of all signals. */
interface Events {
  attempted: number
  lost: number
}

interface Sample {
  minute: number
  held: Held
  events: Events
}

const samples: Sample[] = []
const rssSamples: { minute: number; bytes: number }[] = []
{
  await using _churn = await Churn.start()
  const startMs = performance.now()
  using _timer = setInterval(() => {
    rssSamples.push({ minute: (performance.now() - startMs) / minuteMs, bytes: rssBytesOf(agent.pid ?? 0) })
  }, rssSampleMs)
  while (performance.now() - startMs < minutes * minuteMs) {
    await sleep(sampleMs)
    const minute = (performance.now() - startMs) / minuteMs
    const sample = { minute, held: heldBy(agent.pid ?? 0), events: await eventsSoFar() }
    samples.push(sample)
    tell(sample)
  }
}
const during = samples.at(-1)?.held
agent.kill('SIGTERM')
const exitCode = await ended
rmSync(stateFolder, { recursive: true })
const after = bpfObjects()

const first = samples.find(({ minute }) => minute >= warmUpMinutes)
// By the minute, in which the agent collects its garbage once.
const warmMinutes = [...Map.groupBy(rssSamples, ({ minute }) => Math.floor(minute))].filter(
  ([minute]) => minute >= warmUpMinutes && minute + 1 <= minutes,
)
const { slope, error } = slopeOf(
  warmMinutes.map(([minute, of]) => [minute / 60, of.reduce((sum, { bytes }) => sum + bytes, 0) / of.length]),
)
const last = samples.at(-1)
process.stdout.write(
  [
    '',
    `${minutes} min, ${rate(samples[0], last).toFixed(0)} events/s, ${last?.events.lost} of ${last?.events.attempted} lost; from minute ${warmUpMinutes} on RSS ${mib(first?.held.rssBytes)} to ${mib(last?.held.rssBytes)} MiB, slope of its means by the minute ${mib(slope)} ± ${mib(error)} MiB/h`,
    `descriptors ${first?.held.descriptors} then ${during?.descriptors}; BPF programs ${before.programs} before, ${during?.programs} with, ${after.programs} after; maps ${before.maps}, ${during?.maps}, ${after.maps}; links ${before.links}, ${during?.links}, ${after.links}`,
    `exit code ${exitCode}`,
    '',
  ].join('\n'),
)

function tell({ minute, held, events }: Sample): void {
  const previous = samples.at(-2)
  const eventsPerSecond = previous ? rate(previous, { minute, events }) : 0
  process.stdout.write(
    `${minute.toFixed(1)} min: RSS ${mib(held.rssBytes)} MiB, ${held.descriptors} descriptors, ${eventsPerSecond.toFixed(0)} events/s\n`,
  )
}

function rate(from?: Omit<Sample, 'held'>, to?: Omit<Sample, 'held'>): number {
  return from && to ? (to.events.attempted - from.events.attempted) / ((to.minute - from.minute) * 60) : 0
}

function mib(bytes = Number.NaN): string {
  return (bytes / 2 ** 20).toFixed(2)
}

async function eventsSoFar(): Promise<Events> {
  const text = await (await fetch(metricsUrl)).text()
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'gm'))].reduce(
      (total, [, count]) => total + Number(count),
      0,
    )
  return { attempted: sum('wirelag_events_attempted_total'), lost: sum('wirelag_events_lost_total') }
}
