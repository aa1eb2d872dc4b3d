import { edgeMetrics, hostMetrics } from '../../src/pipeline/metrics/metric-definitions.ts'

/** Every series name that an agent's page may have. */
export function knownMetrics(): Set<string> {
  const definitions = [...Object.values(edgeMetrics), ...Object.values(hostMetrics)]
  return new Set(
    definitions.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
  )
}
