import { Option, type Command } from 'commander'
import type { IdentityFilter, TextChoice } from '../../model/filter.ts'
import { parseNameChoice } from '../../model/filter.ts'
import { optionValue } from './option-value.ts'
import { addStoreOption, type StoreOptions } from './store-option.ts'

export interface HistoryOptions extends StoreOptions {
  host?: string[]
  container?: TextChoice
  service?: TextChoice
  pod?: TextChoice
  namespace?: TextChoice
  json?: true
}

/** Adds what every command on the history has: where it is, whose records, output form. */
export function addHistoryOptions(command: Command): void {
  addStoreOption(command)
  const group = 'Of whom (lists; * stands for any text, ! excludes):'
  const add = (name: string, text: string): Command =>
    command.addOption(
      new Option(`--${name} <NAME>`, text).argParser(optionValue(`--${name}`, parseNameChoice)).helpGroup(group),
    )
  command
    .addOption(
      new Option('--host <NAME>', 'of a store of several hosts; names, with commas between')
        .argParser((text: string) => text.split(',').filter((name) => name !== ''))
        .helpGroup(group),
    )
    .addOption(new Option('--json', 'one JSON object a line (docs/json.md)'))
  add('container', 'name or id')
  add('service', 'as the agent calls it')
  add('pod', 'Kubernetes pod')
  add('namespace', 'Kubernetes namespace')
}

export function identityFilterOf({ container, service, pod, namespace }: HistoryOptions): IdentityFilter {
  return {
    ...(container ? { container } : {}),
    ...(service ? { service } : {}),
    ...(pod ? { pod } : {}),
    ...(namespace ? { namespace } : {}),
  }
}
