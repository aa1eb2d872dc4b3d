import { z } from 'zod'
import { durationNs, sizeBytes } from './values.ts'

/** The flight recorder: where it is, and how much it keeps. */
export const recorder = z.strictObject({
  folder: z.string().min(1).optional(),
  /** `clickhouse://…`; absent: SQLite in the folder. */
  store: z
    .string()
    .regex(/^clickhouse:\/\//, { error: 'clickhouse://[user:password@]host[:port]/database is wanted' })
    .optional(),
  maxSize: sizeBytes.optional(),
  maxAge: durationNs.optional(),
})
