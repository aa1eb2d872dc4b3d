import { formatDuration } from '../../lib/duration.ts'
import { serviceOf } from '../../model/container.ts'
import type { Incident } from '../../model/incident.ts'
import { ledgerStages } from '../../model/ledger.ts'
import type { SlowSample } from '../../model/slow-sample.ts'
import type { Endpoint } from '../../model/socket.ts'
import type { Attributes } from './attributes.ts'
import type { OtlpLogRecord } from './log-record.ts'
import { ownerAttributes } from './owner-attributes.ts'

const stageWords: Record<SlowSample['what'], string> = {
  handshake: 'the handshake took',
  acceptQueue: 'a connection waited for accept()',
  send: 'a send call took',
  pickup: 'received data waited to be read',
  retransmit: 'a retransmission timer ran',
}

/** `wirelag.incident`: what took long (a warning), or failed (an error). */
export function incidentLog({ id, unixNs, connectionId, sample, ledger, history }: Incident): OtlpLogRecord {
  const { socket, task, protocol, what, latencyNs, isLowerBound, detail } = sample
  const isFailure = what === 'handshake' && detail !== ''
  return {
    unixNs,
    severity: isFailure ? 'ERROR' : 'WARN',
    eventName: 'wirelag.incident',
    body: bodyOf(sample, isFailure),
    attributes: {
      'wirelag.incident.id': id,
      'wirelag.stage': what,
      'wirelag.latency_ns': latencyNs,
      'wirelag.is_lower_bound': isLowerBound || undefined,
      'error.type': isFailure ? detail : undefined,
      'wirelag.detail': isFailure ? undefined : detail || undefined,
      'network.transport': protocol,
      'network.type': socket.ipVersion === 4 ? 'ipv4' : 'ipv6',
      'network.local.address': socket.local.address,
      'network.local.port': socket.local.port,
      'network.peer.address': socket.peer.address,
      'network.peer.port': socket.peer.port,
      'wirelag.netns': socket.netns,
      // Not a number: ids are made of 64 bits.
      'wirelag.connection.id': String(connectionId),
      ...ownerAttributes(task),
      ...(ledger ? ledgerAttributes(ledger) : {}),
      'wirelag.history.events': history?.events.length,
    },
  }
}

function bodyOf(sample: SlowSample, isFailure: boolean): string {
  const { task, socket, what, latencyNs, isLowerBound, detail } = sample
  const who = `${serviceOf(task)} (pid ${task.pid})`
  const between = `${endpointText(socket.local)} - ${endpointText(socket.peer)}`
  const took = `${isLowerBound ? 'at least ' : ''}${formatDuration(latencyNs)}`
  if (isFailure) return `${who}: connecting failed after ${took}: ${detail}; ${between}`
  return `${who}: ${stageWords[what]} ${took}${detail === '' ? '' : ` (${detail})`}; ${between}`
}

function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Of the span that the incident was part of: where its time went. */
function ledgerAttributes({ span, wallNs, stagesNs }: NonNullable<Incident['ledger']>): Attributes {
  const stages = ledgerStages.filter((stage) => stagesNs[stage] > 0)
  return {
    'wirelag.ledger.span': span,
    'wirelag.ledger.wall_ns': wallNs,
    ...Object.fromEntries(stages.map((stage) => [`wirelag.ledger.${snakeCase(stage)}_ns`, stagesNs[stage]])),
  }
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
