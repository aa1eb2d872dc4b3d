import type { Pressure, PressureName, Stall } from '../model/host-facts.ts'
import { fileText } from './file-text.ts'

/** Pressure of the host's resources, of /proc/pressure; undefined for what this kernel does not tell. */
export function hostPressure(procfs = '/proc'): Record<PressureName, Pressure | undefined> {
  const of = (name: PressureName): Pressure | undefined => parsePressure(fileText(`${procfs}/pressure/${name}`) ?? '')
  return { cpu: of('cpu'), memory: of('memory'), io: of('io') }
}

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and the same of `full`; undefined for a text that has no `some`. */
export function parsePressure(text: string): Pressure | undefined {
  const some = stallOf(text, 'some')
  return some && { some, full: stallOf(text, 'full') }
}

function stallOf(text: string, kind: 'some' | 'full'): Stall | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${kind} `))
  const [, avg10, total] = /\savg10=(\d+(?:\.\d+)?)\s.*\stotal=(\d+)$/.exec(line ?? '') ?? []
  return avg10 === undefined ? undefined : { avg10Percent: Number(avg10), totalUs: Number(total) }
}
