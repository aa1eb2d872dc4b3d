import { existsSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { namespaceInode } from '../../host/network-namespaces.ts'
import { OperatorError, usageError } from '../../lib/operator-error.ts'
import {
  parseChoice,
  parseCommChoice,
  parseNameChoice,
  parseNetworkChoice,
  parseNumberChoice,
  type Filter,
  type NetworkChoice,
  type NumberChoice,
  type TextChoice,
} from '../../model/filter.ts'
import { optionValue } from './option-value.ts'

const portBounds = { low: 0, high: 65_535 }
/** PID_MAX_LIMIT of a 64-bit kernel. */
export const pidBounds = { low: 1, high: 4_194_304 }
const uidBounds = { low: 0, high: 0xffff_fffe }

export interface FilterOptions {
  pid?: NumberChoice
  tid?: NumberChoice
  uid?: NumberChoice
  comm?: TextChoice
  container?: TextChoice
  service?: TextChoice
  pod?: TextChoice
  namespace?: TextChoice
  netns?: NumberChoice
  port?: NumberChoice
  lport?: NumberChoice
  rport?: NumberChoice
  host?: NetworkChoice
  peer?: NetworkChoice
  ipv4?: true
  ipv6?: true
}

/** The short name that a command gives to a filter; the peer tools differ in them. */
export type ShortNames = Partial<Record<keyof FilterOptions, string>>

/**
 * Adds the filters that all commands share. Each takes a list of values and ranges, `!` before one to exclude it.
 *
 * @param shortNames the letters of the tool whose command line this command takes
 * @param names of those that make sense for this command; undefined: all
 */
export function addFilterOptions(
  command: Command,
  shortNames: ShortNames,
  names?: readonly (keyof FilterOptions)[],
): void {
  const add = (name: keyof FilterOptions, value: string, text: string, parse: (text: string) => unknown): void => {
    if (names && !names.includes(name)) return
    const short = shortNames[name]
    const flags = `${short === undefined ? '' : `-${short}, `}--${name} <${value}>`
    command.addOption(
      new Option(flags, text)
        .argParser(optionValue(`--${name}`, parse))
        .helpGroup('Filters (lists, ranges, CIDR; ! excludes):'),
    )
  }
  const numbers = (bounds: { low: number; high: number }) => (text: string) => parseNumberChoice(text, bounds)
  add('pid', 'PID', 'process', numbers(pidBounds))
  add('tid', 'TID', 'thread', numbers(pidBounds))
  add('uid', 'UID', 'user', numbers(uidBounds))
  add('comm', 'NAME', 'thread name; NAME* for all that start so', parseCommChoice)
  add('container', 'NAME', 'name or id; * stands for any text', parseNameChoice)
  add('service', 'NAME', 'compose service, workload, systemd unit, executable, or as --config says', parseNameChoice)
  add('pod', 'NAME', 'Kubernetes pod', parseNameChoice)
  add('namespace', 'NAME', 'Kubernetes namespace', parseNameChoice)
  add('netns', 'NS', 'network namespace: inode number, name or path', parseNetnsChoice)
  add('port', 'PORT', 'port of either end', numbers(portBounds))
  add('lport', 'PORT', 'local port', numbers(portBounds))
  add('rport', 'PORT', 'remote port', numbers(portBounds))
  add('host', 'ADDR', 'address or network of either end', parseNetworkChoice)
  add('peer', 'ADDR', 'address or network of the remote end', parseNetworkChoice)
  for (const version of [4, 6]) {
    command.addOption(
      new Option(`-${version}, --ipv${version}`, `IPv${version} only`).helpGroup(
        'Filters (lists, ranges, CIDR; ! excludes):',
      ),
    )
  }
}

function parseNetnsChoice(text: string): NumberChoice {
  return parseChoice(text, (value) => {
    if (/^\d+$/.test(value)) return { low: Number(value), high: Number(value) }
    const inode = namespaceInode(value)
    if (inode === undefined) throw new SyntaxError(`there is no network namespace '${value}'`)
    return { low: inode, high: inode }
  })
}

/**
 * The filter of the options.
 *
 * @throws OperatorError for -4 with -6, more values than fit, or a single PID that no process has
 */
export function filterOf(options: FilterOptions): Filter {
  if (options.ipv4 && options.ipv6) throw usageError('-4 and -6 exclude each other')
  checkCount('--comm', options.comm, 16)
  checkCount('--host', options.host, 16)
  checkCount('--peer', options.peer, 16)
  for (const name of ['pid', 'tid', 'uid', 'netns', 'port', 'lport', 'rport'] as const)
    checkCount(`--${name}`, options[name], 32)
  checkRunning('--pid', options.pid)
  checkRunning('--tid', options.tid)
  const filter: Filter = {}
  if (options.pid) filter.pid = options.pid
  if (options.tid) filter.tid = options.tid
  if (options.uid) filter.uid = options.uid
  if (options.comm) filter.comm = options.comm
  if (options.container) filter.container = options.container
  if (options.service) filter.service = options.service
  if (options.pod) filter.pod = options.pod
  if (options.namespace) filter.namespace = options.namespace
  if (options.netns) filter.netns = options.netns
  if (options.port) filter.port = options.port
  if (options.lport) filter.localPort = options.lport
  if (options.rport) filter.peerPort = options.rport
  if (options.host) filter.host = options.host
  if (options.peer) filter.peer = options.peer
  if (options.ipv4) filter.ipVersion = 4
  if (options.ipv6) filter.ipVersion = 6
  return filter
}

/** As many as bpf/wire/wire.h has room for. */
function checkCount(
  option: string,
  choice: { include: unknown[]; exclude: unknown[] } | undefined,
  most: number,
): void {
  if (choice && choice.include.length + choice.exclude.length > most)
    throw usageError(`${option} takes ${most} values at most`)
}

/** A mistyped PID would be waited for in silence. */
function checkRunning(option: string, choice: NumberChoice | undefined): void {
  const single = choice?.include.length === 1 && choice.exclude.length === 0 ? choice.include[0] : undefined
  if (single && single.low === single.high && !existsSync(`/proc/${single.low}`))
    throw new OperatorError('WIRELAG_NO_PROCESS', `${option} ${single.low}: no such process is running`)
}
