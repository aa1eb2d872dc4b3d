import type { LogLinearHistogram } from '../../histogram/log-linear-histogram.ts'
import type { Exemplar, MetricFamily, MetricPoint, MetricSnapshot } from '../../model/metric.ts'
import { writeAttributes } from './attributes.ts'
import { exponentialHistogram } from './exponential-histogram.ts'
import { otelLabels } from './otel-labels.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import { writeResource, writeScope, type OtlpSource } from './resource.ts'

/** Fields of `opentelemetry.proto.metrics.v1`. */
const resourceMetrics = { resource: 1, scopeMetrics: 2 }
const scopeMetrics = { scope: 1, metrics: 2 }
const metric = { name: 1, description: 2, unit: 3, gauge: 5, sum: 7, exponentialHistogram: 10 }
const data = { points: 1, temporality: 2, isMonotonic: 3 }
const numberPoint = { startTime: 2, time: 3, double: 4, attributes: 7 }
const histogramPoint = {
  attributes: 1,
  startTime: 2,
  time: 3,
  count: 4,
  sum: 5,
  scale: 6,
  zeroCount: 7,
  positive: 8,
  exemplars: 11,
  max: 13,
  zeroThreshold: 14,
}
const buckets = { offset: 1, counts: 2 }
const exemplar = { time: 2, double: 3, attributes: 7 }

const cumulative = 2

/** The `ExportMetricsServiceRequest` of a moment: cumulative sums, gauges, exponential histograms in seconds. */
export function encodeMetrics(snapshot: MetricSnapshot, source: OtlpSource): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter()
  const times = { time: unixNs(snapshot.unixMs), startTime: unixNs(snapshot.startUnixMs) }
  writer.writeMessage(1, () => {
    writeResource(writer, resourceMetrics.resource, source)
    writer.writeMessage(resourceMetrics.scopeMetrics, () => {
      writeScope(writer, scopeMetrics.scope, source)
      for (const family of snapshot.families)
        if (family.points.length > 0)
          writer.writeMessage(scopeMetrics.metrics, () => writeFamily(writer, family, times))
    })
  })
  return writer.finish()
}

interface Times {
  time: bigint
  startTime: bigint
}

const dataFields = { gauge: metric.gauge, counter: metric.sum, histogram: metric.exponentialHistogram }

function writeFamily(writer: ProtobufWriter, family: MetricFamily, times: Times): void {
  writer.writeString(metric.name, family.otelName)
  writer.writeString(metric.description, family.help)
  writer.writeString(metric.unit, family.unit)
  writer.writeMessage(dataFields[family.type], () => {
    for (const point of family.points) writePoint(writer, family, point, times)
    if (family.type !== 'gauge') writer.writeInteger(data.temporality, cumulative)
    if (family.type === 'counter') writer.writeBoolean(data.isMonotonic, true)
  })
}

function writePoint(writer: ProtobufWriter, family: MetricFamily, point: MetricPoint, times: Times): void {
  const { value } = point
  const attributes = otelLabels(family, point.labels)
  if (typeof value !== 'number') {
    writer.writeMessage(data.points, () => {
      writeAttributes(writer, histogramPoint.attributes, attributes)
      writeHistogram(writer, value, times)
      for (const one of point.exemplars ?? [])
        writer.writeMessage(histogramPoint.exemplars, () => writeExemplar(writer, one))
    })
  } else if (Number.isFinite(value)) {
    writer.writeMessage(data.points, () => {
      writeAttributes(writer, numberPoint.attributes, attributes)
      if (family.type === 'counter') writer.writeFixed64(numberPoint.startTime, times.startTime)
      writer.writeFixed64(numberPoint.time, times.time)
      // Always: a series is not whole numbers at one moment and fractions at the next.
      writer.writeDouble(numberPoint.double, value)
    })
  }
}

/** No least value: it is not known. */
function writeHistogram(writer: ProtobufWriter, histogram: LogLinearHistogram, times: Times): void {
  const { scale, zeroCount, zeroThresholdSeconds, offset, counts } = exponentialHistogram(histogram)
  writer.writeFixed64(histogramPoint.startTime, times.startTime)
  writer.writeFixed64(histogramPoint.time, times.time)
  writer.writeFixed64(histogramPoint.count, BigInt(histogram.count))
  writer.writeDouble(histogramPoint.sum, histogram.sumNs / 1e9)
  writer.writeSigned(histogramPoint.scale, scale)
  writer.writeFixed64(histogramPoint.zeroCount, BigInt(zeroCount))
  writer.writeMessage(histogramPoint.positive, () => {
    writer.writeSigned(buckets.offset, offset)
    writer.writePackedIntegers(buckets.counts, counts)
  })
  if (histogram.count > 0) writer.writeDouble(histogramPoint.max, histogram.maxNs / 1e9)
  writer.writeDouble(histogramPoint.zeroThreshold, zeroThresholdSeconds)
}

function writeExemplar(writer: ProtobufWriter, { valueNs, unixMs, incidentId }: Exemplar): void {
  writeAttributes(writer, exemplar.attributes, { 'wirelag.incident.id': incidentId })
  writer.writeFixed64(exemplar.time, unixNs(unixMs))
  writer.writeDouble(exemplar.double, valueNs / 1e9)
}

/** Of milliseconds since 1970, exact to the microsecond. */
function unixNs(unixMs: number): bigint {
  return BigInt(Math.round(unixMs * 1000)) * 1000n
}
