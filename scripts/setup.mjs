// Brings a bare Debian 12 machine with Node 20 and npm to where wirelag runs from this checkout: `npm run setup`.
// Plain JavaScript for an old Node, no dependency. Each step knows whether it is done, so a second run only looks.
import { runSteps, SetupError } from './setup/step.mjs'
import { systemPackages } from './setup/system-packages.mjs'
import { nodeRuntime } from './setup/node-runtime.mjs'
import { npmPackages } from './setup/npm-packages.mjs'
import { bpfObject } from './setup/bpf-object.mjs'
import { nativeAddon } from './setup/native-addon.mjs'
import { labActor } from './setup/lab-actor.mjs'
import { newerClickhouse } from './setup/newer-clickhouse.mjs'
import { sidPackage } from './setup/sid-package.mjs'

/** @type {import('./setup/system-packages.mjs').Purpose} */
const purpose = process.argv.includes('--bench') ? 'bench' : process.argv.includes('--test') ? 'test' : 'run'

/** What manifests for Kubernetes are checked by. */
const kubernetesSchema = 'usr/share/gocode/src/k8s.io/kubectl/testdata/openapi/swagger.json'

try {
  runSteps([
    systemPackages(purpose),
    nodeRuntime(),
    npmPackages(),
    bpfObject(),
    nativeAddon(),
    ...(purpose === 'run' ? [] : [labActor()]),
    ...(purpose === 'test'
      ? [
          sidPackage('victoria-metrics', 'usr/bin/victoria-metrics'),
          sidPackage('kustomize', 'usr/bin/kustomize'),
          sidPackage('golang-k8s-kubectl-dev', kubernetesSchema),
          newerClickhouse(),
        ]
      : []),
  ])
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`setup: ${error.message}\n`)
  process.exitCode = 1
}
