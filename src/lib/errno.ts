import { constants } from 'node:os'

/** Other names of the same numbers on Linux: the first name is what programs say. */
const synonyms = new Set(['EWOULDBLOCK', 'ENOTSUP', 'EDEADLOCK'])

const names = new Map(
  Object.entries(constants.errno).flatMap(([name, number]) => (synonyms.has(name) ? [] : [[number, name]])),
)

/** Name of an errno of this machine: `ECONNREFUSED`; `E123` for a number that has none. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`
}
