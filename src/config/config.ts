import { z } from 'zod'
import { parseNumberChoice } from '../model/filter.ts'
import { readYaml } from './yaml-file.ts'

const names = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], { error: 'a name, or a list of names, is wanted' })
  .transform((value) => (typeof value === 'string' ? [value] : value))

const portBounds = { low: 1, high: 65_535 }

const ports = z
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

const service = z
  .strictObject({ comm: names.optional(), port: ports.optional(), container: names.optional() })
  .refine((patterns) => Object.values(patterns).some((pattern) => pattern !== undefined), {
    error: 'it must have one of comm, port, container',
  })

const config = z.strictObject({ services: z.record(z.string().min(1), service).optional() })

/** The file that tells wirelag what it cannot know. */
export type Config = z.infer<typeof config>

/** Which processes are a service: all that is given must be so; of a list, any. `*` in a name stands for any text. */
export type ServicePatterns = z.infer<typeof service>

/** @throws OperatorError, with file, line and key, for a file that is not as docs/config.md says */
export function readConfig(file: string): Config {
  return readYaml(file, config)
}
