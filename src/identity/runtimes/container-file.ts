import { readFileSync, statSync } from 'node:fs'
import type { Container } from '../../model/container.ts'

/** What a runtime's file tells of one container. */
export type ContainerFacts = Pick<Container, 'runtime' | 'name' | 'image' | 'compose' | 'pod'>

export const noFacts: ContainerFacts = {
  runtime: undefined,
  name: undefined,
  image: undefined,
  compose: undefined,
  pod: undefined,
}

/** A file that a runtime writes, and how to read one container out of it. */
export interface ContainerFile {
  path: string
  /** @returns undefined where the file does not tell of this container @throws on what is not as expected */
  read: (json: unknown, id: string) => ContainerFacts | undefined
}

/** A file's content as JSON, read again only when it has changed. */
export class JsonFile {
  readonly #path: string
  #stamp = ''
  #json: unknown

  constructor(path: string) {
    this.#path = path
  }

  /** @returns undefined where there is no such file, or no JSON in it */
  read(): { json: unknown; isNew: boolean } | undefined {
    const stat = statSync(this.#path, { throwIfNoEntry: false, bigint: true })
    if (!stat) return undefined
    const stamp = `${stat.ino} ${stat.mtimeNs} ${stat.size}`
    if (stamp === this.#stamp) return { json: this.#json, isNew: false }
    try {
      this.#json = JSON.parse(readFileSync(this.#path, 'utf8'))
    } catch {
      return undefined
    }
    this.#stamp = stamp
    return { json: this.#json, isNew: true }
  }
}

/** A member of what may be any JSON. */
export function member(json: unknown, ...names: readonly string[]): unknown {
  let value = json
  for (const name of names)
    value = typeof value === 'object' && value ? (value as Record<string, unknown>)[name] : undefined
  return value
}

/** The same, where it is a text that is not empty. */
export function textMember(json: unknown, ...names: readonly string[]): string | undefined {
  const value = member(json, ...names)
  return typeof value === 'string' && value !== '' ? value : undefined
}
