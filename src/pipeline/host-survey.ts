import { cgroupMemory } from '../host/cgroup-memory.ts'
import { cgroupThrottling } from '../host/cgroup-throttling.ts'
import { kernelRelease, loadAverage, onlineCpus } from '../host/cpu-load.ts'
import { fullestDisks } from '../host/disks.ts'
import { hostMemory, hostSwap } from '../host/memory.ts'
import { namespaceFacts, namespaceFiles, tcpMemoryFacts, type NamespaceTexts } from '../host/namespace-facts.ts'
import { networkNamespaces, type NamespaceRoots, type NetworkNamespace } from '../host/network-namespaces.ts'
import { hostPressure } from '../host/pressure.ts'
import { hostSoftnet } from '../host/softnet.ts'
import { conntrackStats } from '../kernel/conntrack-stats.ts'
import { readInNamespace } from '../kernel/namespace-files.ts'
import { OperatorError } from '../lib/operator-error.ts'
import type { ConntrackCounters, HostFacts, NamespaceFacts, Survey, TcpMemoryFacts } from '../model/host-facts.ts'

const maxNamespaces = 256

/** Reads the facts of this host and of every network namespace on it. It needs root's rights, but holds nothing open. */
export class HostSurvey {
  readonly #roots: NamespaceRoots

  private constructor(roots: NamespaceRoots) {
    this.#roots = roots
  }

  static create(roots: NamespaceRoots = { procfs: '/proc', runNetns: '/run/netns' }): HostSurvey {
    return new HostSurvey(roots)
  }

  /**
   * The facts as they are now. A namespace that ends meanwhile is left out; one that cannot be entered, or is beyond the
   * first 256, is named in `unread`.
   *
   * @throws OperatorError where the native part is not built; Error where /proc lacks what every Linux has (MemAvailable, loadavg, mountinfo)
   */
  async take(): Promise<Survey> {
    const takenAtMs = performance.now()
    const host = this.#host()
    const found = networkNamespaces(this.#roots)
    const asked = found.slice(0, maxNamespaces)
    const readings = await this.#readings(asked)
    const unread = readings.length === asked.length ? [] : await this.#readAgain(asked, readings)
    const hosts = readings.find(({ tcpMemory }) => tcpMemory)
    return {
      takenAtMs,
      host: { ...host, tcpMemory: hosts?.tcpMemory },
      namespaces: [...(hosts ? [hosts] : []), ...readings.filter((one) => one !== hosts)].map(({ facts }) => facts),
      unread: [...unread, ...found.slice(maxNamespaces).map(({ inode }) => inode)],
      beyondBound: found.length - asked.length,
    }
  }

  async #readings(namespaces: readonly NetworkNamespace[]): Promise<NamespaceReading[]> {
    const readings = await Promise.all(namespaces.map((one) => this.#reading(one)))
    return readings.filter((reading) => reading !== undefined)
  }

  /**
   * Those that were asked for and gave nothing: the process by which one was found may have ended, and another be in it.
   * What is read is added to the readings; the result is what is there and still cannot be read.
   */
  async #readAgain(asked: readonly NetworkNamespace[], readings: NamespaceReading[]): Promise<number[]> {
    const missing = new Set(asked.map(({ inode }) => inode))
    for (const { facts } of readings) missing.delete(facts.netns)
    const there = networkNamespaces(this.#roots).filter(({ inode }) => missing.has(inode))
    for (const reading of await this.#readings(there)) {
      readings.push(reading)
      missing.delete(reading.facts.netns)
    }
    return there.map(({ inode }) => inode).filter((inode) => missing.has(inode))
  }

  #host(): Omit<HostFacts, 'tcpMemory'> {
    const { procfs } = this.#roots
    return {
      kernelRelease: kernelRelease(procfs),
      cpus: onlineCpus(procfs),
      loadAverage: loadAverage(procfs),
      pressure: hostPressure(procfs),
      memory: hostMemory(procfs),
      swap: hostSwap(procfs),
      disks: fullestDisks(procfs),
      softnet: hostSoftnet(procfs),
      cgroupThrottling: cgroupThrottling(procfs),
      cgroupMemory: cgroupMemory(procfs),
    }
  }

  /** Undefined: it is gone, or may not be entered. */
  async #reading({ inode, path }: NetworkNamespace): Promise<NamespaceReading | undefined> {
    try {
      const texts = await this.#texts(path, inode)
      const facts = namespaceFacts(inode, texts, await conntrackCounters(path, inode, texts))
      return facts && { facts, tcpMemory: tcpMemoryFacts(texts) }
    } catch (error) {
      if (error instanceof OperatorError) throw error
      return undefined
    }
  }

  async #texts(path: string, inode: number): Promise<NamespaceTexts> {
    const files = Object.values(namespaceFiles).map((file) => `${this.#roots.procfs}/${file}`)
    const texts = await readInNamespace(path, inode, files)
    return Object.fromEntries(Object.keys(namespaceFiles).map((name, i) => [name, texts[i]])) as NamespaceTexts
  }
}

interface NamespaceReading {
  facts: NamespaceFacts
  /** Only the host's own namespace shows it. */
  tcpMemory: TcpMemoryFacts | undefined
}

/** Only of a namespace that has connection tracking; where it does not tell them, the other facts stay as they are. */
async function conntrackCounters(
  path: string,
  inode: number,
  { conntrackCount }: NamespaceTexts,
): Promise<ConntrackCounters | undefined> {
  if (conntrackCount === undefined) return undefined
  return conntrackStats(path, inode).catch(() => undefined)
}
