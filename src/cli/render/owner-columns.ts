import { printable } from '../../lib/printable.ts'
import { containerText, serviceOf, type Identity } from '../../model/container.ts'
import type { Task } from '../../model/process.ts'
import type { Column } from './columns.ts'

/** What tells whose a socket is, on a terminal: containers where the host has a runtime, services where it has units. */
export type OwnerColumn = 'container' | 'service'

/** The columns of whose a row is: on a terminal the one that the host has anything for, for a program both. */
export function ownerColumns<Row>(
  taskOf: (row: Row) => Task | undefined,
  shown: OwnerColumn | undefined,
  isTerminal: boolean,
): Column<Row>[] {
  const columns: Record<OwnerColumn, Column<Row>> = {
    container: { title: 'CONTAINER', width: 18, align: 'left', text: (row) => containerOf(taskOf(row)) },
    service: { title: 'SERVICE', width: 15, align: 'left', text: (row) => ownService(taskOf(row)) },
  }
  if (!isTerminal) return [columns.container, columns.service]
  return shown ? [columns[shown]] : []
}

/** `-` for a process that is in none. */
export function containerOf(process: { identity?: Identity } | undefined): string {
  const container = process?.identity?.container
  return container ? printable(containerText(container)) : '-'
}

function ownService(task: Task | undefined): string {
  return task ? printable(serviceOf(task)) : '-'
}
