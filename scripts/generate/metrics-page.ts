import { bucketEdgesSeconds, histogramSeries } from '../../src/export/prometheus-buckets.ts'
import { edgeMetrics, hostMetrics, type MetricDefinition } from '../../src/pipeline/metrics/metric-definitions.ts'
import { defaultMaxSeries, reservedSeries } from '../../src/pipeline/metrics/metric-registry.ts'

/** docs/metrics.md, from what the agent exposes. */
export function metricsPage(): string {
  return `# Metrics

Written by \`npm run generate\` from \`src/pipeline/metrics/metric-definitions.ts\`.

The agent tells them at \`http://127.0.0.1:9474/metrics\` (\`listen\` in the [configuration](config.md)): in Prometheus' text format 0.0.4, or
in OpenMetrics 1.0 where \`Accept\` asks for it, as Prometheus does; with gzip where that is taken. They change once a second.
Counters and histograms count from the agent's start on, also where the processes behind them go and others of the same
service come.

## Labels

| label | |
| --- | --- |
| \`service\` | what wirelag calls the process's service: of a container its Compose service, workload, pod or name; else its systemd unit, executable, comm; or as \`services\` in the configuration says. \`unknown\`: sockets that nobody holds. \`other\`: see below |
| \`container\` | its name, else the first 12 digits of its id |
| \`namespace\`, \`pod\` | of Kubernetes |
| \`peer_service\` | the other end. Its service, where it is on this host and known, also through NAT; \`several\`, where it is one of several that cannot be told apart. Else, of a client, \`port:443\`: the port that it talks to, or \`port:dynamic\` from 32768 on, where ports may be anybody's; of a server \`external\`. \`other\`: all peers that are not told one by one |
| \`role\` | \`client\`, \`server\`; \`any\`: what of a process found no room in the kernel's table |

A label without a value is left out. There is none for a PID, an ephemeral port or an address.

## Histograms

Buckets end at ${bucketEdgesSeconds.join(', ')} s: causes sit at 5 ms (the default alert), 40 ms (delayed ACK), 0.2 s (RTO), 0.3 s, and 1, 3 and 7 s (SYN
retries). wirelag itself counts in log-linear buckets, 8 an octave. **One in which such an edge lies counts above the edge**: what
waits for a timer takes a little longer than the timer, never less. So what is counted up to an edge was not longer, and what
is counted above it was at most 1/8 below. Sums and counts are exact.

In OpenMetrics a bucket has the latest incident that was counted in it as an exemplar, \`{incident_id="…"}\`. Prometheus
keeps them with \`--enable-feature=exemplar-storage\`.

## How many series

At most ${defaultMaxSeries.toLocaleString('en')}, as Prometheus counts them (a histogram is ${histogramSeries}), or \`metrics.maxSeries\`; ${reservedSeries} of them are kept for what every host has.
Half of the others is divided between the metrics of services, the rest is a pool for whichever comes first. Who finds no room
counts with all its peers as one (\`peer_service="other"\`), for which half of the pool is kept; and where there is none for that
either, as \`other\` in every label. \`wirelag_series_folded_total\` tells how often that was so. Counts never move from one series
to another, so none ever goes back. A series that counted nothing for ten minutes gives way to one that found no room; if
it comes again it begins at 0, as after a restart, which \`rate()\` knows.

## Of services

${tableOf(Object.values(edgeMetrics))}

Failed connects are counted by the kernel, and told with their errno one by one; the two are brought together, each failure
once. So they are counted up to 20 s late, and those whose errno was lost on its way are \`unknown\`.

## Of the host, and of wirelag itself

${tableOf(Object.values(hostMetrics))}

For each signal attempted = delivered + lost + filtered + invalid, exactly.
`
}

function tableOf(metrics: readonly MetricDefinition[]): string {
  const rows = metrics.map(({ name, type, labels, help, otelName }) => {
    const labelTexts = labels.map((label) => `\`${label}\``).join(', ') || '–'
    return `| \`${name}\` | ${type} | ${shortened(labelTexts)} | ${help} | \`${otelName}\` |`
  })
  return ['| metric | type | labels | | in OpenTelemetry |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

function shortened(labels: string): string {
  return labels
    .replace('`service`, `container`, `namespace`, `pod`, `peer_service`, `role`', 'all of the above')
    .replace('`service`, `container`, `namespace`, `pod`', 'those of the service')
}
