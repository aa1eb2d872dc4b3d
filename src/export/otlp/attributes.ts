import type { ProtobufWriter } from './protobuf-writer.ts'

/** A whole number below 2^53 is sent as an integer, any other number as a double. */
export type AttributeValue = string | number | boolean | readonly string[]

/** Undefined: not known, and left out. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

/** Fields of `opentelemetry.proto.common.v1`. */
const keyValue = { key: 1, value: 2 }
const anyValue = { string: 1, boolean: 2, integer: 3, double: 4, array: 5 }

/** As a repeated `KeyValue`. */
export function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue
    writer.writeMessage(field, () => {
      writer.writeString(keyValue.key, name)
      writer.writeMessage(keyValue.value, () => writeValue(writer, value))
    })
  }
}

/** The inside of an `AnyValue`. */
function writeValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (typeof value === 'string') writer.writeString(anyValue.string, value)
  else if (typeof value === 'boolean') writer.writeBoolean(anyValue.boolean, value)
  else if (typeof value === 'number') writeNumber(writer, value)
  else writeArray(writer, value)
}

function writeNumber(writer: ProtobufWriter, value: number): void {
  if (Number.isSafeInteger(value)) writer.writeInteger(anyValue.integer, value)
  else writer.writeDouble(anyValue.double, value)
}

function writeArray(writer: ProtobufWriter, values: readonly string[]): void {
  writer.writeMessage(anyValue.array, () => {
    for (const value of values) writer.writeMessage(1, () => writer.writeString(anyValue.string, value))
  })
}
