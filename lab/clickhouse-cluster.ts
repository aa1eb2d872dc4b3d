import { ClickhouseServer, freeClickhousePorts, type ClickhousePorts } from './clickhouse-server.ts'
import { Zookeeper } from './zookeeper.ts'

/** What the servers call it. */
export const clusterName = 'fleet'

interface ClusterSize {
  shards: number
  replicasPerShard: number
}

/** Servers of ClickHouse on loopback that are shards and replicas of one cluster, with a ZooKeeper. It ends with this process. */
export class ClickhouseCluster implements AsyncDisposable {
  /** Of each shard its replicas. */
  readonly shards: readonly (readonly ClickhouseServer[])[]
  readonly #zookeeper: Zookeeper

  private constructor(shards: ClickhouseServer[][], zookeeper: Zookeeper) {
    this.shards = shards
    this.#zookeeper = zookeeper
  }

  /** Ready when it returns. @throws Error where something is not installed, or does not start */
  static async start(
    { shards, replicasPerShard }: ClusterSize = { shards: 2, replicasPerShard: 2 },
  ): Promise<ClickhouseCluster> {
    const ports: ClickhousePorts[][] = []
    for (let shard = 0; shard < shards; shard++)
      ports.push(await Promise.all(Array.from({ length: replicasPerShard }, () => freeClickhousePorts())))
    const zookeeper = await Zookeeper.start()
    const servers = ports.map((replicas, shard) =>
      replicas.map((own, replica) =>
        ClickhouseServer.prepare(own, sectionsXml(ports, zookeeper.port, { shard, replica })),
      ),
    )
    const cluster = new ClickhouseCluster(servers, zookeeper)
    try {
      await Promise.all(cluster.servers.map((server) => server.start()))
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  get servers(): ClickhouseServer[] {
    return this.shards.flat()
  }

  /** Every replica has what its shard has, of those that run. */
  async inStep(table: string, running: readonly ClickhouseServer[] = this.servers): Promise<void> {
    for (const server of running) await server.query(`SYSTEM SYNC REPLICA ${table}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()))
    await this.#zookeeper[Symbol.asyncDispose]()
  }
}

function sectionsXml(
  ports: readonly (readonly ClickhousePorts[])[],
  zookeeperPort: number,
  own: { shard: number; replica: number },
): string {
  const replicaXml = ({ tcp }: ClickhousePorts): string =>
    `<replica><host>127.0.0.1</host><port>${tcp}</port></replica>`
  const shardsXml = ports.map(
    (replicas) =>
      `<shard><internal_replication>true</internal_replication>${replicas.map(replicaXml).join('')}</shard>`,
  )
  return `
  <remote_servers><${clusterName}>${shardsXml.join('')}</${clusterName}></remote_servers>
  <zookeeper>
    <node><host>127.0.0.1</host><port>${zookeeperPort}</port></node>
    <session_timeout_ms>4000</session_timeout_ms>
  </zookeeper>
  <macros><shard>${own.shard + 1}</shard><replica>${own.replica + 1}</replica></macros>
  <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>`
}
