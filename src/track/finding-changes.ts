import { processKey } from '../model/edge-text.ts'
import type { Finding } from '../model/finding.ts'

/** A finding that came, or that is over. */
export interface FindingChange {
  change: 'found' | 'over'
  finding: Finding
  /** When it was first found, in milliseconds since 1970. */
  sinceUnixMs: number
}

interface Standing {
  finding: Finding
  sinceUnixMs: number
  /** Diagnoses in a row that did not find it. */
  misses: number
}

/** What is the same finding, diagnosis after diagnosis: its cause and whose it is. */
export function findingKey({ cause, culprit }: Finding): string {
  return `${cause} ${culprit ? processKey(culprit) : ''}`
}

/** Tells what changes from one diagnosis to the next. A finding is over when a few in a row have not found it. */
export class FindingChanges {
  readonly #patience: number
  readonly #standing = new Map<string, Standing>()

  /** @param patience diagnoses in a row without a finding after which it is over */
  constructor(patience = 3) {
    this.#patience = patience
  }

  /** Those that stand now, as they were found last. */
  get standing(): Finding[] {
    return [...this.#standing.values()].map(({ finding }) => finding)
  }

  update(findings: readonly Finding[], unixMs: number): FindingChange[] {
    const changes: FindingChange[] = []
    const seen = new Set<string>()
    for (const finding of findings) {
      const key = findingKey(finding)
      seen.add(key)
      const known = this.#standing.get(key)
      if (known) Object.assign(known, { finding, misses: 0 })
      else {
        this.#standing.set(key, { finding, sinceUnixMs: unixMs, misses: 0 })
        changes.push({ change: 'found', finding, sinceUnixMs: unixMs })
      }
    }
    for (const [key, standing] of this.#standing) {
      if (seen.has(key)) continue
      standing.misses++
      if (standing.misses < this.#patience) continue
      this.#standing.delete(key)
      changes.push({ change: 'over', finding: standing.finding, sinceUnixMs: standing.sinceUnixMs })
    }
    return changes
  }
}
