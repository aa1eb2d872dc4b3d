import { writeAttributes, type Attributes } from './attributes.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import { writeResource, writeScope, type OtlpSource } from './resource.ts'

/** What happened once: a `LogRecord`. */
export interface OtlpLogRecord {
  unixNs: bigint
  severity: keyof typeof severityNumbers
  /** Says which attributes it has. */
  eventName: string
  body: string
  attributes: Attributes
}

const severityNumbers = { INFO: 9, WARN: 13, ERROR: 17 }

/** Fields of `opentelemetry.proto.logs.v1`. */
const resourceLogs = { resource: 1, scopeLogs: 2 }
const scopeLogs = { scope: 1, records: 2 }
const logRecord = { time: 1, severity: 2, severityText: 3, body: 5, attributes: 6, observedTime: 11, eventName: 12 }
const stringValue = 1

/** The `LogRecord` alone, so that it is known what waiting ones take. */
export function encodeLogRecord(record: OtlpLogRecord, observedUnixNs: bigint): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter()
  writer.writeFixed64(logRecord.time, record.unixNs)
  writer.writeFixed64(logRecord.observedTime, observedUnixNs)
  writer.writeInteger(logRecord.severity, severityNumbers[record.severity])
  writer.writeString(logRecord.severityText, record.severity)
  writer.writeMessage(logRecord.body, () => writer.writeString(stringValue, record.body))
  writeAttributes(writer, logRecord.attributes, record.attributes)
  writer.writeString(logRecord.eventName, record.eventName)
  return writer.finish().slice()
}

/** The `ExportLogsServiceRequest` of records as `encodeLogRecord` gives them. */
export function encodeLogs(records: readonly Uint8Array[], source: OtlpSource): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter()
  writer.writeMessage(1, () => {
    writeResource(writer, resourceLogs.resource, source)
    writer.writeMessage(resourceLogs.scopeLogs, () => {
      writeScope(writer, scopeLogs.scope, source)
      for (const record of records) writer.writeBytes(scopeLogs.records, record)
    })
  })
  return writer.finish()
}
