import { openScratch, scratchFolder } from './scratch.ts'
import { testStore } from './conformance.ts'

testStore('SQLite', async (t, limits) => {
  const folder = scratchFolder(t)
  return {
    store: await openScratch(t, folder, { limits }),
    openReader: () => openScratch(t, folder, { limits, mode: 'read' }),
    openAgain: () => openScratch(t, folder, { limits }),
  }
})
