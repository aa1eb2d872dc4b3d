import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootImage } from '../../lab/engines/root-image.ts'
import { checkoutFile } from './deploy-files.ts'

const addon = 'native/build/Release/wirelag.node'
/** Where the Dockerfile has it. */
const home = 'opt/wirelag'

/**
 * The image of deploy/docker/Dockerfile, as far as it can be made without a registry: what its run stage has of the
 * checkout, on the lab's root file system with this machine's libraries instead of Debian's image.
 *
 * @param folder for it
 * @returns the file system as a tar archive
 */
export function agentImage(folder: string): string {
  const file = join(folder, 'agent.tar')
  const libraries = [...librariesOf(process.execPath), ...librariesOf(checkoutFile(addon))]
  execFileSync('cp', [rootImage([...new Set(libraries)]).tar, file])
  const append = (from: string, paths: readonly string[], to: string): void => {
    const moved = `--transform=s,^,${to}/,`
    execFileSync('tar', ['--append', `--file=${file}`, `--directory=${from}`, moved, ...paths])
  }
  append(checkoutFile(''), ['bin', 'src', 'package.json', 'build/wirelag.bpf.o', addon, ...shippedPackages()], home)
  append(join(process.execPath, '..'), ['node'], `${home}/runtime/node_modules/node-linux-${process.arch}/bin`)
  return file
}

/** Of node_modules, without those for development. */
function shippedPackages(): string[] {
  const lock = JSON.parse(readFileSync(checkoutFile('package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>
  }
  return Object.entries(lock.packages).flatMap(([path, { dev, devOptional, optional }]) =>
    path === '' || dev === true || devOptional === true || optional === true ? [] : [path],
  )
}

function librariesOf(file: string): string[] {
  return execFileSync('ldd', [file], { encoding: 'utf8' }).match(/\/\S+\.so\S*/g) ?? []
}

/** What the build stage of the Dockerfile is given that the checkout does not have. */
export function missingSources(dockerfile: string): string[] {
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, words = '']) => words.split(' '))
  const known = new Set(readdirSync(checkoutFile(''), { recursive: false }).map(String))
  return sources.filter((source) => !known.has(source.split('/')[0] ?? ''))
}
