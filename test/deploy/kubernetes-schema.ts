import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import { checkoutFile } from './deploy-files.ts'

/** A resource of Kubernetes, as a manifest has it. */
export interface Manifest {
  apiVersion: string
  kind: string
  [field: string]: unknown
}

interface Definition {
  type?: string
  properties?: object
  additionalProperties?: unknown
  anyOf?: object[]
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[]
}

const file = 'build/golang-k8s-kubectl-dev/usr/share/gocode/src/k8s.io/kubectl/testdata/openapi/swagger.json'
const definitions = (
  JSON.parse(readFileSync(checkoutFile(file), 'utf8')) as { definitions: Record<string, Definition> }
).definitions
const nameOfKind = new Map<string, string>()

for (const [name, definition] of Object.entries(definitions)) {
  // Kubernetes would drop a field that it does not know, and say nothing.
  if (definition.properties && definition['x-kubernetes-preserve-unknown-fields'] !== true)
    definition.additionalProperties ??= false
  // Types of two kinds are told as texts.
  if (name.endsWith('api.resource.Quantity'))
    replaceType(definition, [
      { type: 'string', pattern: '^[+-]?[0-9.]+([eEinumkKMGTP]*[-+]?[0-9]*)$' },
      { type: 'number' },
    ])
  if (name.endsWith('util.intstr.IntOrString')) replaceType(definition, [{ type: 'string' }, { type: 'integer' }])
  for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? [])
    nameOfKind.set(`${group === '' ? '' : `${group}/`}${version} ${kind}`, name)
}

const ajv = new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false })
ajv.addSchema({ $id: 'kubernetes', definitions })

function replaceType(definition: Definition, anyOf: object[]): void {
  delete definition.type
  definition.anyOf = anyOf
}

/** What the OpenAPI schema of Kubernetes has against a manifest, fields that it does not know among it. */
export function kubernetesErrors(manifest: Manifest): string[] {
  const kind = `${manifest.apiVersion} ${manifest.kind}`
  const name = nameOfKind.get(kind)
  if (name === undefined) return [`${kind}: there is no such kind`]
  const validate = ajv.getSchema(`kubernetes#/definitions/${name}`)
  if (!validate) throw new Error(`the schema has no ${name}`)
  if (validate(manifest) === true) return []
  const isOfChoice = ({ schemaPath }: ErrorObject): boolean => schemaPath.includes('/anyOf/')
  return (validate.errors ?? []).filter((error) => !isOfChoice(error)).map((error) => `${kind}: ${errorText(error)}`)
}

function errorText({ instancePath, message = '', params }: ErrorObject): string {
  const field = (params as { additionalProperty?: string }).additionalProperty
  return `${instancePath}: ${message}${field === undefined ? '' : `: ${field}`}`
}
