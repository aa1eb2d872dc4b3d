import { z } from 'zod'
import { parseListenAddress } from '../../lib/listen-address.ts'
import { parsed } from './values.ts'

/** Where the agent's HTTP side is. YAML of old reads `off` as false. */
export const listen = z.preprocess(
  (value) => (value === false ? 'off' : value),
  parsed('an address, as 127.0.0.1:9474, or off', parseListenAddress),
)
