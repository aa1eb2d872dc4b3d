import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { readConfig } from '../../src/config/config.ts'
import { checkoutFile, temporaryFolder } from './deploy-files.ts'
import { kubernetesErrors, type Manifest } from './kubernetes-schema.ts'
import { unitCapabilities } from './unit-file.ts'

const kustomize = checkoutFile('build/kustomize/usr/bin/kustomize')

interface Container {
  name: string
  args: string[]
  securityContext: { privileged: boolean; capabilities?: { drop: string[]; add: string[] } }
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[]
}

function build(folder: string): { status: number | null; text: string; errors: string } {
  const { status, stdout, stderr, error } = spawnSync(kustomize, ['build', folder], { encoding: 'utf8' })
  if (error) throw error
  return { status, text: stdout, errors: stderr }
}

function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest)
}

function built(name: string): Manifest[] {
  const { status, text, errors } = build(checkoutFile(`deploy/kubernetes/${name}`))
  assert.equal(status, 0, errors)
  return manifestsOf(text)
}

/** Of the agent. */
function containerOf(manifests: readonly Manifest[]): Container {
  const found = manifests.find(({ kind }) => kind === 'DaemonSet')
  const spec = found?.['spec'] as { template: { spec: { containers: Container[] } } } | undefined
  const [container] = spec?.template.spec.containers ?? []
  assert.ok(container)
  return container
}

test('the base: what Kubernetes knows, and no more rights than the unit of systemd', () => {
  const manifests = built('base')
  assert.deepEqual(
    manifests.map(({ kind }) => kind),
    ['Namespace', 'ServiceAccount', 'ConfigMap', 'DaemonSet'],
  )
  assert.deepEqual(manifests.flatMap(kubernetesErrors), [])
  const { securityContext, volumeMounts } = containerOf(manifests)
  const { privileged, capabilities } = securityContext
  assert.deepEqual(
    [privileged, capabilities?.drop, capabilities?.add.map((name) => `CAP_${name}`)],
    [false, ['ALL'], unitCapabilities()],
  )
  assert.deepEqual(
    volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ name }) => name),
    ['history'],
  )
})

test('the overlays: for old kernels, and for the Prometheus operator', () => {
  const privileged = built('overlays/privileged')
  assert.deepEqual(privileged.flatMap(kubernetesErrors), [])
  const { securityContext } = containerOf(privileged)
  assert.deepEqual([securityContext.privileged, securityContext.capabilities], [true, undefined])
  // A PodMonitor is no resource of Kubernetes' own.
  const monitored = built('overlays/pod-monitor')
  assert.deepEqual(monitored.flatMap(kubernetesErrors), ['monitoring.coreos.com/v1 PodMonitor: there is no such kind'])
})

test('the configuration in it is one that the agent takes', () => {
  assert.deepEqual(readConfig(checkoutFile('deploy/kubernetes/base/wirelag.yaml')), {
    listen: { host: '0.0.0.0', port: 9474 },
  })
})

test('manifests that are wrong are found', () => {
  const { text } = build(checkoutFile('deploy/kubernetes/base'))
  const errorsOf = (from: string, to: string): string[] => {
    assert.ok(text.includes(from), from)
    return manifestsOf(text.replace(from, to)).flatMap(kubernetesErrors)
  }
  const where = 'apps/v1 DaemonSet: /spec/template/spec'
  assert.deepEqual(errorsOf('hostPID: true', 'hostPid: true'), [
    `${where}: must NOT have additional properties: hostPid`,
  ])
  assert.deepEqual(errorsOf('hostPID: true', 'hostPID: please'), [`${where}/hostPID: must be boolean`])
  assert.deepEqual(errorsOf('memory: 160Mi', 'memory: much'), [
    `${where}/containers/0/resources/requests/memory: must match a schema in anyOf`,
  ])
  assert.deepEqual(errorsOf('apiVersion: apps/v1', 'apiVersion: apps/v0'), ['apps/v0 DaemonSet: there is no such kind'])
})

test('an overlay whose base is not there is refused', (t: TestContext) => {
  const folder = temporaryFolder(t)
  cpSync(checkoutFile('deploy/kubernetes'), folder, { recursive: true })
  const file = join(folder, 'overlays/privileged/kustomization.yaml')
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('name: wirelag }', 'name: wireleg }').replace('../../base', '../../bass'),
  )
  assert.equal(build(join(folder, 'overlays/privileged')).status, 1)
})
