import { z } from 'zod'
import { names, ports } from './values.ts'

const service = z
  .strictObject({ comm: names.optional(), port: ports.optional(), container: names.optional() })
  .refine((patterns) => Object.values(patterns).some((pattern) => pattern !== undefined), {
    error: 'it must have one of comm, port, container',
  })

export const services = z.record(z.string().min(1), service)

/** Which processes are a service: all that is given must be so; of a list, any. `*` in a name stands for any text. */
export type ServicePatterns = z.infer<typeof service>
