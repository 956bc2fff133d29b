/**
 * What `npm start` and `npm test` need before anything is installed: plain JavaScript without dependencies, because
 * it runs on whatever Node the system has (20 and newer). It installs, finds the right Node and builds.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

const windows = process.platform === 'win32'

/** libp2p 3 needs Node 22; node:sqlite without a flag came with 22.13. */
const leastNode = [22, 15]

/** The Node to run everything with: this one when it is new enough, else the one that npm brought. */
export function nodePath() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])) return process.execPath
  const brought = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node')
  if (!existsSync(brought)) {
    throw new Error(
      `Node ${process.versions.node} is too old (22.15 or newer is needed), and npm brought none: run "npm ci"`,
    )
  }
  return brought
}

/** The environment in which `node` and the tools of node_modules are found first. */
export function toolEnv(extra = {}) {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  const path = [dirname(nodePath()), join(root, 'node_modules', '.bin'), process.env[key] ?? ''].join(
    windows ? ';' : ':',
  )
  return { ...process.env, ...extra, [key]: path }
}

/** Runs a program to its end and resolves with its exit code (128 + n when a signal ended it). */
export function run(command, args, { env = process.env, quiet = false, shell = false } = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      shell,
      stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
    })
    child.on('error', failed)
    child.on('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}

/** Runs a tool of node_modules by its package's own script, without a shell. */
export function runTool(script, args, options = {}) {
  return run(nodePath(), [join(root, 'node_modules', script), ...args], { env: toolEnv(), ...options })
}

function digest(files) {
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

function stamped(file, stamp) {
  return existsSync(file) && readFileSync(file, 'utf8') === stamp
}

/** Installs the dependencies when they are missing or the lock file has changed since. */
export async function ensureInstalled() {
  const stampFile = join(root, 'node_modules', '.dt-swarm-installed')
  const stamp = digest(['package-lock.json', 'package.json'])
  if (stamped(stampFile, stamp)) return
  console.error('dt-swarm: installing dependencies (npm ci) …')
  const code = await run(windows ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    shell: windows,
  })
  if (code !== 0)
    throw new Error(`npm ci failed (exit ${code}): see above; a proxy or an empty disk are the usual causes`)
  writeFileSync(stampFile, stamp)
}

function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? sources(path) : /\.test\.tsx?$/.test(entry.name) ? [] : [path]
    })
    .sort()
}

/** Builds `out/` when a source has changed since the last build. */
export async function ensureBuilt() {
  const stampFile = join(root, 'out', '.built')
  const stamp = digest([...sources('src'), 'electron.vite.config.ts', 'package-lock.json'])
  if (stamped(stampFile, stamp)) return
  console.error('dt-swarm: building …')
  const code = await runTool('electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn'])
  if (code !== 0) throw new Error(`the build failed (exit ${code}): see above`)
  mkdirSync(join(root, 'out'), { recursive: true })
  writeFileSync(stampFile, stamp)
}
