import { cpus, release, totalmem } from 'node:os'

/** The machine of a run, in a line. */
export function machineText(): string {
  const processors = cpus()
  const memoryGib = Math.round(totalmem() / 2 ** 30)
  const model = processors[0]?.model ?? 'unknown processor'
  return `${processors.length} × ${model}, ${memoryGib} GiB, Linux ${release()}, Node.js ${process.versions.node}.`
}
