import assert from 'node:assert/strict'
import { test } from 'node:test'
import { edgeStatsBytes } from '../wire/wire.gen.ts'
import { EdgeActivities, type EdgeReadings } from './edge-activity.ts'

/** Of bpf/wire/wire.h: struct wl_edge_stats, and struct wl_histogram of its first stage. */
const at = { sentBytes: 24, failures: 84, firstSumNs: 104, firstCounts: 104 + 72 }

/** A table of one edge, all of whose readings are through the same bytes, as the kernel's is. */
class Table {
  readonly #stats = Buffer.alloc(edgeStatsBytes)
  readonly #kernel = Buffer.alloc(edgeStatsBytes)

  count(sentBytes: number, bucket: number): void {
    const view = new DataView(this.#kernel.buffer, this.#kernel.byteOffset)
    view.setBigUint64(at.sentBytes, view.getBigUint64(at.sentBytes, true) + BigInt(sentBytes), true)
    view.setBigUint64(at.firstSumNs, view.getBigUint64(at.firstSumNs, true) + 10n, true)
    const place = at.firstCounts + 4 * bucket
    view.setUint32(place, view.getUint32(place, true) + 1, true)
  }

  read(): EdgeReadings {
    return {
      entries: [{ slot: 0, key: undefined, protocol: 6 }],
      statsOf: () => {
        this.#kernel.copy(this.#stats)
        return this.#stats
      },
    }
  }
}

test('each reading tells what happened since the one before', () => {
  const table = new Table()
  const edges = new EdgeActivities()
  const readings = [1, 2, 0, 3].map((samples, i) => {
    for (let sample = 0; sample < samples; sample++) table.count(100, 10 + i)
    return edges.update(table.read()).map(({ counts, stages }) => ({
      sentBytes: counts.sentBytes,
      samples: Object.values(stages).reduce((sum, { count }) => sum + count, 0),
    }))
  })
  assert.deepEqual(readings, [
    [{ sentBytes: 100, samples: 1 }],
    [{ sentBytes: 200, samples: 2 }],
    [],
    [{ sentBytes: 300, samples: 3 }],
  ])
  assert.equal(edges.totals()[0]?.counts.sentBytes, 600)
})
