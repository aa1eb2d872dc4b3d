import type { SelfCost } from '../../pipeline/self-cost.ts'
import { cpuShare } from '../../pipeline/self-cost.ts'
import { alignedTable } from './aligned-table.ts'

/** What wirelag cost: each program's runs, and all in per cent of one CPU. */
export function costTable(cost: SelfCost, isTerminal: boolean): string[] {
  const percent = (ns: number): string => (cost.wallNs === 0 ? '0.000' : ((ns / cost.wallNs) * 100).toFixed(3))
  const rows = cost.programs.map(({ program, runs, runNs }) => [
    program,
    String(runs),
    (runNs / runs).toFixed(0),
    percent(runNs),
  ])
  return [
    ...alignedTable([['PROGRAM', 'RUNS', 'NS_PER_RUN', 'CPU_PERCENT'], ...rows], isTerminal),
    `wirelag: cost: ${(cpuShare(cost) * 100).toFixed(2)} % of a CPU, of which the agent ${percent(cost.agentCpuNs)} % (being measured costs each run some 50 ns more)`,
  ]
}
