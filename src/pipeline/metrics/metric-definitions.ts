import type { MetricFamily } from '../../model/metric.ts'

/** A metric without its points. */
export interface MetricDefinition extends Omit<MetricFamily, 'points'> {
  labels: readonly string[]
}

/** Whose a socket is. */
export const ownerLabels = ['service', 'container', 'namespace', 'pod'] as const

/** Of an edge. */
export const edgeLabels = [...ownerLabels, 'peer_service', 'role'] as const

function duration(name: string, otelName: string, help: string): MetricDefinition {
  return { name: `wirelag_${name}_duration_seconds`, otelName, help, unit: 's', type: 'histogram', labels: edgeLabels }
}

function counter(
  name: string,
  otelName: string,
  unit: string,
  help: string,
  labels: readonly string[],
): MetricDefinition {
  return { name: `wirelag_${name}_total`, otelName, help, unit, type: 'counter', labels }
}

function gauge(
  name: string,
  otelName: string,
  unit: string,
  help: string,
  labels: readonly string[],
): MetricDefinition {
  return { name: `wirelag_${name}`, otelName, help, unit, type: 'gauge', labels }
}

/** Of edges and owners: how many points there are depends on what runs here, and is bounded by the budget. */
export const edgeMetrics = {
  tcpHandshake: duration(
    'tcp_handshake',
    'system.network.tcp.handshake.duration',
    'From the SYN to established at the client, from the SYN-ACK to its ACK at the server; connections that were established.',
  ),
  tcpAcceptQueue: duration(
    'tcp_accept_queue',
    'wirelag.tcp.accept_queue.duration',
    'How long established connections waited for accept().',
  ),
  tcpSendBlock: duration(
    'tcp_send_block',
    'wirelag.tcp.send_block.duration',
    'Time inside a TCP send call, with the socket locked: copying, and waiting for send-buffer space.',
  ),
  tcpReceivePickup: duration(
    'tcp_receive_pickup',
    'wirelag.tcp.receive_pickup.duration',
    'How long the oldest unread byte waited in the receive queue for its reader.',
  ),
  tcpRtt: duration(
    'tcp_rtt',
    'system.network.tcp.rtt',
    'Smoothed round-trip time as TCP last had it, noted once a second for each process and peer that was active: a sample is a second, not a packet.',
  ),
  udpSendBlock: duration('udp_send_block', 'wirelag.udp.send_block.duration', 'Time inside a UDP send call.'),
  udpReceivePickup: duration(
    'udp_receive_pickup',
    'wirelag.udp.receive_pickup.duration',
    'How long datagrams waited in the receive queue for their reader.',
  ),
  tcpConnections: gauge(
    'tcp_connections',
    'system.network.connection.count',
    '{connection}',
    'TCP sockets now, by state, of all network namespaces; LISTEN are listeners.',
    [...ownerLabels, 'state'],
  ),
  tcpFailures: counter(
    'tcp_connection_failures',
    'system.network.tcp.connection.failures',
    '{connection}',
    'Connects that were never established, by errno; unknown: nobody told it. Counted at the end of each step of 10 s, when the errno is known.',
    [...edgeLabels, 'error_type'],
  ),
  tcpRetransmits: counter(
    'tcp_retransmits',
    'system.network.tcp.retransmits',
    '{packet}',
    'Segments that were sent again, by why.',
    [...edgeLabels, 'type'],
  ),
  tcpStall: counter(
    'tcp_retransmit_stall_seconds',
    'wirelag.tcp.retransmit.stall',
    's',
    'Time that retransmission timers ran until they ran out.',
    edgeLabels,
  ),
  tcpResets: counter('tcp_resets', 'system.network.tcp.resets', '{packet}', 'Resets, by direction.', [
    ...edgeLabels,
    'direction',
  ]),
  tcpSentBytes: counter(
    'tcp_sent_bytes',
    'wirelag.tcp.sent',
    'By',
    'Bytes that send calls of TCP sockets took.',
    edgeLabels,
  ),
  udpSentBytes: counter(
    'udp_sent_bytes',
    'wirelag.udp.sent',
    'By',
    'Bytes that send calls of UDP sockets took.',
    edgeLabels,
  ),
  udpDrops: counter(
    'udp_receive_drops',
    'wirelag.udp.receive.drops',
    '{packet}',
    'Datagrams that found the receive buffer full.',
    edgeLabels,
  ),
} as const satisfies Record<string, MetricDefinition>

export type EdgeMetricName = keyof typeof edgeMetrics

/** Of the host, and of wirelag itself. */
export const hostMetrics = {
  conntrackEntries: gauge(
    'conntrack_entries',
    'wirelag.conntrack.entries',
    '{flow}',
    "Tracked flows now, of the host's own network namespace and of the fullest of the others.",
    ['netns'],
  ),
  conntrackLimit: gauge(
    'conntrack_entries_limit',
    'wirelag.conntrack.entries.limit',
    '{flow}',
    'Flows that fit, of the same namespaces.',
    ['netns'],
  ),
  conntrackInsertFailed: counter(
    'conntrack_insert_failed',
    'wirelag.conntrack.insert_failed',
    '{flow}',
    "Flows that were not entered, and whose packet was dropped, since the agent's start.",
    ['netns'],
  ),
  conntrackDrops: counter(
    'conntrack_drops',
    'wirelag.conntrack.drops',
    '{packet}',
    "Packets that were dropped as the table was full, since the agent's start.",
    ['netns'],
  ),
  listenOverflows: counter(
    'listen_overflows',
    'system.network.tcp.accept_queue.overflows',
    '{connection}',
    "SYNs and handshakes that found an accept queue full, since the agent's start.",
    ['netns'],
  ),
  pressure: counter(
    'pressure_stalled_seconds',
    'wirelag.pressure.stalled',
    's',
    "Time in which some task, or all that wanted to run, waited for the resource, since the agent's start.",
    ['resource', 'extent'],
  ),
  findings: gauge(
    'finding',
    'wirelag.finding',
    '{finding}',
    'Findings of this cause in the last minute, as `wirelag why` names them.',
    ['cause'],
  ),
  probeStatus: gauge(
    'probe_status',
    'wirelag.probe.status',
    '1',
    '1: on. 0.5: degraded. 0: off. `wirelag doctor` says what is lost.',
    ['signal', 'hook'],
  ),
  eventsAttempted: counter(
    'events_attempted',
    'wirelag.events.attempted',
    '{event}',
    'Events of a signal: delivered + lost + filtered + invalid.',
    ['signal'],
  ),
  eventsDelivered: counter('events_delivered', 'wirelag.events.delivered', '{event}', 'Events that were told.', [
    'signal',
  ]),
  eventsLost: counter(
    'events_lost',
    'wirelag.events.lost',
    '{event}',
    'Events that were lost: kernel: the ring was full, or the program was already running on that CPU.',
    ['signal', 'where'],
  ),
  eventsFiltered: counter('events_filtered', 'wirelag.events.filtered', '{event}', 'Events that nobody asked for.', [
    'signal',
  ]),
  eventsInvalid: counter('events_invalid', 'wirelag.events.invalid', '{event}', 'Events without a sensible value.', [
    'signal',
  ]),
  seriesFolded: counter(
    'series_folded',
    'wirelag.series.folded',
    '{series}',
    'Points that found no room in the budget of series, and count as other.',
    [],
  ),
  series: gauge(
    'series',
    'wirelag.series',
    '{series}',
    'Series of processes and their peers, as Prometheus counts.',
    [],
  ),
  bpfRun: counter(
    'bpf_run_seconds',
    'wirelag.bpf.run',
    's',
    'Time inside each of the BPF programs; only while it is measured.',
    ['program'],
  ),
  buildInfo: gauge('build_info', 'wirelag.build.info', '1', 'Always 1: which wirelag this is, and where.', [
    'version',
    'host',
    'node',
    'kernel',
  ]),
  agentCpu: counter('agent_cpu_seconds', 'wirelag.agent.cpu', 's', 'CPU time of the agent itself.', []),
  agentMemory: gauge(
    'agent_resident_memory_bytes',
    'wirelag.agent.memory',
    'By',
    'Memory of the agent itself (RSS).',
    [],
  ),
  agentStart: gauge(
    'agent_start_time_seconds',
    'wirelag.agent.start',
    's',
    'When the agent began, since 1970: its counters count from there.',
    [],
  ),
  historyState: gauge(
    'history_recording',
    'wirelag.history.recording',
    '1',
    '1: the flight recorder keeps what comes. 0.5: it waits on the local disk. 0: paused, it is dropped.',
    [],
  ),
  historyBytes: gauge('history_bytes', 'wirelag.history.size', 'By', 'What the flight recorder takes of the disk.', []),
  historySpooled: gauge(
    'history_spooled_bytes',
    'wirelag.history.spooled',
    'By',
    'What waits on the local disk for ClickHouse.',
    [],
  ),
  historyDropped: counter(
    'history_dropped_records',
    'wirelag.history.dropped',
    '{record}',
    'Records that the flight recorder had to give up.',
    [],
  ),
  historySetAside: counter(
    'history_set_aside_parts',
    'wirelag.history.set_aside',
    '{part}',
    'Parts of the history that could not be read, and were set aside.',
    [],
  ),
  otlpDropped: counter(
    'otlp_dropped',
    'wirelag.otlp.dropped',
    '{item}',
    'What OTLP had to give up: exports of metrics, records of logs.',
    ['signal'],
  ),
  alertsFiring: gauge('alerts_firing', 'wirelag.alerts.firing', '{alert}', 'Alerts that fire, by rule.', ['rule']),
  alertMessages: counter(
    'alert_messages',
    'wirelag.alerts.messages',
    '{message}',
    'Messages to receivers of alerts over HTTP, by what became of them.',
    ['receiver', 'outcome'],
  ),
} as const satisfies Record<string, MetricDefinition>

export type HostMetricName = keyof typeof hostMetrics

/** A family of a definition with its points. */
export function familyOf(
  { name, otelName, help, unit, type }: MetricDefinition,
  points: MetricFamily['points'],
): MetricFamily {
  return { name, otelName, help, unit, type, points }
}
