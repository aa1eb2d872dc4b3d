import assert from 'node:assert/strict'
import { once } from 'node:events'
import { emitKeypressEvents, type Interface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { keyOf, type Keypress } from './key.ts'

/** The key of what a terminal sends. */
async function keyOfBytes(bytes: string): Promise<string | undefined> {
  const input = new PassThrough()
  emitKeypressEvents(input, { escapeCodeTimeout: 1 } as unknown as Interface)
  const keypress = once(input, 'keypress')
  input.write(bytes)
  const [text, press] = (await keypress) as [string | undefined, Keypress]
  const key = keyOf(text, press)
  return key && `${key.name}${key.character === undefined ? '' : ` types ${key.character}`}`
}

const keys: [bytes: string, key: string | undefined][] = [
  ['q', 'q types q'],
  ['G', 'G types G'],
  ['/', '/ types /'],
  ['<', '< types <'],
  ['?', '? types ?'],
  ['é', 'é types é'],
  ['日', '日 types 日'],
  ['🐳', '🐳 types 🐳'],
  [' ', 'space types  '],
  ['\r', 'return'],
  ['\n', 'return'],
  ['\t', 'tab'],
  ['\u007f', 'backspace'],
  ['\b', 'backspace'],
  ['\u001b', 'escape'],
  ['\u001b[A', 'up'],
  ['\u001bOA', 'up'],
  ['\u001b[B', 'down'],
  ['\u001b[C', 'right'],
  ['\u001b[D', 'left'],
  ['\u001b[5~', 'pageup'],
  ['\u001b[6~', 'pagedown'],
  ['\u001b[H', 'home'],
  ['\u001b[F', 'end'],
  ['\u0003', 'ctrl+c'],
  ['\u000c', 'ctrl+l'],
  ['\u0015', 'ctrl+u'],
  ['\u001a', 'ctrl+z'],
  ['\u001bq', undefined],
]

for (const [bytes, key] of keys) {
  test(`${JSON.stringify(bytes)} is ${key ?? 'no key'}`, async () => {
    assert.equal(await keyOfBytes(bytes), key)
  })
}
