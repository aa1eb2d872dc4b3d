import { z } from 'zod'
import { parseHttpHeader } from '../../lib/http-header.ts'
import { parseHttpUrl } from '../../lib/http-url.ts'
import { parsed } from './values.ts'

/** `https://prometheus:9090/path`. */
export const httpUrl = parsed('a URL that begins with http:// or https://', parseHttpUrl)

/** Headers by their names; what a message says never tells a value, which may be a secret. */
export const httpHeaders = z
  .record(z.string(), z.string({ error: 'a text is wanted' }))
  .transform((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      try {
        parseHttpHeader(`${name}: ${value}`)
      } catch {
        context.addIssue({ code: 'custom', path: [name], message: 'this is no header of HTTP' })
        return z.NEVER
      }
    }
    return headers
  })
