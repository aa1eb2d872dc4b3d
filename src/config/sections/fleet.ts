import { z } from 'zod'
import { httpHeaders, httpUrl } from './http-values.ts'

/** Where `wirelag fleet` reads what it compares. */
export const fleet = z
  .strictObject({
    prometheus: httpUrl.optional(),
    /** Sent to it. */
    headers: httpHeaders.optional(),
    /** `clickhouse://…`, or a folder. */
    store: z.string().min(1).optional(),
    /** With wirelag's dashboards. */
    grafana: httpUrl.optional(),
  })
  .refine(({ prometheus, store }) => prometheus === undefined || store === undefined, {
    error: 'prometheus and store exclude each other',
  })
