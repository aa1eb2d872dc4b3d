/** Of gRPC, by number: https://grpc.io/docs/guides/status-codes/ */
export const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** Those that OTLP allows to be tried again. */
const passing = new Set(['CANCELLED', 'DEADLINE_EXCEEDED', 'ABORTED', 'OUT_OF_RANGE', 'UNAVAILABLE', 'DATA_LOSS'])

/** Whether the same may be taken later. Too much at once passes only where the server says when. */
export function passes(code: number, retryAfterMs: number | undefined): boolean {
  const name = statusNames[code] ?? ''
  return passing.has(name) || (name === 'RESOURCE_EXHAUSTED' && retryAfterMs !== undefined)
}

const prefixBytes = 5

/** With its prefix: whether it is compressed, and its length. */
export function grpcMessage(bytes: Uint8Array, isCompressed: boolean): Buffer {
  const message = Buffer.alloc(prefixBytes + bytes.length)
  message.writeUInt8(isCompressed ? 1 : 0)
  message.writeUInt32BE(bytes.length, 1)
  message.set(bytes, prefixBytes)
  return message
}

/** The first message, which has to be there as it is: no compression is asked for. Empty where there is none. */
export function messageOf(body: Buffer): Uint8Array {
  if (body.length < prefixBytes || body.readUInt8() !== 0) return new Uint8Array()
  return body.subarray(prefixBytes, prefixBytes + body.readUInt32BE(1))
}
