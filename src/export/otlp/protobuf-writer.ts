const initialBytes = 4096
const encoder = new TextEncoder()

/** Wire types of https://protobuf.dev/programming-guides/encoding/ */
const varint = 0
const fixed64 = 1
const lengthDelimited = 2

/** Writes protobuf messages, field by field, by their numbers in the .proto files. */
export class ProtobufWriter {
  #bytes = new Uint8Array(initialBytes)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** What was written; it is not copied, so nothing may be written after. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  /** `uint32`, `uint64`, enums and `int64`: a whole number, exact below 2^53. */
  writeInteger(field: number, value: number): void {
    this.#tag(field, varint)
    this.#varint(value)
  }

  writeBoolean(field: number, value: boolean): void {
    this.writeInteger(field, value ? 1 : 0)
  }

  /** `sint32` */
  writeSigned(field: number, value: number): void {
    this.writeInteger(field, value < 0 ? -2 * value - 1 : 2 * value)
  }

  writeFixed64(field: number, value: bigint): void {
    this.#tag(field, fixed64)
    this.#reserve(8)
    this.#view.setBigUint64(this.#length, value, true)
    this.#length += 8
  }

  writeDouble(field: number, value: number): void {
    this.#tag(field, fixed64)
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  /** Half surrogates become U+FFFD: a string of protobuf is UTF-8. */
  writeString(field: number, value: string): void {
    this.writeMessage(field, () => {
      this.#reserve(value.length * 3)
      this.#length += encoder.encodeInto(value, this.#bytes.subarray(this.#length)).written
    })
  }

  /** A message that is encoded already, too. */
  writeBytes(field: number, bytes: Uint8Array): void {
    this.writeMessage(field, () => {
      this.#reserve(bytes.length)
      this.#bytes.set(bytes, this.#length)
      this.#length += bytes.length
    })
  }

  /** A repeated field of `uint64`. */
  writePackedIntegers(field: number, values: readonly number[]): void {
    this.writeMessage(field, () => {
      for (const value of values) this.#varint(value)
    })
  }

  /** A message in this one, or anything else that has its length before it. */
  writeMessage(field: number, write: () => void): void {
    this.#tag(field, lengthDelimited)
    const lengthAt = this.#length
    this.#reserve(1)
    this.#length++
    write()
    const end = this.#length
    const size = end - lengthAt - 1
    const more = varintBytes(size) - 1
    if (more > 0) {
      this.#reserve(more)
      this.#bytes.copyWithin(lengthAt + 1 + more, lengthAt + 1, end)
    }
    this.#length = lengthAt
    this.#varint(size)
    this.#length = end + more
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType)
  }

  #varint(value: number): void {
    this.#reserve(10)
    // Beyond 32 bits no bit operation; what is negative has 64 bits.
    let rest = value < 0 ? BigInt.asUintN(64, BigInt(value)) : value
    while (rest > 127) {
      this.#bytes[this.#length++] = Number(BigInt.asUintN(7, BigInt(rest))) | 128
      rest = typeof rest === 'bigint' ? rest >> 7n : Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++
  return bytes
}
