import { existsSync, readFileSync } from 'node:fs'
import { arch, release } from 'node:os'
import { native } from './native.ts'

/** What matters to wirelag of the kernel it runs on. */
export interface HostKernel {
  release: string
  arch: string
  /** 5.10 or newer. */
  isNewEnough: boolean
  hasBtf: boolean
  /** `none`, `integrity`, `confidentiality`; undefined where the kernel does not say. */
  lockdown: string | undefined
  /** kernel.unprivileged_bpf_disabled and the like do not matter to root; the JIT does, for speed. */
  hasJit: boolean
}

/** What this process may do. */
export interface Rights {
  uid: number
  capabilities: Capability[]
  /** Without these nothing loads. */
  missing: Capability[]
}

/** Bit numbers of linux/capability.h. */
const capabilityBits = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_NET_ADMIN: 12,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const

export type Capability = keyof typeof capabilityBits

export function hostKernel(): HostKernel {
  const [major = 0, minor = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10))
  return {
    release: release(),
    arch: arch(),
    isNewEnough: major > 5 || (major === 5 && minor >= 10),
    hasBtf: existsSync('/sys/kernel/btf/vmlinux'),
    lockdown: lockdown(),
    hasJit: readText('/proc/sys/net/core/bpf_jit_enable').trim() !== '0',
  }
}

/** `none`, `integrity` or `confidentiality`; undefined where the kernel does not say. */
export function lockdown(): string | undefined {
  return /\[(\w+)\]/.exec(native().readKernelFile('securityfs', 'lockdown') ?? '')?.[1]
}

export function ownRights(): Rights {
  const mask = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readText('/proc/self/status'))?.[1] ?? '0'}`)
  const has = (name: Capability): boolean => ((mask >> BigInt(capabilityBits[name])) & 1n) === 1n
  const names = Object.keys(capabilityBits) as Capability[]
  const needed: Capability[] = has('CAP_SYS_ADMIN') ? [] : ['CAP_BPF', 'CAP_PERFMON']
  return {
    uid: process.geteuid?.() ?? 0,
    capabilities: names.filter(has),
    missing: needed.filter((name) => !has(name)),
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
