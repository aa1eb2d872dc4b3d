import { isDeepStrictEqual } from 'node:util'
import { debianKernel } from './debian-kernel.ts'
import { guestImage } from './guest-image.ts'
import { runGuest, splatsOf, type GuestRun } from './guest-run.ts'
import type { MatrixKernel } from './kernels.ts'
import { reportPrefix, type GuestReport } from './report.ts'
import { systemdImage } from './systemd-image.ts'

const limitMs = 240_000
/** Under emulation a guest now and then dies or hangs by itself. */
const maxTries = 3
const guestsAtOnce = 2

export interface KernelResult {
  kernel: MatrixKernel
  release: string
  reports: GuestReport[]
  /** What did not hold, in words; empty when all did. */
  failures: string[]
}

interface Job {
  kernel: MatrixKernel
  /** What is different from the others. */
  variant?: string
  image: string
  moreArguments: string
}

/** Of all that are booted with systemd, whose unit is the same for each. */
const systemdSuite = 'trixie'

/**
 * Boots every kernel, the newest of them once more locked down, and one with systemd, which runs the agent by its unit, and collects what
 * they report.
 */
export async function runMatrix(
  kernels: readonly MatrixKernel[],
  say: (line: string) => void,
): Promise<KernelResult[]> {
  const image = guestImage()
  const results = new Map<MatrixKernel, KernelResult>()
  const jobs: Job[] = kernels.map((kernel) => ({ kernel, image, moreArguments: '' }))
  const last = kernels.at(-1)
  if (last) jobs.push({ kernel: last, variant: 'locked down', image, moreArguments: 'lockdown=confidentiality' })
  const ofSystemd = kernels.find(({ suite }) => suite === systemdSuite)
  if (ofSystemd) {
    const moreArguments = 'systemd.unit=checks.service'
    jobs.push({ kernel: ofSystemd, variant: 'with systemd', image: systemdImage(), moreArguments })
  }
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const startMs = Date.now()
      const { release, file } = await debianKernel(job.kernel.suite)
      const { reports, failures } = await bootUntilVerdict(file, job.image, job.moreArguments, (lines) =>
        say(`${release}: ended without a verdict, once more; its last lines:\n    ${lines.join('\n    ')}`),
      )
      const seconds = ((Date.now() - startMs) / 1000).toFixed(0)
      const verdict = failures.length === 0 ? 'passed' : `${failures.length} failures`
      say(`${[release, job.variant].filter(Boolean).join(' ')}: ${verdict} (${seconds} s)`)
      const known = results.get(job.kernel) ?? { kernel: job.kernel, release, reports: [], failures: [] }
      results.set(job.kernel, {
        ...known,
        reports: [...known.reports, ...reports],
        failures: [...known.failures, ...failures],
      })
    }
  }
  await Promise.all(Array.from({ length: guestsAtOnce }, work))
  return kernels.flatMap((kernel) => results.get(kernel) ?? [])
}

async function bootUntilVerdict(
  file: string,
  image: string,
  moreArguments: string,
  onRetry: (lastLines: string[]) => void,
): Promise<Pick<KernelResult, 'reports' | 'failures'>> {
  let run: GuestRun
  let tries = 0
  for (;;) {
    run = await runGuest(file, image, moreArguments, limitMs)
    if (run.exitCode !== undefined || ++tries >= maxTries) break
    onRetry([...lastLines(run.output.split('\n')), ...lastLines(run.log.split('\n'))].map((line) => line.slice(0, 200)))
  }
  const reports = reportsOf(run.output)
  return { reports, failures: failuresOf(run, reports) }
}

function reportsOf(output: string): GuestReport[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith(reportPrefix))
    .map((line) => JSON.parse(line.slice(reportPrefix.length)) as GuestReport)
}

function failuresOf(run: GuestRun, reports: readonly GuestReport[]): string[] {
  const failures = reports.flatMap(({ step, checks }) =>
    checks
      .filter(({ expected, actual }) => !isDeepStrictEqual(expected, actual))
      .map(({ name, expected, actual }) => `${step}: ${name}: expected ${text(expected)}, got ${text(actual)}`),
  )
  failures.push(...splatsOf(run.log).map((line) => `the kernel complained: ${line.trim()}`))
  if (run.exitCode !== 0 && failures.length === 0)
    failures.push(
      run.exitCode === undefined ? 'the guest ended without a verdict' : `the guest's tests ended with ${run.exitCode}`,
    )
  if (failures.length > 0) {
    const otherLines = run.output.split('\n').filter((line) => !line.startsWith(reportPrefix))
    failures.push(['its last lines:', ...lastLines(otherLines), ...lastLines(run.log.split('\n'))].join('\n    '))
  }
  return failures
}

function text(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 500)
}

function lastLines(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== '').slice(-15)
}
