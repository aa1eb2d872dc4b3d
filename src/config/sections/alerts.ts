import { z } from 'zod'
import type { AlertReceiver, AlertSettings } from '../../model/alert-settings.ts'
import { alertRules } from './alert-rules.ts'
import { chosenSchema, isOff, off } from './chosen.ts'
import { httpHeaders } from './http-values.ts'
import { durationNs } from './values.ts'

/** What is wrong with it is told without the URL, which may be a secret. */
const url = z.string({ error: 'a URL is wanted' }).transform((text, context) => {
  const read = URL.canParse(text) ? new URL(text) : undefined
  const isHttp = read && ['http:', 'https:'].includes(read.protocol)
  if (isHttp && !read.username && !read.password) return read
  const message = isHttp
    ? 'a user name or password belongs in headers, as authorization, not in the URL'
    : 'a URL that begins with http:// or https:// is wanted'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const address = z
  .strictObject({ webhook: url.optional(), alertmanager: url.optional(), headers: httpHeaders.optional() })
  .refine(({ webhook, alertmanager }) => (webhook === undefined) !== (alertmanager === undefined), {
    error: 'it must have one of webhook, alertmanager',
  })

/** Undefined: it is `off`. */
const receiver = chosenSchema<z.infer<typeof address> | undefined>((value) => (isOff(value) ? off : address))

const maxReceivers = 20

const receivers = z
  .record(z.string().min(1), receiver)
  .refine((written) => Object.keys(written).length <= maxReceivers, { error: `more than ${maxReceivers} receivers` })
  .transform((written): AlertReceiver[] => {
    const others = Object.entries(written).flatMap(([name, value]): AlertReceiver[] => {
      const headers = value?.headers ?? {}
      if (value?.webhook) return [{ name, kind: 'webhook', url: value.webhook, headers }]
      return value?.alertmanager ? [{ name, kind: 'alertmanager', url: value.alertmanager, headers }] : []
    })
    return 'terminal' in written ? others : [{ name: 'terminal', kind: 'terminal' }, ...others]
  })

/** What the agent alerts on, and whom it tells. */
export const alerts = z
  .strictObject({
    rules: alertRules.prefault({}),
    receivers: receivers.prefault({}),
    groupWait: durationNs.default(5e9),
    groupInterval: durationNs.default(60e9),
    repeat: durationNs.default(4 * 3600e9),
  })
  .transform(({ rules, receivers: to, groupWait, groupInterval, repeat }, context): AlertSettings => {
    for (const { name, receivers: wanted = [] } of rules) {
      const unknown = wanted.find((wantedName) => to.every((known) => known.name !== wantedName))
      if (unknown !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['rules', name, 'receivers'],
          message: `there is no receiver '${unknown}'`,
        })
    }
    return {
      rules,
      receivers: to,
      groupWaitNs: groupWait,
      groupIntervalNs: groupInterval,
      repeatNs: repeat,
    }
  })
