import { usageError } from '../../lib/operator-error.ts'

/** Which ClickHouse, and how to speak with it. */
export interface ClickhouseAddress {
  /** Of its HTTP interface: `http://host:8123/`. */
  endpoint: URL
  user: string
  password: string
  database: string
  /** Of which `wirelag store init` makes the tables; undefined: of the one server. */
  cluster: string | undefined
  /** Answers without what is on shards that are away, instead of none. */
  isPartialAllowed: boolean
}

const form = 'clickhouse://[user:password@]host[:port]/database[?cluster=name]'
const options: ReadonlySet<string> = new Set(['cluster', 'partial', 'secure'])

/**
 * From `clickhouse://user:password@host:port/database?cluster=name&secure=yes&partial=yes`: `secure` is HTTPS.
 *
 * @throws OperatorError, which does not tell the text: it holds a secret
 */
export function parseClickhouseUrl(text: string): ClickhouseAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.protocol !== 'clickhouse:' || url.hostname === '') throw usageError(`a store is ${form}`)
  const unknown = [...url.searchParams.keys()].find((name) => !options.has(name))
  if (unknown !== undefined)
    throw usageError(`a clickhouse:// store has no option '${unknown}'`, 'There are cluster, partial and secure.')
  const database = decodedPart(url.pathname.slice(1))
  if (!/^[A-Za-z_]\w{0,63}$/.test(database))
    throw usageError('the database of a clickhouse:// store is letters, digits and _', `It is given as ${form}`)
  const cluster = url.searchParams.get('cluster') ?? undefined
  if (cluster !== undefined && !/^[\w.-]{1,64}$/.test(cluster))
    throw usageError('the cluster of a clickhouse:// store is letters, digits, _, . and -')
  const isSecure = isYes(url, 'secure')
  const port = url.port === '' ? (isSecure ? 8443 : 8123) : Number(url.port)
  return {
    endpoint: new URL(`${isSecure ? 'https' : 'http'}://${url.hostname}:${port}/`),
    user: url.username === '' ? 'default' : decodedPart(url.username),
    password: decodedPart(url.password),
    database,
    cluster,
    isPartialAllowed: isYes(url, 'partial'),
  }
}

function isYes({ searchParams }: URL, name: string): boolean {
  const value = searchParams.get(name)
  if (value !== null && value !== 'yes' && value !== 'no')
    throw usageError(`${name} of a clickhouse:// store is yes or no`)
  return value === 'yes'
}

function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw usageError('a clickhouse:// store has a % that is not followed by two hex digits', 'A % itself is %25.')
  }
}

/** Fit to be shown. */
export function shownAddress({ endpoint, database }: ClickhouseAddress): string {
  return `clickhouse://${endpoint.host}/${database}`
}
