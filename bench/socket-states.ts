import { spawnSync } from 'node:child_process'
import type { Actor } from '../lab/actor.ts'
import { setSysctl, twoHosts } from '../lab/network.ts'
import type { StateGrouping } from '../src/model/socket-state.ts'
import { StateSurveyor } from '../src/pipeline/state-survey.ts'
import { spread, type Table } from './table.ts'

const timeWaits = 80_000
const open = 20_000
/** Fewer than half of the local ports, which is where it begins to take long to find one. */
const perListener = 20_000

/** What it costs to count very many sockets by state. */
export async function measureSocketStates(rounds: number): Promise<Table> {
  await using hosts = await twoHosts()
  const { a, b, addressB } = hosts
  await makeOpen(a, b, addressB)
  const figures: Figures = {}
  await makeTimeWaits(a, b, addressB)
  for (let round = 0; round < rounds; round++) {
    for (const by of ['netns', 'peer', 'service', 'owner'] as const) await survey(a, b, by, figures)
    runSs(a, figures)
  }
  return {
    title: 'Socket states',
    method: `${(timeWaits + open).toLocaleString('en')} sockets counted by state: ${timeWaits.toLocaleString('en')} in TIME_WAIT, the rest established. CPU time of all threads and wall time of one count, ${rounds} rounds. By service and by owner it is found whose they are as well.`,
    header: ['100,000 sockets counted by state', 'CPU, ms', 'wall, ms'],
    rows: Object.entries(figures).map(([what, { cpu, wall }]) => [what, spread(cpu, 0), spread(wall, 0)]),
  }
}

/** Half of them are the peer's. */
async function makeOpen(a: Actor, b: Actor, address: string): Promise<void> {
  await b.do(`listen l ${address} 69 4000`)
  for (let made = 0; made < open / 2; made += 1000) {
    const numbers = Array.from({ length: 1000 }, (_, i) => made + i)
    await Promise.all(
      numbers.flatMap((i) => [a.do(`tcp c${i} 4`), a.do(`connect c${i} ${address} 69`), b.do(`accept l s${i}`)]),
    )
  }
}

/** Who closes first keeps them. */
async function makeTimeWaits(a: Actor, b: Actor, address: string): Promise<void> {
  setSysctl(a, 'net.ipv4.ip_local_port_range', '1024 65535')
  setSysctl(a, 'net.ipv4.tcp_max_tw_buckets', '200000')
  // Some last segments cross, and are answered by a reset, which ends a TIME_WAIT.
  setSysctl(a, 'net.ipv4.tcp_rfc1337', '1')
  for (let made = 0; made < timeWaits; made += perListener) {
    const port = 70 + made / perListener
    await b.do(`listen l${port} ${address} ${port} 4000`)
    const accepting = b.in('acceptor', `repeat ${perListener} accept l${port} t ; send t 1 ; recv t 1 ; close t`)
    await a.do(`repeat ${perListener} tcp t 4 ; connect t ${address} ${port} ; recv t 1 ; close t`)
    await accepting
  }
}

type Figures = Record<string, { cpu: number[]; wall: number[] }>

function note(figures: Figures, what: string, cpuMs: number, wallMs: number): void {
  const figure = (figures[what] ??= { cpu: [], wall: [] })
  figure.cpu.push(cpuMs)
  figure.wall.push(wallMs)
}

async function survey(a: Actor, b: Actor, by: StateGrouping, figures: Figures): Promise<void> {
  const include = [a, b].map(({ netns }) => ({ low: netns, high: netns }))
  const surveyor = new StateSurveyor({ by, filter: { netns: { include, exclude: [] } }, oldest: 0 })
  try {
    await surveyor.survey()
    const [cpu, startMs] = [process.cpuUsage(), performance.now()]
    const { total } = await surveyor.survey()
    const { user, system } = process.cpuUsage(cpu)
    if (total < timeWaits + open) throw new Error(`only ${total} sockets`)
    note(figures, `wirelag, by ${by}`, (user + system) / 1000, performance.now() - startMs)
  } finally {
    surveyor.close()
  }
}

/** Of one of the namespaces only: ss knows no others. */
function runSs(a: Actor, figures: Figures): void {
  const script = `TIMEFORMAT='%R %U %S'; time ss -tanH > /dev/null`
  const { stderr } = spawnSync('nsenter', ['--net', `--target=${a.pid}`, 'bash', '--norc', '-c', script], {
    encoding: 'utf8',
  })
  const [wall = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number)
  note(figures, 'ss -tan', (user + system) * 1000, wall * 1000)
}
