import type { Checkup } from '../../pipeline/checkup.ts'

/** What a checkup found, in plain words. */
export function checkupText({ kernel, rights, signals, failure, limits }: Checkup): string[] {
  const lines = [
    `Kernel      ${kernel.release} (${kernel.arch})${kernel.isNewEnough ? '' : ': too old, wirelag needs 5.10'}`,
    `BTF         ${kernel.hasBtf ? 'yes' : 'no: the kernel does not describe its own types, which wirelag reads it by'}`,
    `Lockdown    ${lockdownText(kernel.lockdown)}`,
    `JIT         ${kernel.hasJit ? 'yes' : 'no: BPF programs are interpreted, and cost many times as much'}`,
    `User        ${rights.uid === 0 ? 'root' : `uid ${rights.uid}`}, ${rights.capabilities.join(' ') || 'without capabilities'}`,
  ]
  if (rights.missing.length > 0) lines.push(`            missing: ${rights.missing.join(' ')} (run it with sudo)`)
  if (limits)
    lines.push(
      `Ring        ${limits.ringBytes / 1024} KiB for events on their way; when it is full, events are lost and counted`,
      `Tables      ${limits.connections} connections, ${limits.edges} edges (a process and a peer); beyond that an owner is unknown, or edges share a row`,
    )
  lines.push('')
  for (const { title, status, hooks, reasons, lost } of signals) {
    lines.push(`${status.padEnd(9)} ${title}${hooks.length > 0 ? ` (${hooks.join(', ')})` : ''}`)
    for (const reason of reasons) lines.push(`          why:  ${reason}`)
    for (const loss of lost) lines.push(`          lost: ${loss}`)
  }
  if (failure) lines.push(`Nothing can be loaded: ${failure.message}.`, ...(failure.advice ? [failure.advice] : []))
  return [...lines, '', verdict({ signals, failure })]
}

function lockdownText(lockdown: string | undefined): string {
  switch (lockdown) {
    case 'none':
      return 'none'
    case 'integrity':
      return 'integrity: wirelag works'
    case 'confidentiality':
      return 'confidentiality: programs may not read kernel memory, so wirelag cannot work'
    default:
      return 'the kernel does not say'
  }
}

function verdict({ signals, failure }: Pick<Checkup, 'signals' | 'failure'>): string {
  if (failure) return 'wirelag cannot work here.'
  const off = signals.filter(({ status }) => status === 'off').length
  const degraded = signals.filter(({ status }) => status === 'degraded').length
  if (off > 0) return `${off} of ${signals.length} signals cannot be seen on this kernel.`
  return degraded > 0
    ? `Everything works; ${degraded} of ${signals.length} signals with losses, as said above.`
    : 'Everything works.'
}

/** The same for programs. */
export function checkupJson({ kernel, rights, signals, failure, limits }: Checkup): Record<string, unknown> {
  return {
    kind: 'doctor',
    ok: isHealthy({ signals, failure }),
    kernel,
    rights,
    limits,
    signals,
    failure: failure && { code: failure.code, message: failure.message, advice: failure.advice },
  }
}

/** Whether every signal can be seen, if with losses. */
export function isHealthy({ signals, failure }: Pick<Checkup, 'signals' | 'failure'>): boolean {
  return !failure && signals.every(({ status }) => status !== 'off')
}
