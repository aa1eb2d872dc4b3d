import type { Attributes } from './attributes.ts'
import { writeAttributes } from './attributes.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** Who tells: the same of all metrics and logs. */
export interface OtlpSource {
  resource: Attributes
  /** wirelag's own. */
  version: string
}

/** What wirelag knows of itself and its host; `more` wins. */
export function resourceAttributes(
  host: { name: string; machine: string; kernel: string },
  version: string,
  more: Readonly<Record<string, string>>,
): Attributes {
  return {
    'service.name': 'wirelag',
    'service.version': version,
    // Not made anew at each start: that would end every series.
    'service.instance.id': host.name,
    'host.name': host.name,
    'host.arch': archNames[host.machine] ?? host.machine,
    'os.type': 'linux',
    'os.version': host.kernel,
    ...more,
  }
}

/** Of `host.arch`, for what `uname -m` says. */
const archNames: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64' }

/** Fields of `Resource` and `InstrumentationScope`. */
const attributesField = 1
const scope = { name: 1, version: 2 }

export function writeResource(writer: ProtobufWriter, field: number, { resource }: OtlpSource): void {
  writer.writeMessage(field, () => writeAttributes(writer, attributesField, resource))
}

export function writeScope(writer: ProtobufWriter, field: number, { version }: OtlpSource): void {
  writer.writeMessage(field, () => {
    writer.writeString(scope.name, 'wirelag')
    writer.writeString(scope.version, version)
  })
}
