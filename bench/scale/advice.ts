/** What docs/scale.md says after its figures. Nothing of it is measured here. */
export const advice = `## What changes with 10,000 hosts

None of this was run at that size.

- **First, fewer samples.** A scrape each 30 or 60 s halves or quarters CPU and disk, not memory. A smaller budget of series
  ([config.md](config.md)) takes all three: what finds no room is counted with less detail, and nothing is lost but the labels.
- **Then, shards.** VictoriaMetrics: several vmagent, each a part of the targets (\`-promscrape.cluster.membersCount\`), and
  \`-remoteWrite.shardByURL\` to several stores, or its cluster version. Shard by \`instance\`
  (\`-remoteWrite.shardByURL.labels=instance\`), so that a host is in one place. Prometheus: a server for each part of the hosts
  (\`hashmod\` of the address).
- **One place that is asked.** \`wirelag fleet\` asks one address: give it one that sums up over all shards (vmselect, Thanos,
  \`remote_read\`). Where a dashboard needs only p95s by service, federate what the recording rules of
  \`deploy/prometheus\` make, and not the buckets.
- **Recording rules instead of questions.** What reads every host's buckets grows with their number; the dashboards of the fleet
  read recorded series where they can.
- **ClickHouse.** More shards: a host is on one of them (\`cityHash64(host)\`), so inserts and what is asked of one host divide by their
  number ([clickhouse.md](clickhouse.md)). Each agent inserts once in 10 s: 10,000 of them 1,000 times a second, small inserts, of which
  each becomes a part that is merged. How many a server bears was not measured; begin with a hundred hosts a shard, and watch
  \`system.parts\`. SQLite stays on each host, and does not change with the fleet.
`
