import type { AddCommand } from '../command-context.ts'

export const add: AddCommand = (program) => {
  program.command('doctor').description('what this kernel lets wirelag see, and what is lost without it')
}
