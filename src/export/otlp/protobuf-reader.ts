/** A field of a message, by its number in the .proto file: a number, or what has its length before it. */
export type ProtobufField = { field: number; value: number } | { field: number; bytes: Uint8Array }

const decoder = new TextDecoder()

/**
 * The fields of a message, in their order; fixed-width ones are passed over, as no answer of OTLP has any that matters.
 *
 * @throws RangeError for bytes that are no message
 */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || factor > 2 ** 63) throw new RangeError('the message is cut off')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    const wireType = tag % 8
    if (wireType === 0) {
      yield { field, value: varint() }
    } else if (wireType === 1 || wireType === 5) {
      at += wireType === 1 ? 8 : 4
    } else if (wireType === 2) {
      const length = varint()
      if (at + length > bytes.length) throw new RangeError('the message is cut off')
      yield { field, bytes: bytes.subarray(at, at + length) }
      at += length
    } else {
      throw new RangeError(`there is no wire type ${wireType}`)
    }
  }
}

/** Text of a field. */
export function protobufText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
