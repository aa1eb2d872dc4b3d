import type { Book } from '../model/book.ts'

/** What became of events between two readings of the books. */
export function bookChanges(before: readonly Book[], now: readonly Book[]): Book[] {
  const known = new Map(before.map((book) => [book.signal, book]))
  return now.map((book) => {
    const { attempted = 0, delivered = 0, lost = 0, filtered = 0, invalid = 0 } = known.get(book.signal) ?? {}
    return {
      signal: book.signal,
      attempted: book.attempted - attempted,
      delivered: book.delivered - delivered,
      lost: book.lost - lost,
      filtered: book.filtered - filtered,
      invalid: book.invalid - invalid,
    }
  })
}
