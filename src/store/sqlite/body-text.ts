import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { bodyDictionary } from './body-dictionary.ts'

/** Shorter ones are kept as they are. */
const minPackedLength = 96
/** The first byte of what is packed: with which dictionary. */
const packing = 1
/** zlib's defaults would fill 256 KiB of tables for each text of some hundred bytes. */
const compression = { level: 6, memLevel: 5, windowBits: 13, dictionary: bodyDictionary }

/** The JSON of a body as it is kept: short texts as they are, others packed. */
export function packBody(json: string): string | Uint8Array {
  if (json.length < minPackedLength) return json
  const packed = deflateRawSync(json, compression)
  const bytes = new Uint8Array(packed.length + 1)
  bytes[0] = packing
  bytes.set(packed, 1)
  return bytes.length < json.length ? bytes : json
}

/** @throws Error for what packBody() did not make */
export function unpackBody(body: string | Uint8Array): string {
  if (typeof body === 'string') return body
  if (body[0] !== packing) throw new RangeError(`a body is packed in way ${body[0]}, which is not known`)
  return inflateRawSync(body.subarray(1), { windowBits: 13, dictionary: bodyDictionary }).toString()
}
