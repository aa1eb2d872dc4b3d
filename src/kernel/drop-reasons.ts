import { native } from './native.ts'

/** The names of the reasons for which the running kernel drops packets, by number; empty before 5.17. */
export function kernelDropReasons(): Record<number, string> {
  return native().kernelEnum('skb_drop_reason')
}
