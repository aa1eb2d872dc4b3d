import type { Task } from '../model/process.ts'
import { HolderRecord, holderRecordBytes } from '../wire/wire.gen.ts'
import { taskOf } from './event-facts.ts'

/** Who holds a socket: of several processes the first that is not init, which opens sockets for its services. */
export interface Holder {
  task: Task
  fd: number
}

/** The holders of sockets in one moment, and the processes of each network namespace. */
export class SocketHolders {
  readonly #byPid = new Map<number, Task>()
  /** The descriptors of a process follow each other. */
  #last: Task | undefined
  readonly #tasks: Task[] = []
  readonly #fds: number[] = []
  /** Inode → index. */
  readonly #byInode = new Map<number, number>()
  readonly #byNetns = new Map<number, Task[]>()

  /**
   * @param holders HolderRecords of the descriptors of sockets
   * @param processes HolderRecords of all processes
   */
  constructor(holders: Buffer, processes: Buffer) {
    scan(holders, (record) => this.#addHolder(record))
    scan(processes, (record) => {
      const tasks = this.#byNetns.get(record.netns) ?? []
      if (tasks.length === 0) this.#byNetns.set(record.netns, tasks)
      tasks.push(this.#taskOf(record))
    })
  }

  /** One object for each process. */
  #taskOf({ task }: HolderRecord): Task {
    const { pid, processStartNs } = task
    const last = this.#last
    if (last?.pid === pid && last.processStartNs === processStartNs) return last
    const known = this.#byPid.get(pid)
    const found = known?.processStartNs === processStartNs ? known : taskOf(task)
    this.#byPid.set(pid, found)
    this.#last = found
    return found
  }

  #addHolder(record: HolderRecord): void {
    const { inode } = record
    const known = this.#byInode.get(inode)
    if (known !== undefined && this.#tasks[known]?.pid !== 1) return
    const index = known ?? this.#tasks.length
    this.#tasks[index] = this.#taskOf(record)
    this.#fds[index] = record.fd
    this.#byInode.set(inode, index)
  }

  /** Who has a descriptor of the socket with that inode. */
  holderOf(inode: number): Holder | undefined {
    const index = inode === 0 ? undefined : this.#byInode.get(inode)
    const task = index === undefined ? undefined : this.#tasks[index]
    return task && index !== undefined ? { task, fd: this.#fds[index] ?? 0 } : undefined
  }

  /** The same, without the descriptor: it makes no object. */
  taskOf(inode: number): Task | undefined {
    const index = inode === 0 ? undefined : this.#byInode.get(inode)
    return index === undefined ? undefined : this.#tasks[index]
  }

  /** All processes that are in a network namespace. */
  processesIn(netns: number): readonly Task[] {
    return this.#byNetns.get(netns) ?? []
  }
}

function scan(buffer: Buffer, visit: (record: HolderRecord) => void): void {
  const record = new HolderRecord(new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength))
  for (let offset = 0; offset < buffer.byteLength; offset += holderRecordBytes) visit(record.at(offset))
}
