/** What a figure usually is on a host at some time of day. */
export interface Normal {
  median: number
  /** Median of the absolute deviations from it. */
  mad: number
  samples: number
  /** Earlier days of which there are any. */
  days: number
}

/** Of the sockets of a service in a state. */
export interface StateNormal extends Normal {
  service: string
  state: string
}

/** As a median absolute deviation becomes a standard deviation where values are spread evenly around it. */
const madToDeviation = 1.4826
const leastDeviations = 3
const leastRatio = 2
/** Fewer sockets than that more are nothing. */
const leastMore = 10

/** Whether a value is out of what is usual, upwards. */
export function isUnusual(value: number, { median, mad }: Normal): boolean {
  return (
    value - median >= leastMore &&
    value >= leastRatio * median &&
    value - median > leastDeviations * madToDeviation * mad
  )
}

/** `9 x this host's normal (median 5 at this time of day, of 6 days)`. */
export function normalText(value: number, { median, days }: Normal): string {
  const of = `at this time of day, of ${days} ${days === 1 ? 'day' : 'days'}`
  if (median === 0) return `normally this host has none (${of})`
  const ratio = value / median
  return `${ratio >= 10 ? ratio.toFixed(0) : Number(ratio.toFixed(1))} x this host's normal (median ${Number(median.toFixed(1))} ${of})`
}
