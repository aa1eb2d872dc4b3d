import ipaddr from 'ipaddr.js'

/** 16 bytes, and how many of their leading bits count. */
export interface Network {
  bytes: Uint8Array
  prefixBits: number
}

const addressBytes = 16

/** Text of a 16-byte address: dotted for an IPv4-mapped one, RFC 5952 for the others. */
export function formatAddress(bytes: Uint8Array): string {
  const address = new ipaddr.IPv6([...bytes])
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String()
}

/**
 * The 16 bytes of an address, IPv4 as IPv4-mapped.
 *
 * @throws SyntaxError for a text that is no address
 */
export function parseAddress(text: string): Uint8Array {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text))
    throw new SyntaxError(`'${text}' is not an IP address`)
  const address = ipaddr.parse(text)
  const sixteen = address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address
  return Uint8Array.from(sixteen.toByteArray())
}

/**
 * An address, or a network in CIDR notation, its host bits cleared: `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`.
 *
 * @throws SyntaxError for anything else
 */
export function parseNetwork(text: string): Network {
  const [addressText = '', prefixText, ...rest] = text.split('/')
  const bytes = parseAddress(addressText)
  const isIpv4 = !addressText.includes(':')
  const maxPrefix = isIpv4 ? 32 : 128
  const prefix = prefixText === undefined ? maxPrefix : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN
  if (rest.length > 0 || !(prefix <= maxPrefix))
    throw new SyntaxError(`'${text}' is not a network: the prefix is a number from 0 to ${maxPrefix}`)
  const prefixBits = isIpv4 ? prefix + 96 : prefix
  return { bytes: bytes.map((byte, i) => byte & prefixMask(prefixBits)[i]!), prefixBits }
}

/** The 16 bytes of a netmask. */
export function prefixMask(prefixBits: number): Uint8Array {
  return Uint8Array.from({ length: addressBytes }, (_, i) => 0xff00 >> Math.min(8, Math.max(0, prefixBits - 8 * i)))
}
