import { loadSync } from '@grpc/proto-loader'
import { fileURLToPath } from 'node:url'

const definition = loadSync(
  [
    'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
    'opentelemetry/proto/collector/logs/v1/logs_service.proto',
  ],
  { includeDirs: [fileURLToPath(new URL('otlp-proto', import.meta.url))], longs: String, enums: String },
)

/** OTLP's own definitions of its services, in what @grpc/grpc-js takes. */
export const otlpServices = {
  metrics: serviceOf('opentelemetry.proto.collector.metrics.v1.MetricsService'),
  logs: serviceOf('opentelemetry.proto.collector.logs.v1.LogsService'),
}

function serviceOf(name: string): Extract<(typeof definition)[string], { Export?: unknown }> {
  const service = definition[name]
  if (!service || 'format' in service) throw new Error(`${name} is not in the .proto files`)
  return service
}

/** `AnyValue`, as far as it is there; what has 64 bits is text, as it has to be exact. */
export interface AnyValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string
  doubleValue?: number
  arrayValue?: { values: AnyValue[] }
}

export interface KeyValue {
  key: string
  value: AnyValue
}

export interface NumberPoint {
  attributes?: KeyValue[]
  startTimeUnixNano?: string
  timeUnixNano: string
  asDouble: number
}

export interface HistogramPoint {
  attributes?: KeyValue[]
  startTimeUnixNano: string
  timeUnixNano: string
  count: string
  sum: number
  scale: number
  zeroCount: string
  zeroThreshold: number
  positive: { offset: number; bucketCounts?: string[] }
  exemplars?: { filteredAttributes: KeyValue[]; timeUnixNano: string; asDouble: number }[]
  min?: number
  max?: number
}

export interface Metric {
  name: string
  description: string
  unit: string
  gauge?: { dataPoints: NumberPoint[] }
  sum?: { dataPoints: NumberPoint[]; aggregationTemporality: string; isMonotonic: boolean }
  exponentialHistogram?: { dataPoints: HistogramPoint[]; aggregationTemporality: string }
}

export interface LogRecord {
  timeUnixNano: string
  observedTimeUnixNano: string
  severityNumber: string
  severityText: string
  body: AnyValue
  attributes: KeyValue[]
  eventName: string
}

interface Resource {
  attributes: KeyValue[]
}

interface Scope {
  name: string
  version: string
}

export interface MetricsRequest {
  resourceMetrics: { resource: Resource; scopeMetrics: { scope: Scope; metrics?: Metric[] }[] }[]
}

export interface LogsRequest {
  resourceLogs: { resource: Resource; scopeLogs: { scope: Scope; logRecords?: LogRecord[] }[] }[]
}

export function decodeMetricsRequest(bytes: Uint8Array): MetricsRequest {
  return exportOf('metrics').requestDeserialize(Buffer.from(bytes)) as MetricsRequest
}

export function decodeLogsRequest(bytes: Uint8Array): LogsRequest {
  return exportOf('logs').requestDeserialize(Buffer.from(bytes)) as LogsRequest
}

/** An answer that says that a part was rejected. */
export function encodePartialSuccess(signal: 'metrics' | 'logs', rejected: number, errorMessage: string): Buffer {
  const counts = signal === 'metrics' ? { rejectedDataPoints: rejected } : { rejectedLogRecords: rejected }
  return exportOf(signal).responseSerialize({ partialSuccess: { ...counts, errorMessage } })
}

interface ExportMethod {
  requestDeserialize: (bytes: Buffer) => object
  responseSerialize: (value: object) => Buffer
}

function exportOf(signal: 'metrics' | 'logs'): ExportMethod {
  return (otlpServices[signal] as Record<string, unknown>)['Export'] as ExportMethod
}

/** Names with their values, of whatever type. */
export function valuesOf(attributes: readonly KeyValue[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, valueOf(value)]))
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: AnyValue): unknown {
  return (
    stringValue ??
    boolValue ??
    (intValue === undefined ? undefined : Number(intValue)) ??
    doubleValue ??
    arrayValue?.values.map((value) => valueOf(value))
  )
}
