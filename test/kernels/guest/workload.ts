import { Actor, Refused } from '../../../lab/actor.ts'

/** What the workload does, as often as it does it. */
export const counts = {
  accepted: 20,
  refused: 10,
  unreachable: 1,
  roundTrips: 50,
  halfClosedReads: 3,
  datagrams: 15,
  datagramsAtOnce: 5,
}

/**
 * Connections that are accepted and reset, connects that are refused, one that has no route, messages back and forth on one
 * more connection, and some that are read after the reader has closed its own side; then datagrams, one by one and many in
 * one call.
 */
export async function work(host: Actor): Promise<void> {
  const { value: port } = await host.do('listen l 127.0.0.1 0 4096')
  const served = host.in('server', `accept-many l ${counts.accepted}`)
  await host.do(`connect-many 127.0.0.1 ${port} ${counts.accepted}`)
  await served
  await host.do(`connect-many 127.0.0.1 9 ${counts.refused}`)
  await host.do('tcp nowhere 4')
  await host.do('connect nowhere 10.99.0.1 80').catch((error: unknown) => {
    if (!(error instanceof Refused) || error.code !== 'ENETUNREACH') throw error
  })
  await host.do('close nowhere')
  await host.do('tcp c 4')
  await host.do(`connect c 127.0.0.1 ${port}`)
  await host.do('accept l s')
  await host.do(`ping-pong c s ${counts.roundTrips}`)
  await host.do('shutdown s')
  for (let i = 0; i < counts.halfClosedReads; i++) {
    await host.do('send c 10')
    await host.do('recv s 10 peek')
    await host.do('recv s 10')
  }
  await host.do('close c')
  await host.do('close s')
  await host.do('udp u 4')
  await host.do('bind u 127.0.0.1 5353')
  await host.do('udp v 4')
  await host.do('connect v 127.0.0.1 5353')
  await host.do(`send-many v ${counts.datagrams} 10`)
  await host.do(`sendmmsg v ${counts.datagramsAtOnce} 10`)
  for (let i = 0; i < counts.datagrams + counts.datagramsAtOnce; i++) await host.do('recv u 10')
}
