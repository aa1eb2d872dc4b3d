import type { MetricFamily, MetricLabels } from '../../model/metric.ts'
import type { Attributes } from './attributes.ts'

/** OpenTelemetry's names for Prometheus' labels, where there is a convention; the others go under `wirelag.`. */
const attributeNames: Record<string, string> = {
  container: 'container.name',
  namespace: 'k8s.namespace.name',
  pod: 'k8s.pod.name',
  error_type: 'error.type',
  state: 'network.connection.state',
  protocol: 'network.transport',
  role: 'network.tcp.handshake.role',
  device: 'system.device',
}

/** Of `network.connection.state`, where it is not the kernel's name in small letters. */
const stateNames: Record<string, string> = {
  CLOSE: 'closed',
  FIN_WAIT1: 'fin_wait_1',
  FIN_WAIT2: 'fin_wait_2',
  NEW_SYN_RECV: 'syn_received',
  SYN_RECV: 'syn_received',
}

/** Of `network.tcp.retransmit.type`, as proposed. */
const retransmitNames: Record<string, string> = { rto: 'timeout', tlp: 'tail_loss_probe' }

/** The attributes of a point. Empty labels are left out, as Prometheus takes them for absent. */
export function otelLabels({ otelName }: Pick<MetricFamily, 'otelName'>, labels: MetricLabels): Attributes {
  const entries = Object.entries(labels).filter(([, value]) => value !== '')
  const isOfRetransmits = /\bretransmits$/.test(otelName)
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (name === 'state') return [attributeNames['state'], stateNames[value] ?? value.toLowerCase()]
      if (name === 'type' && isOfRetransmits) return ['network.tcp.retransmit.type', retransmitNames[value] ?? value]
      return [attributeNames[name] ?? `wirelag.${name.replaceAll('_', '.')}`, value]
    }),
  )
}
