import { z } from 'zod'

/** Under it there is no room for what every host has. */
const leastSeries = 500
const mostSeries = 1_000_000
const wanted = `a number of series from ${leastSeries} to ${mostSeries} is wanted`

/** What leaves as metrics. */
export const metrics = z.strictObject({
  maxSeries: z.int({ error: wanted }).min(leastSeries, { error: wanted }).max(mostSeries, { error: wanted }).optional(),
})
