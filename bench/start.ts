import { spawn, spawnSync } from 'node:child_process'
import { wirelagFile } from './observer.ts'
import { spread, type Table } from './table.ts'

/** How long a person waits. */
export async function measureStart(rounds: number): Promise<Table> {
  const figures: Record<string, number[]> = {
    'wirelag --help': [],
    'wirelag pktlat: first line': [],
    'wirelag trace: first line': [],
  }
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now()
    spawnSync(wirelagFile, ['--help'])
    figures['wirelag --help']?.push(performance.now() - startMs)
    for (const command of ['pktlat', 'trace'])
      figures[`wirelag ${command}: first line`]?.push(await untilFirstLine(command))
  }
  return {
    title: 'Start',
    method: `Wall time, ${rounds} rounds. The first line is written when every program is attached and the open sockets are known.`,
    header: ['what', 'ms'],
    rows: Object.entries(figures).map(([what, times]) => [what, spread(times, 0)]),
  }
}

async function untilFirstLine(command: string): Promise<number> {
  const startMs = performance.now()
  const child = spawn(wirelagFile, [command], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const tookMs = performance.now() - startMs
  child.kill('SIGINT')
  await new Promise((resolve) => child.once('close', resolve))
  return tookMs
}
