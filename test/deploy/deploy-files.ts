import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** A file of the checkout. */
export function checkoutFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}

export function deployText(path: string): string {
  return readFileSync(checkoutFile(`deploy/${path}`), 'utf8')
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirelag-deploy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A file of deploy/, with something in it replaced. @throws Error where that is not in it: then nothing would be broken */
export function brokenCopy(t: TestContext, path: string, from: string, to: string): string {
  const text = deployText(path)
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`)
  const file = join(temporaryFolder(t), path.split('/').at(-1) ?? path)
  writeFileSync(file, text.replace(from, to))
  return file
}

/** Names of wirelag's metrics in an expression or a text. */
export function metricsIn(text: string): string[] {
  return [...new Set(text.match(/(?<![\w:])wirelag_\w+/g))]
}
