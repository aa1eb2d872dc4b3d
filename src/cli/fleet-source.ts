import type { Config } from '../config/config.ts'
import { PrometheusClient } from '../fleet/prometheus-client.ts'
import { prometheusFleet, type FleetWishes } from '../fleet/prometheus-fleet.ts'
import { parseHttpHeader, type HttpHeader } from '../lib/http-header.ts'
import { parseHttpUrl } from '../lib/http-url.ts'
import { usageError } from '../lib/operator-error.ts'
import type { FleetReading } from '../model/fleet.ts'
import { optionValue } from './options/option-value.ts'

export interface FleetSourceOptions {
  prometheus?: URL
  header: readonly HttpHeader[]
  store?: string
  config?: string
  /** Nanoseconds. */
  timeout?: number
}

/** Reads the fleet from wherever it is kept. */
export interface FleetSource {
  read(wishes: FleetWishes): Promise<FleetReading>
  /** What its progress is counted in. */
  asked: 'questions answered' | 'hosts read'
  /** As the file of `--config` says. */
  grafana: URL | undefined
  close(): Promise<void>
}

type FleetConfig = NonNullable<Config['fleet']>

/**
 * What the options say, else the file of `--config`, else the environment.
 *
 * @throws OperatorError where nothing says, or too much does
 */
export async function fleetSourceOf(
  options: FleetSourceOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<FleetSource> {
  if (options.prometheus && options.store !== undefined) throw usageError('--prometheus and --store exclude each other')
  if (options.header.length > 0 && options.store !== undefined) throw usageError('--header is of no use with --store')
  const config = await configOf(options)
  const { grafana } = config
  const isChosen = options.prometheus !== undefined || options.store !== undefined
  const store = options.store ?? (isChosen ? undefined : config.store)
  if (store !== undefined) return recordedSource(store, grafana)
  const isConfigured = !isChosen && config.prometheus !== undefined
  const url = options.prometheus ?? config.prometheus ?? environmentUrl(environment)
  if (!url) throw usageError('nothing says where to read: --prometheus URL or --store STORE', 'wirelag fleet --help')
  const headers = {
    ...(isConfigured ? {} : environmentHeader(environment)),
    // Those of the file are for its Prometheus, and for nobody else.
    ...(isConfigured ? config.headers : {}),
    ...Object.fromEntries(options.header),
  }
  const client = new PrometheusClient({
    url,
    headers,
    ...(options.timeout ? { timeoutMs: Math.ceil(options.timeout / 1e6) } : {}),
  })
  return {
    read: (wishes) => prometheusFleet(client, wishes),
    asked: 'questions answered',
    grafana,
    close: async () => client.close(),
  }
}

/** What reads it is loaded only where there is one. */
async function configOf({ config }: FleetSourceOptions): Promise<FleetConfig> {
  if (config === undefined) return {}
  const { readConfig } = await import('../config/config.ts')
  return readConfig(config).fleet ?? {}
}

function environmentUrl({ WIRELAG_PROMETHEUS: text }: NodeJS.ProcessEnv): URL | undefined {
  return text ? optionValue('WIRELAG_PROMETHEUS', parseHttpUrl)(text) : undefined
}

function environmentHeader({ WIRELAG_PROMETHEUS_HEADER: text }: NodeJS.ProcessEnv): Record<string, string> {
  return text ? Object.fromEntries([optionValue('WIRELAG_PROMETHEUS_HEADER', parseHttpHeader)(text)]) : {}
}

async function recordedSource(text: string, grafana: URL | undefined): Promise<FleetSource> {
  const { defaultStateFolder, openStore } = await import('../store/open-store.ts')
  const { recordedFleet } = await import('../fleet/recorded-fleet.ts')
  const isUrl = text.includes('://')
  const place = isUrl ? { folder: defaultStateFolder(), url: text } : { folder: text, url: undefined }
  const store = await openStore(place, 'read')
  const source = isUrl ? withoutSecrets(text) : text
  return {
    read: (wishes) => recordedFleet(store, source, wishes),
    asked: 'hosts read',
    grafana,
    close: () => store.close(),
  }
}

/** As `--store` takes it, but for user name, password and options. */
function withoutSecrets(text: string): string {
  const url = new URL(text)
  url.username = url.password = url.search = url.hash = ''
  return url.href
}
