/** What was measured of one store, and what it would be of more hosts if everything grew with them: arithmetic. */
export interface MeasuredFleet {
  hosts: number
  samplesPerSecond: number
  activeSeries: number
  cpuShare: number
  rssBytes: number
  bytesPerSample: number
}

export interface LargerFleet {
  activeSeries: number
  samplesPerSecond: number
  cpus: number
  rssBytes: number
  diskBytesPerDay: number
}

const secondsPerDay = 86_400

/**
 * @param intervalSeconds of its scrapes
 * @param seriesShare of the series that the measured hosts have
 */
export function largerFleet(
  measured: MeasuredFleet,
  hosts: number,
  intervalSeconds: number,
  seriesShare = 1,
): LargerFleet {
  const activeSeries = (measured.activeSeries / measured.hosts) * hosts * seriesShare
  const samplesPerSecond = activeSeries / intervalSeconds
  return {
    activeSeries,
    samplesPerSecond,
    cpus: measured.cpuShare * (samplesPerSecond / measured.samplesPerSecond),
    rssBytes: measured.rssBytes * (activeSeries / measured.activeSeries),
    diskBytesPerDay: samplesPerSecond * secondsPerDay * measured.bytesPerSample,
  }
}
