import { encodeMetrics } from '../../export/otlp/metrics-request.ts'
import type { OtlpSource } from '../../export/otlp/resource.ts'
import type { MetricSnapshot } from '../../model/metric.ts'
import type { ExportSource } from './export-source.ts'
import type { SendResult } from './otlp-transport.ts'

/** Every metric as it is when it is asked for: sums only grow, so an export that was lost is made up for by the next. */
export class MetricsSource implements ExportSource {
  readonly signal = 'metrics'
  readonly hasMore = false
  readonly #snapshot: () => MetricSnapshot
  readonly #source: OtlpSource
  dropped = 0

  constructor(snapshot: () => MetricSnapshot, source: OtlpSource) {
    this.#snapshot = snapshot
    this.#source = source
  }

  request(): Uint8Array<ArrayBuffer> {
    return encodeMetrics(this.#snapshot(), this.#source)
  }

  /** One of which a part was rejected counts as well. */
  settle(result: SendResult): void {
    if (result.outcome !== 'taken' || result.rejected > 0) this.dropped++
  }
}
