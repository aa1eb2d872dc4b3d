import { OperatorError } from '../lib/operator-error.ts'
import type { StoredRecord } from '../model/record.ts'
import { readIncidentFile, type IncidentFile } from './incident-file.ts'
import { hostsOf, selectedRecords } from './record-selection.ts'
import type { RecordedHost, RecordQuery, Store, StoreStatus } from './store.ts'

/** An incident file as a store that can be read. */
export class FileStore implements Store {
  readonly file: IncidentFile

  private constructor(file: IncidentFile) {
    this.file = file
  }

  /** @throws OperatorError where it is no incident file */
  static async open(file: string): Promise<FileStore> {
    return new FileStore(await readIncidentFile(file))
  }

  async append(): Promise<void> {
    throw new OperatorError('WIRELAG_INCIDENT_FILE', 'an incident file is not written to')
  }

  async read(query: RecordQuery): Promise<StoredRecord[]> {
    return selectedRecords(this.file.records, query)
  }

  async hosts(): Promise<RecordedHost[]> {
    return hostsOf(this.file.records)
  }

  status(): StoreStatus {
    const { setAside } = this.file
    return { state: 'paused', reason: 'it is a file', bytes: undefined, droppedRecords: 0, setAside, spooledBytes: 0 }
  }

  async maintain(): Promise<void> {}

  async close(): Promise<void> {}
}
