import {
  closeEventBytes,
  decodeCloseEvent,
  decodeOpenEvent,
  decodePickupEvent,
  EventKind,
  openEventBytes,
  pickupEventBytes,
  type CloseEvent,
  type OpenEvent,
  type PickupEvent,
} from './wire.gen.ts'

export interface EventHandlers {
  onOpen(event: OpenEvent): void
  onClose(event: CloseEvent): void
  onPickup(event: PickupEvent): void
}

/**
 * Decodes a batch of ring records, in their order.
 *
 * @throws RangeError on a kind that this version does not know: then nothing after it can be read
 */
export function decodeBatch(view: DataView, bytes: number, handlers: EventHandlers): void {
  for (let offset = 0; offset < bytes;) {
    const kind = view.getUint32(offset, true)
    switch (kind) {
      case EventKind.pending:
      case EventKind.connect:
      case EventKind.fail:
      case EventKind.accept:
        handlers.onOpen(decodeOpenEvent(view, offset))
        offset += openEventBytes
        break
      case EventKind.close:
        handlers.onClose(decodeCloseEvent(view, offset))
        offset += closeEventBytes
        break
      case EventKind.pickup:
        handlers.onPickup(decodePickupEvent(view, offset))
        offset += pickupEventBytes
        break
      default:
        throw new RangeError(`a ring record has kind ${kind}, which is none`)
    }
  }
}
