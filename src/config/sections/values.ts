import { z } from 'zod'
import { parseByteSize } from '../../lib/byte-size.ts'
import { parseDurationNs } from '../../lib/duration.ts'
import { parseNumberChoice } from '../../model/filter.ts'

/** A text that is parsed, whose SyntaxError or RangeError is what is wrong with it. */
export function parsed<T>(wanted: string, parse: (text: string) => T): z.ZodType<T> {
  return z.union([z.string(), z.number()], { error: `${wanted} is wanted` }).transform((value, context) => {
    try {
      return parse(String(value))
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })
}

/** Nanoseconds: `20ms`, `5m`, `7d`. */
export const durationNs = parsed('a duration, as 20ms or 5m,', parseDurationNs)

/** Bytes: `512M`, `1G`. */
export const sizeBytes = parsed('a size, as 512M or 1G,', parseByteSize)

/** Of one: `5%` is 0.05. */
export const percentShare = parsed('a percentage, as 5%,', (text) => {
  const percent = /^\d+(\.\d+)?%$/.test(text) ? Number.parseFloat(text) : 0
  if (!(percent > 0 && percent <= 1000)) throw new SyntaxError(`'${text}' is not a percentage, as 5%`)
  return percent / 100
})

/** One name or many; `*` stands for any text. */
export const names = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], { error: 'a name, or a list of names, is wanted' })
  .transform((value) => (typeof value === 'string' ? [value] : value))

const portBounds = { low: 1, high: 65_535 }

/** One port, a range, or many of them. */
export const ports = z
  .union([z.number(), z.string(), z.array(z.union([z.number(), z.string()])).min(1)], {
    error: 'a port, a range such as 9000-9010, or a list of them is wanted',
  })
  .transform((value, context) => {
    try {
      return parseNumberChoice((Array.isArray(value) ? value : [value]).join(','), portBounds).include
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })
