/** Samples of a page in Prometheus' text, by their series as it is written. */
export function sampleSums(page: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>()
  for (const line of page.split('\n')) {
    const end = line.lastIndexOf(' ')
    if (end > 0 && !line.startsWith('#')) samples.set(line.slice(0, end), Number(line.slice(end + 1)))
  }
  return samples
}

/** Of a metric's series that have a text in their labels. */
export function sumOf(samples: ReadonlyMap<string, number>, name: string, labels = ''): number {
  let sum = 0
  for (const [series, value] of samples) {
    const brace = series.indexOf('{')
    const own = brace < 0 ? series : series.slice(0, brace)
    if (own === name && series.includes(labels)) sum += value
  }
  return sum
}
