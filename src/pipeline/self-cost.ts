import type { ProgramRuns } from '../kernel/probe-session.ts'
import { enableRunStats } from '../kernel/run-stats.ts'
import type { Watch } from './watch.ts'

/** What wirelag itself has cost in some span of time. */
export interface SelfCost {
  wallNs: number
  /** Of this process. */
  agentCpuNs: number
  /** Those that ran at all, the costliest first. */
  programs: ProgramRuns[]
}

/** Measures what a watch costs; while it does, the kernel measures every run. */
export class SelfCostMeter {
  readonly #watch: Watch
  readonly #disableRunStats: () => void
  #atNs = process.hrtime.bigint()
  #cpu = process.cpuUsage()
  #runs: Map<string, ProgramRuns>

  constructor(watch: Watch) {
    this.#watch = watch
    this.#disableRunStats = enableRunStats()
    this.#runs = runsOf(watch)
  }

  /** The cost since the last call, or since it was made. */
  take(): SelfCost {
    const nowNs = process.hrtime.bigint()
    const { user, system } = process.cpuUsage(this.#cpu)
    const runs = runsOf(this.#watch)
    const programs = [...runs.values()]
      .map(({ program, runs: count, runNs }) => {
        const before = this.#runs.get(program)
        return { program, runs: count - (before?.runs ?? 0), runNs: runNs - (before?.runNs ?? 0) }
      })
      .filter(({ runs: count }) => count > 0)
      .toSorted((a, b) => b.runNs - a.runNs)
    const cost = { wallNs: Number(nowNs - this.#atNs), agentCpuNs: (user + system) * 1000, programs }
    this.#atNs = nowNs
    this.#cpu = process.cpuUsage()
    this.#runs = runs
    return cost
  }

  stop(): void {
    this.#disableRunStats()
  }
}

function runsOf(watch: Watch): Map<string, ProgramRuns> {
  return new Map(watch.programRuns().map((runs) => [runs.program, runs]))
}

export function addCost(sum: SelfCost, more: SelfCost): SelfCost {
  const programs = new Map(sum.programs.map((runs) => [runs.program, { ...runs }]))
  for (const runs of more.programs) {
    const known = programs.get(runs.program)
    if (known) {
      known.runs += runs.runs
      known.runNs += runs.runNs
    } else programs.set(runs.program, { ...runs })
  }
  return {
    wallNs: sum.wallNs + more.wallNs,
    agentCpuNs: sum.agentCpuNs + more.agentCpuNs,
    programs: [...programs.values()].toSorted((a, b) => b.runNs - a.runNs),
  }
}

export const noCost: SelfCost = { wallNs: 0, agentCpuNs: 0, programs: [] }

/** The share of one CPU: 0.01 is 1 %. */
export function cpuShare({ wallNs, agentCpuNs, programs }: SelfCost): number {
  if (wallNs === 0) return 0
  return (agentCpuNs + programs.reduce((sum, { runNs }) => sum + runNs, 0)) / wallNs
}
