import type { Command } from 'commander'

/** What main gives to each command. */
export interface CommandContext {
  /** Program and arguments after `--`. */
  childArgs: readonly string[] | undefined
  onExit: (exitCode: number) => void
}

/** Gives a command its options, help and action. */
export type AddCommand = (command: Command, context: CommandContext) => void
