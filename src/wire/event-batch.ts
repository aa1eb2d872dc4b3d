import {
  CgroupEvent,
  cgroupEventBytes,
  CloseEvent,
  closeEventBytes,
  EventKind,
  HistoryEvent,
  historyEventBytes,
  LedgerEvent,
  ledgerEventBytes,
  OpenEvent,
  openEventBytes,
  PacketEvent,
  packetEventBytes,
  SampleEvent,
  sampleEventBytes,
  StateEvent,
  stateEventBytes,
} from './wire.gen.ts'

/** Each gets an event that is valid only during the call: the next record is read through the same object. */
export interface EventHandlers {
  onOpen(event: OpenEvent): void
  onClose(event: CloseEvent): void
  onPickup(event: SampleEvent): void
  onSend(event: SampleEvent): void
  onPacket(event: PacketEvent): void
  onLedger(event: LedgerEvent): void
  onCgroup(event: CgroupEvent): void
  onState(event: StateEvent): void
  onHistory(event: HistoryEvent): void
}

/**
 * Walks through a batch of ring records, in their order.
 *
 * @throws RangeError on a kind that this version does not know: then nothing after it can be read
 */
export function readBatch(view: DataView, bytes: number, handlers: EventHandlers): void {
  const open = new OpenEvent(view)
  const close = new CloseEvent(view)
  const sample = new SampleEvent(view)
  const packet = new PacketEvent(view)
  const ledger = new LedgerEvent(view)
  const cgroup = new CgroupEvent(view)
  const state = new StateEvent(view)
  const history = new HistoryEvent(view)
  for (let offset = 0; offset < bytes;) {
    const kind = view.getUint32(offset, true)
    switch (kind) {
      case EventKind.pending:
      case EventKind.connect:
      case EventKind.fail:
      case EventKind.accept:
      case EventKind.existing:
        handlers.onOpen(open.at(offset))
        offset += openEventBytes
        break
      case EventKind.close:
        handlers.onClose(close.at(offset))
        offset += closeEventBytes
        break
      case EventKind.pickup:
        handlers.onPickup(sample.at(offset))
        offset += sampleEventBytes
        break
      case EventKind.send:
        handlers.onSend(sample.at(offset))
        offset += sampleEventBytes
        break
      case EventKind.retransmit:
      case EventKind.reset:
      case EventKind.drop:
        handlers.onPacket(packet.at(offset))
        offset += packetEventBytes
        break
      case EventKind.ledger:
        handlers.onLedger(ledger.at(offset))
        offset += ledgerEventBytes
        break
      case EventKind.cgroup:
        handlers.onCgroup(cgroup.at(offset))
        offset += cgroupEventBytes
        break
      case EventKind.state:
        handlers.onState(state.at(offset))
        offset += stateEventBytes
        break
      case EventKind.history:
        handlers.onHistory(history.at(offset))
        offset += historyEventBytes
        break
      default:
        throw new RangeError(`a ring record has kind ${kind}, which is none`)
    }
  }
}
