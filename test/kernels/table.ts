import { probeSignals, type ProbeSignal } from '../../src/kernel/probe-signals.ts'
import type { KernelResult } from './matrix.ts'
import { hookModes, type GuestReport, type HookMode } from './report.ts'

const modeTitles: Record<HookMode, string> = {
  best: 'The best hook that each kernel allows',
  tracepoint: 'Tracepoints alone, as on a hardened host',
  fentry: 'fentry and fexit alone',
  kprobe: 'kprobes alone',
}

/** Without that by which wirelag itself learns of new containers: nobody asks for it, and a Watch tells nothing of it. */
const shownSignals = probeSignals.filter((signal) => signal !== 'cgroup')

/** docs/kernels.md: what each kernel of a run showed, by kernel, signal and hook. */
export function kernelsPage(results: readonly KernelResult[]): string {
  const sections = hookModes.map((mode) => [
    `## ${modeTitles[mode]}`,
    '',
    ...modeTable(mode, results),
    '',
    ...losses(mode, results),
  ])
  return [
    '# Kernels',
    '',
    "Written by `sudo npm run test:kernels -- --write`, which boots Debian's stock cloud kernels under emulation and runs",
    'wirelag in each against a known workload; the same counts, exactly, are expected of every cell that is not off, also of',
    'the agent, which has everything on at once. The run fails when this page is not what it found. For a host of yours, ask',
    '`wirelag doctor`.',
    '',
    ...sections.flat(),
    '## What it is refused',
    '',
    'A kernel locked down for confidentiality, and one without BTF, end in one plain sentence and exit code 1.',
    '',
  ].join('\n')
}

function modeTable(mode: HookMode, results: readonly KernelResult[]): string[] {
  const row = (cells: string[]): string => `| ${cells.join(' | ')} |`
  const header = ['signal', ...results.map(({ kernel }) => kernel.name)]
  return [
    row(header),
    row(header.map(() => '---')),
    ...shownSignals.map((signal) => row([signal, ...results.map((result) => cell(signal, reportOf(result, mode)))])),
  ]
}

function reportOf({ reports }: KernelResult, mode: HookMode): GuestReport | undefined {
  return reports.find(({ step }) => step === mode)
}

function cell(signal: ProbeSignal, report: GuestReport | undefined): string {
  const status = report?.signals.find((entry) => entry.signal === signal)
  if (!status) return '?'
  return status.status === 'off' ? 'off' : `${status.hooks.join(', ')}${status.status === 'degraded' ? ' ¹' : ''}`
}

function losses(mode: HookMode, results: readonly KernelResult[]): string[] {
  const lines = results.flatMap((result) =>
    (reportOf(result, mode)?.signals ?? [])
      .filter(({ status }) => status === 'degraded')
      .map(({ signal, lost }) => `${result.kernel.name}, ${signal}: lost is ${lost.join('; ')}.`),
  )
  return lines.length > 0 ? [`¹ ${lines.join('\n  ')}`, ''] : []
}
