import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface GuestRun {
  /** What the guest's tests wrote. */
  output: string
  /** The kernel's own log. */
  log: string
  /** Exit code of the tests; undefined where the guest died before they ended. */
  exitCode: number | undefined
}

/**
 * 6.12 dies at random with qemu 7.2's CMPXCHG16B, without which it does not use it; with one thread no stale instruction is
 * run after the kernel patched its text; without CX16, kmalloc_nolock() serves debug caches only, which sk_storage needs
 * from 7.1 on.
 */
const machine =
  '-M q35 -cpu qemu64,-cx16,+rdrand -accel tcg,thread=single -smp 2 -m 1024 -nodefaults -no-user-config -no-reboot -display none'
const kernelArguments =
  'console=ttyS0 loglevel=6 rootfstype=ramfs panic=-1 oops=panic nowatchdog no_timer_check slub_debug=F,kmalloc*'

/** Boots a kernel under software emulation and waits for its tests to end, `limitMs` at the most. */
export async function runGuest(
  kernelFile: string,
  image: string,
  moreArguments: string,
  limitMs: number,
): Promise<GuestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-guest-'))
  const logFile = join(folder, 'log')
  const boot = { kernel: kernelFile, initrd: image, append: `${kernelArguments} ${moreArguments}` }
  const args = [...machine.split(' '), ...Object.entries(boot).flatMap(([name, value]) => [`-${name}`, value])]
  args.push('-serial', `file:${logFile}`, '-serial', 'stdio')
  const qemu = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  qemu.stdout.on('data', (chunk: Buffer) => (output += String(chunk)))
  qemu.stderr.on('data', (chunk: Buffer) => (output += String(chunk)))
  const timer = setTimeout(() => qemu.kill('SIGKILL'), limitMs)
  await new Promise((resolve) => qemu.once('close', resolve))
  clearTimeout(timer)
  const log = readFileSync(logFile, 'utf8')
  rmSync(folder, { recursive: true })
  // qemu ends well also when its guest panics: only this line is a verdict.
  const exitCode = /^GUEST-EXIT (\d+)/m.exec(output)?.[1]
  return { output, log, exitCode: exitCode === undefined ? undefined : Number(exitCode) }
}

const splat = /WARNING:|BUG:|Oops|general protection|lockup|LOCKUP|rcu.*stall|Call Trace|Kernel panic/

/** Lines of a kernel's log that tell of a fault of the kernel. */
export function splatsOf(log: string): string[] {
  return log.split('\n').filter((line) => splat.test(line))
}
