/** A histogram by which HTTP servers and proxies tell how long their requests take. */
interface HttpHistogram {
  name: string
  unitMs: 1 | 1000
  /** Labels that tell the service, the best first. */
  labels: readonly string[]
}

const common = ['exported_service', 'service', 'service_name', 'app', 'exported_job', 'job']

const seconds = (name: string, labels: readonly string[] = []): HttpHistogram => ({
  name,
  unitMs: 1000,
  labels: [...labels, ...common],
})

const milliseconds = (name: string, labels: readonly string[] = []): HttpHistogram => ({
  ...seconds(name, labels),
  unitMs: 1,
})

/** Those of servers before those of proxies: both may tell of the same service. */
export const httpHistograms: readonly HttpHistogram[] = [
  // OpenTelemetry, as it is now and as it was.
  seconds('http_server_request_duration_seconds'),
  seconds('http_server_duration_seconds'),
  milliseconds('http_server_duration_milliseconds'),
  // Client libraries, Micrometer, Flask, FastAPI, Django, Caddy, gin.
  seconds('http_request_duration_seconds'),
  milliseconds('http_request_duration_milliseconds'),
  seconds('http_server_requests_seconds'),
  seconds('flask_http_request_duration_seconds'),
  seconds('http_request_duration_highr_seconds'),
  seconds('django_http_requests_latency_seconds_by_view_method'),
  seconds('caddy_http_request_duration_seconds'),
  seconds('gin_request_duration_seconds'),
  // Proxies.
  seconds('nginx_ingress_controller_request_duration_seconds'),
  seconds('traefik_service_request_duration_seconds'),
  milliseconds('istio_request_duration_milliseconds', ['destination_service_name']),
  milliseconds('envoy_cluster_upstream_rq_time', ['envoy_cluster_name']),
  milliseconds('envoy_http_downstream_rq_time', ['envoy_http_conn_manager_prefix']),
]

/** Fewer requests have no p95. */
const leastRequests = 10

/** What `/api/v1/label/__name__/values` is asked for. */
export const httpHistogramMatch = `{__name__=~"${httpHistograms.map(({ name }) => `${name}_bucket`).join('|')}"}`

/** The p95, in milliseconds, of each service that a histogram tells of. */
export function p95Query({ name, unitMs, labels }: HttpHistogram, windowMs: number): string {
  const by = `by (${labels.join(', ')}`
  const range = `[${Math.max(1, Math.round(windowMs / 1000))}s]`
  return (
    `${unitMs} * histogram_quantile(0.95, sum ${by}, le) (rate(${name}_bucket${range}))) ` +
    `and sum ${by}) (increase(${name}_count${range})) >= ${leastRequests}`
  )
}

/** What a sample is of; of a query of the user's own that has none of the usual labels, all that it has. */
export function httpServiceOf(labels: Readonly<Record<string, string>>, wanted: readonly string[] = common): string {
  const name = wanted.map((label) => labels[label]).find((value) => value !== undefined && value !== '')
  if (name !== undefined) return name
  const rest = Object.entries(labels).filter(([label]) => label !== '__name__')
  return rest.map(([, value]) => value).join(' ') || 'all'
}
