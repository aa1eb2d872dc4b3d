import { readFileSync } from 'node:fs'

/** Text of a file of /proc or /sys; undefined where there is none, or the kernel refuses to read it. */
export function fileText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** `name value` or `name: value kB`, a line each, as in /proc/vmstat and /proc/meminfo; lines without a number are left out. */
export function namedNumbers(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, digits] = /^([^\s:]+):?\s+(\d+)(?:\s|$)/.exec(line) ?? []
    if (name !== undefined) found.set(name, Number(digits))
  }
  return found
}
