import type { NamespaceFacts } from '../model/host-facts.ts'

/**
 * The ports that connect() chooses from.
 *
 * @param range text of net.ipv4.ip_local_port_range: `32768	60999`
 * @param reserved text of net.ipv4.ip_local_reserved_ports: `8080,9000-9010`
 * @returns undefined for a range that is none
 */
export function parsePortRange(range: string, reserved: string): NamespaceFacts['portRange'] | undefined {
  const [, first, last] = /^(\d+)\s+(\d+)\s*$/.exec(range) ?? []
  if (first === undefined) return undefined
  const [low, high] = [Number(first), Number(last)]
  return { low, high, reserved: reservedPorts(reserved, low, high) }
}

/** How many ports of the list are from `low` to `high`; the kernel writes it in order, none twice. */
function reservedPorts(list: string, low: number, high: number): number {
  let sum = 0
  for (const part of list.trim().split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (first !== undefined) sum += Math.max(0, Math.min(high, Number(last)) - Math.max(low, Number(first)) + 1)
  }
  return sum
}
