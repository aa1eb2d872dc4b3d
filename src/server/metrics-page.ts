import { expositionContentTypes, renderPrometheus, type ExpositionFormat } from '../export/prometheus.ts'
import type { MetricSnapshot } from '../model/metric.ts'
import { acceptedFormat } from './accepted-format.ts'
import { gzipped, send, takesGzip, type Route } from './route.ts'

/** Where metrics come from. */
export interface MetricSource {
  /** Everything as it is now. */
  snapshot(): MetricSnapshot
  /** Another one means that there is something new. */
  readonly version: number
}

interface Page {
  version: number
  /** The same bytes for all, also for those who take them slowly. */
  plain: Buffer
  compressed: Promise<Buffer> | undefined
}

/** `/metrics`: rendered once for all who ask between two changes, so that asking often costs little. */
export function metricsRoute(source: MetricSource): Route {
  const pages = new Map<ExpositionFormat, Page>()
  return async (request, response) => {
    const format = acceptedFormat(request.headers.accept)
    let page = pages.get(format)
    if (page?.version !== source.version) {
      const plain = Buffer.from(renderPrometheus(source.snapshot(), format))
      page = { version: source.version, plain, compressed: undefined }
      pages.set(format, page)
    }
    const contentType = expositionContentTypes[format]
    const headers = { vary: 'accept, accept-encoding' }
    if (!takesGzip(request)) {
      send(request, response, { contentType, headers, body: page.plain })
      return
    }
    page.compressed ??= gzipped(page.plain)
    const body = await page.compressed
    send(request, response, { contentType, headers: { ...headers, 'content-encoding': 'gzip' }, body })
  }
}
