import { join } from 'node:path'
import { DiskImage } from '../disk-image.ts'
import { MemoryLimit } from '../memory-limit.ts'
import { defineFault } from './fault.ts'

const mebibyte = 2 ** 20

/** A small file system without room, to which a server writes. */
export const diskFull = defineFault(
  {
    name: 'disk-full',
    title: 'A server writes to a disk that is full',
    explain: `A server writes a line to its journal for each request, on a file system of its own of 8 MiB that has no room left:
each write fails, and the request is answered all the same.
It hurts because what such a server does then is its own idea: it stalls, drops connections, or forgets what it was sent.`,
    cause: 'disk-full',
  },
  async (scene) => {
    const disk = scene.keep(new DiskImage(8 * mebibyte))
    disk.fill('filler')
    const server = await scene.server('journal-writer')
    const client = await scene.client('journal-client')
    await scene.connect(client, server)
    const journal = Buffer.from(join(disk.mountPoint, 'journal')).toString('hex')
    server.repeat('recv s 100 waitall', `try append ${journal} 4096`, 'send s 100')
    client.repeat('lap-begin', 'send c 100', 'recv c 100 waitall', 'lap-end', 'sleep 20')
    return { culprit: server }
  },
)

/** A server that reads 24 MiB again and again, and may keep 16 of them. */
export const memoryPressure = defineFault(
  {
    name: 'memory-pressure',
    title: 'A server has less memory than it needs',
    explain: `A server reads a file of 24 MiB again and again in eight threads, and its cgroup may keep 16 MiB of it in memory: what
is read puts out what is needed next. Before each answer it reads a little of that file, too.
It hurts because nothing fails: all the time goes into reading again what was just there, and requests wait meanwhile.`,
    cause: 'memory-pressure',
  },
  async (scene) => {
    const disk = scene.keep(new DiskImage(64 * mebibyte))
    const server = await scene.server('short-of-memory')
    const client = await scene.client('waiting-client')
    const limit = scene.keep(new MemoryLimit(16 * mebibyte))
    limit.add(server.pid)
    await scene.connect(client, server)
    const file = Buffer.from(join(disk.mountPoint, 'data')).toString('hex')
    await server.do(`repeat 24 append ${file} ${mebibyte}`)
    for (let i = 0; i < 8; i++) server.repeat(`read-pages ${file} 250`, 'sleep 1')
    server.repeat('recv s 100 waitall', `read-pages ${file} 20`, 'send s 100')
    client.repeat('lap-begin', 'send c 100', 'recv c 100 waitall', 'lap-end', 'sleep 20')
    return { culprit: server }
  },
)
