import type { TextChoice } from './filter.ts'

/** Whether one of the names is wanted. What has no name passes only where nothing is included. */
export function passesText(choice: TextChoice | undefined, names: readonly (string | undefined)[]): boolean {
  if (!choice) return true
  const is = (pattern: string): boolean =>
    names.some((name) => name !== undefined && name !== '' && matches(pattern, name))
  return (choice.include.length === 0 || choice.include.some(is)) && !choice.exclude.some(is)
}

/** Whether a name is the pattern, in which `*` stands for any text. */
export function matches(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  if (others.length === 0) return name === pattern
  const last = others.pop() ?? ''
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let from = first.length
  for (const part of others) {
    const found = name.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return from <= name.length - last.length
}
