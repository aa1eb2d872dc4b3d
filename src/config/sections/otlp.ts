import { z } from 'zod'
import { durationNs } from './values.ts'

export const otlpProtocols = ['http/protobuf', 'grpc'] as const
export type OtlpProtocol = (typeof otlpProtocols)[number]

export const otlpSignals = ['metrics', 'logs'] as const
export type OtlpSignal = (typeof otlpSignals)[number]

const endpoint = z.string({ error: 'a URL is wanted' }).transform((text, context) => {
  try {
    return endpointOf(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})

/** @throws SyntaxError without the URL, in which there may be a password */
function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new SyntaxError('a URL that begins with http:// or https:// is wanted')
  if (url.username || url.password)
    throw new SyntaxError('a user name or password belongs in headers, as authorization, not in the URL')
  if (url.search || url.hash)
    throw new SyntaxError('a URL without ? and # is wanted: /v1/metrics and /v1/logs are put after it')
  return url
}

const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
/** What the protocol itself sets, or that is bytes in gRPC. */
const ownHeader = /^(accept|connection|content-.*|grpc-.*|host|te|transfer-encoding|user-agent|.*-bin)$/

/** What is wrong with it is told without the value, which is a secret. */
const headerValue = z.string({ error: 'a text is wanted' }).regex(/^[\x20-\x7e]+$/, {
  error: 'a text of printable ASCII characters is wanted',
})

const headers = z
  .record(z.string(), headerValue, { error: 'names with their values are wanted' })
  .transform((values, context) => {
    for (const name of Object.keys(values)) {
      const wrong = headerNameFault(name.toLowerCase())
      if (wrong !== undefined) context.addIssue({ code: 'custom', path: [name], message: wrong })
    }
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]))
  })

function headerNameFault(name: string): string | undefined {
  if (!headerName.test(name)) return 'it is no name of a header'
  return ownHeader.test(name) ? 'wirelag sets that header itself' : undefined
}

const resourceValue = z.string({ error: 'a text is wanted' }).min(1, { error: 'a text is wanted' })

const signals = z
  .array(z.enum(otlpSignals, { error: 'metrics or logs is wanted' }), { error: 'a list of metrics, logs is wanted' })
  .min(1, { error: 'a list of metrics, logs is wanted' })

/** Metrics and logs to an OpenTelemetry receiver. */
export const otlp = z.strictObject({
  endpoint,
  protocol: z.enum(otlpProtocols, { error: 'http/protobuf or grpc is wanted' }).optional(),
  signals: signals.optional(),
  headers: headers.optional(),
  interval: durationNs.refine((ns) => ns >= 1e9, { error: 'at least 1s is wanted' }).optional(),
  // Longer, and 30 s to be there again after an outage could not be held.
  timeout: durationNs.refine((ns) => ns >= 1e8 && ns <= 1e10, { error: '100ms to 10s is wanted' }).optional(),
  compression: z.enum(['gzip', 'none'], { error: 'gzip or none is wanted' }).optional(),
  resource: z.record(z.string().min(1), resourceValue, { error: 'names with their values are wanted' }).optional(),
})

export type OtlpConfig = z.infer<typeof otlp>
