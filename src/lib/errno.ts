import { constants } from 'node:os'

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))

/** Name of an errno of this machine: `ECONNREFUSED`; `E123` for a number that has none. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`
}
