import { run, stampedStep } from './step.mjs'
import { nodeEnvironment } from './node-runtime.mjs'

/** Exact: it brings the library of one version of ClickHouse. */
const version = '3.4.0'

/**
 * The engine of a newer ClickHouse than Debian has, as a library for Node.js. Only tests need it, and it is large: it stands beside
 * the other packages, in `build/chdb`.
 *
 * @returns {import('./step.mjs').Step}
 */
export function newerClickhouse() {
  const target = 'build/chdb'
  return stampedStep({
    name: 'newer-clickhouse',
    doing: `fetching the engine of a newer ClickHouse (npm's chdb ${version}) into ${target}`,
    inputs: [],
    version,
    output: `${target}/node_modules/chdb/package.json`,
    run: () =>
      run('npm', ['install', '--prefix', target, '--no-save', '--no-audit', '--no-fund', `chdb@${version}`], {
        env: nodeEnvironment(),
      }),
  })
}
