/** What a panel shows. */
export interface PanelSpec {
  title: string
  description: string
  /** As Grafana names them. */
  unit: string
  kind?: 'timeseries' | 'stat' | 'table'
  /** Of 24 columns; half without a word. */
  width?: number
  /** Expressions, with what their series are called. */
  queries: readonly (readonly [expression: string, legend: string])[]
  /** From which value on it is which colour. */
  thresholds?: readonly (readonly [value: number, color: string])[]
  /** The series that has another unit and the axis on the right. */
  overlay?: { name: string; unit: string }
  /** Points that lead to a recorded incident. */
  hasExemplars?: boolean
}

const host = 'instance="$instance"'
const service = 'service="$service", instance=~"$instance"'
const stages = [
  ['handshake', 'wirelag_tcp_handshake_duration_seconds'],
  ['accept queue', 'wirelag_tcp_accept_queue_duration_seconds'],
  ['send', 'wirelag_tcp_send_block_duration_seconds'],
  ['pickup', 'wirelag_tcp_receive_pickup_duration_seconds'],
  ['round trip', 'wirelag_tcp_rtt_duration_seconds'],
] as const

const httpName = 'HTTP p95'
const http = ['histogram_quantile(0.95, sum by (le) (rate($http{$httpFilter}[$__rate_interval])))', httpName] as const
const overlay = { name: httpName, unit: 's' }

function p95(name: string, matchers: string, by = ''): string {
  const labels = by === '' ? 'le' : `${by}, le`
  return `histogram_quantile(0.95, sum by (${labels}) (rate(${name}_bucket{${matchers}}[$__rate_interval])))`
}

function rateBy(name: string, matchers: string, by: string): string {
  return `sum by (${by}) (rate(${name}{${matchers}}[$__rate_interval]))`
}

function stagesOf(matchers: string): [string, string][] {
  return stages.map(([title, name]) => [p95(name, matchers), title])
}

/** p95 of each stage by whatever tells apart, the worst only. */
function worst(name: string, matchers: string, by: string): string {
  return `topk(10, ${p95(name, matchers, by)})`
}

export const hostPanels: readonly PanelSpec[] = [
  {
    title: 'What is the matter',
    description: 'Findings of the last minute. On the host: wirelag why',
    unit: 'short',
    kind: 'table',
    queries: [[`sum by (cause) (wirelag_finding{${host}}) > 0`, '{{cause}}']],
  },
  {
    title: 'p95 of each stage',
    description: 'Of all TCP on this host.',
    unit: 's',
    queries: stagesOf(host),
    hasExemplars: true,
  },
  {
    title: 'Send: the slowest services, p95',
    description: 'Time inside send calls: the peer does not read, or the buffer is full.',
    unit: 's',
    queries: [[worst('wirelag_tcp_send_block_duration_seconds', host, 'service'), '{{service}}']],
    thresholds: [[0.005, 'red']],
  },
  {
    title: 'Pickup: the slowest services, p95',
    description: 'How long data waited for its reader: the program is busy, or has no CPU.',
    unit: 's',
    queries: [[worst('wirelag_tcp_receive_pickup_duration_seconds', host, 'service'), '{{service}}']],
  },
  {
    title: 'Sockets by state',
    description: 'Of all network namespaces, without listeners.',
    unit: 'short',
    queries: [[`sum by (state) (wirelag_tcp_connections{${host}, state!="LISTEN"})`, '{{state}}']],
  },
  {
    title: 'Failed connects by error',
    description: 'Connects that were never established.',
    unit: 'cps',
    queries: [[rateBy('wirelag_tcp_connection_failures_total', host, 'error_type'), '{{error_type}}']],
  },
  {
    title: 'Retransmits by type',
    description: 'RTO and SYN cost 200 ms and more each.',
    unit: 'pps',
    queries: [[rateBy('wirelag_tcp_retransmits_total', host, 'type'), '{{type}}']],
  },
  {
    title: 'Resets',
    description: 'Sent and received.',
    unit: 'pps',
    queries: [[rateBy('wirelag_tcp_resets_total', host, 'direction'), '{{direction}}']],
  },
  {
    title: 'Connection tracking',
    description: 'When it is full, new connections hang.',
    unit: 'percentunit',
    queries: [[`wirelag_conntrack_entries{${host}} / (wirelag_conntrack_entries_limit{${host}} > 0)`, '{{netns}}']],
    thresholds: [
      [0.8, 'orange'],
      [0.9, 'red'],
    ],
  },
  {
    title: 'Accept queues that were full',
    description: 'Their clients wait 1 s and longer.',
    unit: 'cps',
    queries: [[rateBy('wirelag_listen_overflows_total', host, 'netns'), '{{netns}}']],
  },
  {
    title: 'Stalled for want of a resource',
    description: 'Pressure (PSI): share of the time in which some task waited.',
    unit: 'percentunit',
    queries: [[rateBy('wirelag_pressure_stalled_seconds_total', `${host}, extent="some"`, 'resource'), '{{resource}}']],
  },
  {
    title: 'wirelag itself',
    description: 'Events lost: what it says of these signals is incomplete. CPU: of one.',
    unit: 'eps',
    queries: [
      [rateBy('wirelag_events_lost_total', host, 'signal, where'), 'lost {{signal}} ({{where}})'],
      [`rate(wirelag_agent_cpu_seconds_total{${host}}[$__rate_interval])`, 'CPU'],
    ],
    overlay: { name: 'CPU', unit: 'percentunit' },
  },
]

export const servicePanels: readonly PanelSpec[] = [
  {
    title: 'HTTP p95 over the stages of TCP',
    description: 'Which stage moves with the HTTP latency? The histogram is chosen above; its axis is on the right.',
    unit: 's',
    width: 24,
    queries: [...stagesOf(service), http],
    overlay,
    hasExemplars: true,
  },
  {
    title: 'HTTP p95 over the states of sockets',
    description: 'Which state moves with the HTTP latency?',
    unit: 'short',
    width: 24,
    queries: [[`sum by (state) (wirelag_tcp_connections{${service}, state!="LISTEN"})`, '{{state}}'], http],
    overlay,
  },
  {
    title: 'Send by peer, p95',
    description: 'To whom its send calls take long: 10 at most.',
    unit: 's',
    queries: [
      [worst('wirelag_tcp_send_block_duration_seconds', service, 'peer_service, role'), '{{peer_service}} as {{role}}'],
    ],
    thresholds: [[0.005, 'red']],
  },
  {
    title: 'Pickup by peer, p95',
    description: 'Whose data waits for this service.',
    unit: 's',
    queries: [
      [
        worst('wirelag_tcp_receive_pickup_duration_seconds', service, 'peer_service, role'),
        '{{peer_service}} as {{role}}',
      ],
    ],
  },
  {
    title: 'Handshake by peer, p95',
    description: '1, 3, 7 s: a SYN was lost.',
    unit: 's',
    queries: [
      [
        worst('wirelag_tcp_handshake_duration_seconds', `${service}, role="client"`, 'peer_service'),
        '{{peer_service}}',
      ],
    ],
  },
  {
    title: 'Accept queue by host, p95',
    description: 'How long connections wait for accept().',
    unit: 's',
    queries: [[worst('wirelag_tcp_accept_queue_duration_seconds', service, 'instance'), '{{instance}}']],
  },
  {
    title: 'Round trip by peer, p95',
    description: 'The wire, and its queues.',
    unit: 's',
    queries: [[worst('wirelag_tcp_rtt_duration_seconds', service, 'peer_service'), '{{peer_service}}']],
  },
  {
    title: 'Retransmits by peer and type',
    description: 'RTO and SYN cost 200 ms and more each.',
    unit: 'pps',
    queries: [[rateBy('wirelag_tcp_retransmits_total', service, 'peer_service, type'), '{{peer_service}} {{type}}']],
  },
  {
    title: 'Stalled by retransmission timers',
    description: 'Seconds in each second, of all connections.',
    unit: 's',
    queries: [[rateBy('wirelag_tcp_retransmit_stall_seconds_total', service, 'peer_service'), '{{peer_service}}']],
  },
  {
    title: 'Failed connects and resets',
    description: 'By error, and by direction.',
    unit: 'cps',
    queries: [
      [
        rateBy('wirelag_tcp_connection_failures_total', service, 'peer_service, error_type'),
        '{{peer_service}} {{error_type}}',
      ],
      [rateBy('wirelag_tcp_resets_total', service, 'direction'), 'reset {{direction}}'],
    ],
  },
  {
    title: 'Sent',
    description: 'Over TCP and UDP.',
    unit: 'Bps',
    queries: [
      [rateBy('wirelag_tcp_sent_bytes_total', service, 'peer_service'), 'TCP to {{peer_service}}'],
      [rateBy('wirelag_udp_sent_bytes_total', service, 'peer_service'), 'UDP to {{peer_service}}'],
    ],
  },
  {
    title: 'UDP: pickup p95, and datagrams lost here',
    description: 'Drops: the receive buffer was full.',
    unit: 's',
    queries: [
      [p95('wirelag_udp_receive_pickup_duration_seconds', service), 'pickup'],
      [`sum(rate(wirelag_udp_receive_drops_total{${service}}[$__rate_interval]))`, 'drops'],
    ],
    overlay: { name: 'drops', unit: 'pps' },
  },
]

export const fleetPanels: readonly PanelSpec[] = [
  {
    title: 'Agents that do not answer',
    description: 'Targets of the job wirelag.',
    unit: 'short',
    kind: 'stat',
    width: 6,
    queries: [['count(up{job="wirelag"} == 0) or vector(0)', 'down']],
    thresholds: [[1, 'red']],
  },
  {
    title: 'What is the matter, and on how many hosts',
    description: 'Findings of the last minute.',
    unit: 'short',
    kind: 'table',
    width: 18,
    queries: [['sort_desc(count by (cause) (wirelag_finding > 0))', '{{cause}}']],
  },
  {
    title: 'HTTP p95 over the stages of TCP',
    description: 'Of all hosts. The histogram is chosen above; its axis is on the right.',
    unit: 's',
    width: 24,
    queries: [...stages.map(([title, name]): [string, string] => [p95(name, ''), title]), http],
    overlay,
  },
  {
    title: 'Send: the slowest services, p95',
    description: 'Recorded: deploy/prometheus/recording-rules.yml',
    unit: 's',
    queries: [['topk(10, service:wirelag_tcp_send_block_duration_seconds:p95_5m)', '{{namespace}} {{service}}']],
    thresholds: [[0.005, 'red']],
  },
  {
    title: 'Pickup: the slowest services, p95',
    description: 'Recorded: deploy/prometheus/recording-rules.yml',
    unit: 's',
    queries: [['topk(10, service:wirelag_tcp_receive_pickup_duration_seconds:p95_5m)', '{{namespace}} {{service}}']],
  },
  {
    title: 'TIME_WAIT by host',
    description: 'The ten that have most.',
    unit: 'short',
    queries: [['topk(10, instance_state:wirelag_tcp_connections:sum{state="TIME_WAIT"})', '{{instance}}']],
  },
  {
    title: 'CLOSE_WAIT by host',
    description: 'The ten that have most.',
    unit: 'short',
    queries: [['topk(10, instance_state:wirelag_tcp_connections:sum{state="CLOSE_WAIT"})', '{{instance}}']],
  },
  {
    title: 'Connection tracking by host',
    description: 'The ten that are fullest.',
    unit: 'percentunit',
    queries: [['topk(10, instance:wirelag_conntrack_used:ratio)', '{{instance}}']],
    thresholds: [[0.9, 'red']],
  },
  {
    title: 'Retransmits by host',
    description: 'The ten that have most.',
    unit: 'pps',
    queries: [['topk(10, sum by (instance) (rate(wirelag_tcp_retransmits_total[$__rate_interval])))', '{{instance}}']],
  },
  {
    title: 'Failed connects by host',
    description: 'The ten that have most.',
    unit: 'cps',
    queries: [
      ['topk(10, sum by (instance) (rate(wirelag_tcp_connection_failures_total[$__rate_interval])))', '{{instance}}'],
    ],
  },
  {
    title: 'Accept queues that were full, by host',
    description: 'The ten that have most.',
    unit: 'cps',
    queries: [['topk(10, sum by (instance) (rate(wirelag_listen_overflows_total[$__rate_interval])))', '{{instance}}']],
  },
  {
    title: 'Events that wirelag lost, by host',
    description: 'Share of all of them.',
    unit: 'percentunit',
    queries: [['topk(10, instance:wirelag_events_lost:ratio_5m > 0)', '{{instance}}']],
  },
]
