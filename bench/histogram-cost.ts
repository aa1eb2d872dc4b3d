import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spread, type Table } from './table.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const bpftool = '/usr/sbin/bpftool'
const repeats = 5_000_000

const ways = [
  { program: 'count_shared', name: 'one, shared by all processors (as wirelag does)' },
  { program: 'count_per_cpu', name: 'one for each processor' },
]

/** What it costs to count one duration, on one processor and on all at once: shared against one histogram each. */
export async function measureHistogramCost(rounds: number): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-bench-'))
  const packet = join(folder, 'packet')
  writeFileSync(packet, Buffer.alloc(64))
  const object = join(folder, 'contention.bpf.o')
  compile(object)
  const mountpoint = join(folder, 'bpf')
  mkdirSync(mountpoint)
  execFileSync('mount', ['-t', 'bpf', 'bpf', mountpoint])
  try {
    execFileSync(bpftool, ['prog', 'loadall', object, join(mountpoint, 'programs')])
    const run = (program: string, processors: number): Promise<number[]> =>
      runAtOnce(join(mountpoint, 'programs', program), packet, processors)
    const figures = new Map<string, { alone: number[]; together: number[] }>()
    for (let round = 0; round < rounds; round++) {
      for (const { program } of [{ program: 'count_nothing' }, ...ways]) {
        const known = figures.get(program) ?? { alone: [], together: [] }
        known.alone.push(...(await run(program, 1)))
        known.together.push(...(await run(program, cpus().length)))
        figures.set(program, known)
      }
    }
    const baseNs = figures.get('count_nothing')?.alone ?? []
    return {
      title: 'Counting one duration in a histogram in the kernel',
      method: `The same program run ${repeats / 1e6} million times (BPF_PROG_TEST_RUN), by one processor and by all ${cpus().length} at once into the same edge, ${rounds} rounds in turn; nanoseconds a run, in which a run that counts nothing takes ${spread(baseNs, 0)}.`,
      header: ['histogram', 'one processor', `${cpus().length} at once`],
      rows: ways.map(({ program, name }) => {
        const { alone = [], together = [] } = figures.get(program) ?? {}
        return [name, spread(alone, 0), spread(together, 0)]
      }),
    }
  } finally {
    execFileSync('umount', [mountpoint])
    rmSync(folder, { recursive: true })
  }
}

function compile(file: string): void {
  const flags = ['-g', '-O2', '-target', 'bpf', '-mcpu=v2', '-isystem', 'bpf/kernel']
  const machine = execFileSync('gcc', ['-print-multiarch']).toString().trim()
  const source = 'bench/contention/contention.bpf.c'
  execFileSync('clang', [...flags, '-isystem', `/usr/include/${machine}`, '-c', source, '-o', file], { cwd: root })
}

/** Nanoseconds a run, of each of the first so many processors. */
function runAtOnce(program: string, packet: string, processors: number): Promise<number[]> {
  const one = async (cpu: number): Promise<number> => {
    const test = ['--json', 'prog', 'run', 'pinned', program, 'data_in', packet, 'repeat', String(repeats)]
    const child = spawn('taskset', ['-c', String(cpu), bpftool, ...test], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += String(chunk)))
    await new Promise((resolve) => child.once('close', resolve))
    return (JSON.parse(text) as { duration: number }).duration
  }
  return Promise.all(Array.from({ length: processors }, (_, cpu) => one(cpu)))
}
