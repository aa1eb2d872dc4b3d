import { tcpCounterFields, type NamespaceFacts, type TcpCounters } from '../model/host-facts.ts'
import type { Observation } from '../model/observation.ts'
import { nonZero } from './lossless-json.ts'

type Facts = Omit<NamespaceFacts, 'tcp'>

/** Facts of a namespace with the counters that are not 0, and how far they rose. */
export interface NamespaceCode {
  now: Facts
  tcp: Partial<TcpCounters>
  /** Absent: the namespace was not there. `rose`: of `tcp`, what is not 0. */
  before?: { facts: Facts; rose: Partial<TcpCounters> }
}

const tcpNames = Object.keys(tcpCounterFields) as (keyof TcpCounters)[]

export function encodeNamespace({ before, now }: Observation['namespaces'][number]): NamespaceCode {
  const { tcp, ...facts } = now
  const code: NamespaceCode = { now: facts, tcp: nonZero(tcp) }
  if (!before) return code
  const { tcp: tcpBefore, ...factsBefore } = before
  const rose = Object.fromEntries(tcpNames.map((name) => [name, tcp[name] - tcpBefore[name]]))
  return { ...code, before: { facts: factsBefore, rose: nonZero(rose) } }
}

export function decodeNamespace({ now, tcp, before }: NamespaceCode): Observation['namespaces'][number] {
  const counters = allCounters((name) => tcp[name] ?? 0)
  return {
    now: { ...now, tcp: counters },
    before: before && {
      ...before.facts,
      tcp: allCounters((name) => counters[name] - (before.rose[name] ?? 0)),
    },
  }
}

/** Of a longer time: what was before the first, and is now in the second. */
export function addedNamespaces(first: NamespaceCode, second: NamespaceCode): NamespaceCode {
  const [a, b] = [decodeNamespace(first), decodeNamespace(second)]
  return encodeNamespace({ before: a.before, now: b.now })
}

function allCounters(count: (name: keyof TcpCounters) => number): TcpCounters {
  return Object.fromEntries(tcpNames.map((name) => [name, count(name)])) as TcpCounters
}
