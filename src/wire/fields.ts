// The field types of wire.gen.ts that DataView has no method for.
import { formatAddress, parseAddress } from '../lib/ip-address.ts'
import { InternTable } from '../lib/intern-table.ts'

const decoder = new TextDecoder()

/** Distinct comms and addresses that are kept decoded. */
const maxInterned = 8192
const texts = new InternTable(maxInterned, (bytes) => {
  const end = bytes.indexOf(0)
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
})
const addresses = new InternTable(maxInterned, formatAddress)

/** WL_UNKNOWN_NS as readU64 reads it. */
export const unknownNs = 2 ** 64

/** A u64 as a number: exact below 2^53, which is 104 days in nanoseconds. */
export function readU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 0x1_0000_0000 + view.getUint32(offset, true)
}

export function writeU64(view: DataView, offset: number, value: number): void {
  view.setBigUint64(offset, BigInt(value), true)
}

/** An array of u32: in place where it is aligned, so it changes with the bytes below it. Both kernels are little-endian. */
export function readU32s(view: DataView, offset: number, count: number): Uint32Array {
  const start = view.byteOffset + offset
  if (start % 4 === 0) return new Uint32Array(view.buffer, start, count)
  return new Uint32Array(view.buffer.slice(start, start + 4 * count))
}

/** @throws RangeError for more items than places; those that are left stay zero */
export function writeU32s(view: DataView, offset: number, items: ArrayLike<number>, places: number): void {
  if (items.length > places) throw new RangeError(`${items.length} values where ${places} fit`)
  for (let i = 0; i < items.length; i++) view.setUint32(offset + 4 * i, items[i] ?? 0, true)
}

/** char[16]: a comm, which any program may set to any bytes; what is no UTF-8 becomes U+FFFD. */
export function readText(view: DataView, offset: number): string {
  return texts.read(view, offset)
}

/** A longer char array, up to its first zero; what is no UTF-8 becomes U+FFFD. */
export function readLongText(view: DataView, offset: number, places: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, places)
  const end = bytes.indexOf(0)
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** struct wl_address as text: dotted for an IPv4-mapped address, RFC 5952 for the others. */
export function readAddress(view: DataView, offset: number): string {
  return addresses.read(view, offset)
}

/** @throws SyntaxError for a text that is no address */
export function writeAddress(view: DataView, offset: number, address: string): void {
  parseAddress(address).forEach((byte, i) => view.setUint8(offset + i, byte))
}

/**
 * Writes the items of a fixed-size array; the places that are left stay zero.
 *
 * @throws RangeError for more items than places
 */
export function writeEach<T>(items: readonly T[], places: number, write: (item: T, index: number) => void): void {
  if (items.length > places) throw new RangeError(`${items.length} values where ${places} fit`)
  items.forEach(write)
}
