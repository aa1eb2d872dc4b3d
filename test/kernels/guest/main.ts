// Runs in the guest: tries wirelag with every kind of hook, then its commands, and reports by lines on standard output.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { hookModes, reportPrefix, type GuestReport } from '../report.ts'
import { tryAgent } from './agent.ts'
import { hideBtf, tryCommandLine, tryRefusal } from './command-line.ts'
import { tryHistories } from './histories.ts'
import { tryHooks } from './hooks.ts'

let failed = 0

function report(result: GuestReport): GuestReport {
  failed += result.checks.filter(({ expected, actual }) => !isDeepStrictEqual(expected, actual)).length
  process.stdout.write(`${reportPrefix}${JSON.stringify(result)}\n`)
  return result
}

if (readFileSync('/proc/cmdline', 'utf8').includes('lockdown=confidentiality')) {
  report(
    tryRefusal('lockdown', 'wirelag: this kernel is locked down (confidentiality): programs may not read its memory'),
  )
} else {
  for (const mode of hookModes) report(await tryAgent(mode, report(await tryHooks(mode))))
  for (const mode of hookModes) report(await tryHistories(mode))
  report(await tryCommandLine())
  hideBtf()
  report(tryRefusal('no BTF', 'wirelag: this kernel has no type information (BTF), which wirelag reads it by'))
}
process.exitCode = failed > 0 ? 1 : 0
