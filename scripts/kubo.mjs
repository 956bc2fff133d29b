/**
 * The real Kubo for the tests. `node scripts/kubo.mjs` prints the path of the program, built from its Go module when it
 * is not there yet: two to three minutes, once. Plain JavaScript, because `npm test` starts it before anything is
 * installed.
 *
 * Looked for in $KUBO_BIN, then in a folder outside the clone (~/.cache/dt-swarm/kubo-VERSION, or below
 * $XDG_CACHE_HOME), so that a fresh clone does not build it again.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const kuboVersion = '0.41.0'

const program = process.platform === 'win32' ? 'ipfs.exe' : 'ipfs'
const folder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dt-swarm', `kubo-${kuboVersion}`)
const file = (name) => join(folder(), name)

/** The program; null when it is not there (yet). */
export function findKubo() {
  const named = process.env.KUBO_BIN
  if (named !== undefined && named !== '') return existsSync(named) ? named : null
  return existsSync(file(program)) ? file(program) : null
}

/** Why it cannot be had, as the last try to build it said; null when none has failed. */
function whyNot() {
  const named = process.env.KUBO_BIN
  if (named !== undefined && named !== '' && !existsSync(named)) return `KUBO_BIN names ${named}, which is not there`
  try {
    return readFileSync(file('failed'), 'utf8').trim()
  } catch {
    return null
  }
}

/** A build that takes longer is none any more, whatever process has its number now. */
const longestBuildMs = 30 * 60_000

function building() {
  try {
    if (Date.now() - statSync(file('building')).mtimeMs > longestBuildMs) return false
    process.kill(Number(readFileSync(file('building'), 'utf8')), 0)
    return true
  } catch {
    return false
  }
}

/**
 * Begins to build it, in a process of its own that lets all others go first, unless it is there or on its way.
 * @returns ends that process if it still runs
 */
export function buildKuboBehind() {
  if (findKubo() !== null || building()) return () => {}
  rmSync(file('failed'), { force: true })
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  // At once, so that whoever waits for it sees it.
  mkdirSync(folder(), { recursive: true })
  writeFileSync(file('building'), `${child.pid ?? ''}`)
  child.unref()
  return () => {
    if (child.exitCode === null && child.pid !== undefined && building()) {
      try {
        // With the compilers that it has started.
        process.kill(process.platform === 'win32' ? child.pid : -child.pid)
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/**
 * Waits for a build that is under way.
 * @returns {Promise<{ path: string } | { reason: string }>} the program, or why there is none
 */
export async function awaitKubo(patienceMs = 600_000) {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 500) {
    const path = findKubo()
    if (path !== null) return { path }
    if (!building()) break
    await setTimeout(500)
  }
  const reason =
    whyNot() ?? (building() ? 'it is still being built' : 'it is not built; "node scripts/kubo.mjs" builds it')
  return { reason }
}

function go(args, options = {}) {
  const done = spawnSync('go', args, { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2, ...options })
  if (done.error?.code === 'ENOENT') throw new Error('Go is not installed, and Kubo comes as source')
  if (done.status !== 0) {
    throw new Error(`go ${args[0]} ${args[1]} failed: ${(done.stdout + done.stderr).trim().slice(-500)}`)
  }
  return done.stdout
}

function build() {
  mkdirSync(folder(), { recursive: true })
  // What builds that were stopped have left.
  for (const name of readdirSync(folder())) {
    if (name.startsWith('source-')) rmSync(file(name), { recursive: true, force: true })
  }
  writeFileSync(file('building'), `${process.pid}`)
  const source = file(`source-${process.pid}`)
  try {
    // `go install pkg@version` asks for the list of versions, which not every mirror of modules has.
    const { Dir: dir } = JSON.parse(go(['mod', 'download', '-json', `github.com/ipfs/kubo@v${kuboVersion}`]))
    cpSync(dir, source, { recursive: true })
    if (process.platform !== 'win32') spawnSync('chmod', ['-R', 'u+w', source])
    const env = { ...process.env, GOFLAGS: '-buildvcs=false' }
    const built = file(`${program}.${process.pid}`)
    const args = ['build', '-trimpath', '-ldflags=-s -w', '-o', built, './cmd/ipfs']
    go(args, { cwd: source, env })
    renameSync(built, file(program))
    rmSync(file('failed'), { force: true })
  } catch (error) {
    writeFileSync(file('failed'), error.message)
    throw error
  } finally {
    rmSync(source, { recursive: true, force: true })
    rmSync(file('building'), { force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { setPriority, constants } = await import('node:os')
    if (findKubo() === null) {
      setPriority(constants.priority.PRIORITY_LOW)
      build()
    }
    console.log(findKubo())
  } catch (error) {
    console.error(`dt-swarm: ${error.message}`)
    process.exitCode = 1
  }
}
