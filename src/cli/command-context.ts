import type { Command } from 'commander'

/** What main gives to each command. */
export interface CommandContext {
  /** Program and arguments after `--`. */
  childArgs: readonly string[] | undefined
  onExit: (exitCode: number) => void
}

/** Adds a command to the program: its options, help and action. */
export type AddCommand = (program: Command, context: CommandContext) => void
