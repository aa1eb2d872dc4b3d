import { containerText, serviceOf } from '../model/container.ts'
import type { EdgeProcess } from '../model/edge.ts'
import type { Task } from '../model/process.ts'
import type { Endpoint } from '../model/socket.ts'

/** `web (nginx, pid 812)`, `nginx (pid 812)`. */
export function who(process: EdgeProcess | Task): string {
  const container = process.identity?.container
  const name = container ? containerText(container) : serviceOf(process)
  return name === process.comm ? `${name} (pid ${process.pid})` : `${name} (${process.comm}, pid ${process.pid})`
}

/** `10.0.0.1:5432`, `[2001:db8::1]:5432`. */
export function endpointText({ address, port }: Endpoint): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** Milliseconds, as many digits as matter. */
export function msText(ns: number): string {
  const ms = ns / 1e6
  return `${ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(3)} ms`
}

export function percentText(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}

export function processOf({ pid, processStartNs: startNs, comm, cgroupId, identity }: Task): EdgeProcess {
  return { pid, startNs, comm, ...(cgroupId === undefined ? {} : { cgroupId }), ...(identity ? { identity } : {}) }
}

/** 0 to 1: half at `half`, towards 1 beyond. */
export function weightOf(value: number, half: number): number {
  return value <= 0 ? 0 : value / (value + half)
}
