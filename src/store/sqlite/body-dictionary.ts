/**
 * What bodies of records often hold, the most frequent last: what is packed with it can only be unpacked with it, so a better one
 * is one more, with a number of its own (`packing` in body-text.ts).
 */
export const bodyDictionary: Uint8Array = new TextEncoder().encode('{"count":}')
