import { protobufFields, protobufText } from './protobuf-reader.ts'

/** What the receiver says of a request that it took: both 0 and empty where it took all. */
export interface OtlpAnswer {
  /** Points or records that it did not take. */
  rejected: number
  /** Why, or a warning though it took all; the receiver's own words. */
  message: string
}

/** Fields of `Export…ServiceResponse`, the same for metrics and logs. */
const partialSuccess = 1
const rejectedField = 1
const messageField = 2

/** @throws RangeError for bytes that are no message */
export function decodeAnswer(bytes: Uint8Array): OtlpAnswer {
  const answer: OtlpAnswer = { rejected: 0, message: '' }
  for (const part of protobufFields(bytes)) {
    if (part.field !== partialSuccess || !('bytes' in part)) continue
    for (const field of protobufFields(part.bytes)) {
      if (field.field === rejectedField && 'value' in field) answer.rejected = field.value
      else if (field.field === messageField && 'bytes' in field) answer.message = protobufText(field.bytes)
    }
  }
  return answer
}

/** Fields of `google.rpc.Status`, its details (`Any`), `RetryInfo` and `Duration`. */
const statusDetails = 3
const any = { type: 1, value: 2 }
const retryDelay = 1
const duration = { seconds: 1, nanos: 2 }

/**
 * How long the receiver asks to wait, of gRPC's `grpc-status-details-bin`; undefined: it does not say.
 *
 * @throws RangeError for bytes that are no message
 */
export function decodeRetryDelayMs(bytes: Uint8Array): number | undefined {
  for (const detail of bytesOf(bytes, statusDetails)) {
    const [type] = bytesOf(detail, any.type)
    const [value] = bytesOf(detail, any.value)
    if (!type || !value || !protobufText(type).endsWith('/google.rpc.RetryInfo')) continue
    const [delay] = bytesOf(value, retryDelay)
    if (!delay) continue
    let delayMs = 0
    for (const field of protobufFields(delay)) {
      if (!('value' in field)) continue
      if (field.field === duration.seconds) delayMs += field.value * 1000
      else if (field.field === duration.nanos) delayMs += field.value / 1e6
    }
    return delayMs
  }
  return undefined
}

function bytesOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const fields = [...protobufFields(message)]
  return fields.flatMap((field) => (field.field === wanted && 'bytes' in field ? [field.bytes] : []))
}
