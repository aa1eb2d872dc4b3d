import { z } from 'zod'

/** `choose` takes a value and says by which schema it is to be read; that schema's errors are then this one's. */
export function chosenSchema<T>(choose: (value: unknown) => z.ZodType<T>): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    const result = choose(value).safeParse(value)
    if (result.success) return result.data
    for (const issue of result.error.issues) {
      // As it is, an unknown key would not keep zod from what is to be done with the value.
      const isUnknownKey = issue.code === 'unrecognized_keys'
      const path = isUnknownKey ? [...issue.path, issue.keys[0]!] : issue.path
      context.addIssue({ code: 'custom', path, message: isUnknownKey ? 'there is no such key' : issue.message })
    }
    return z.NEVER
  })
}

/** Refuses whatever it is. */
export function refused(message: string): z.ZodType<never> {
  return z.never({ error: message })
}

/** `off`, which YAML once read as false. */
export function isOff(value: unknown): boolean {
  return value === 'off' || value === false
}

export const off: z.ZodType<undefined> = z.unknown().transform(() => undefined)
