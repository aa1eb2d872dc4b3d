import { checkup } from '../../pipeline/checkup.ts'
import type { AddCommand } from '../command-context.ts'
import { defaultRingBytes } from '../options/watch-options.ts'
import { checkupJson, checkupText, isHealthy } from '../render/checkup-text.ts'

const examples = `
Exit code 0: every signal can be seen. 1: one or more cannot, or nothing can be loaded.

Examples:
  wirelag doctor
  wirelag doctor --json | jq '.signals[] | select(.status != "on")'`

export const add: AddCommand = (command, context) => {
  command
    .option('--json', 'one JSON object')
    .addHelpText('after', examples)
    .action((options: { json?: true }) => {
      const result = checkup(defaultRingBytes)
      const text = options.json ? JSON.stringify(checkupJson(result)) : checkupText(result).join('\n')
      process.stdout.write(`${text}\n`)
      context.onExit(isHealthy(result) ? 0 : 1)
    })
}
