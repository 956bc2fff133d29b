import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { awaitKubo } from '../../../../../scripts/kubo.mjs'
import { skipFor } from '../../../../../scripts/required.ts'

/** The real Kubo, or why there is none here; waits for one that is being built. To be asked once a test file. */
export async function realKubo(): Promise<{ readonly path: string | null; readonly reason: string }> {
  const found = await awaitKubo()
  if ('path' in found) return { path: found.path, reason: '' }
  skipFor('kubo', found.reason)
  return { path: null, reason: found.reason }
}

/** Talks to nobody that it was not told of: loopback only, no bootstrap, no routing, ports of the system's choice. */
const settings: Readonly<Record<string, unknown>> = {
  Bootstrap: [],
  'Addresses.Swarm': ['/ip4/127.0.0.1/tcp/0'],
  'Addresses.API': '/ip4/127.0.0.1/tcp/0',
  'Addresses.Gateway': [],
  'Routing.Type': 'none',
  'Routing.DelegatedRouters': [],
  'Ipns.DelegatedPublishers': [],
  'DNS.Resolvers': {},
  'Discovery.MDNS.Enabled': false,
  'AutoConf.Enabled': false,
  'AutoTLS.Enabled': false,
  'Swarm.DisableNatPortMap': true,
  'Swarm.RelayClient.Enabled': false,
  'Provide.Enabled': false,
}

/** One real Kubo daemon in a process and a folder of its own. */
export class KuboDaemon {
  readonly #path: string
  readonly repo: string
  #child: ChildProcess | null = null
  #exit: Promise<unknown> = Promise.resolve()
  log = ''

  static async make(path: string): Promise<KuboDaemon> {
    const daemon = new KuboDaemon(path, await mkdtemp(join(tmpdir(), 'dt-swarm-kubo-')))
    daemon.ipfs('init', '--empty-repo')
    for (const [key, value] of Object.entries(settings)) daemon.set(key, value)
    return daemon
  }

  private constructor(path: string, repo: string) {
    this.#path = path
    this.repo = repo
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, IPFS_PATH: this.repo, IPFS_TELEMETRY: 'off', GOLOG_LOG_LEVEL: 'error' }
  }

  set(key: string, value: unknown): void {
    this.ipfs('config', '--json', key, JSON.stringify(value))
  }

  /** Runs `ipfs ARGS`, through the daemon when it runs. */
  ipfs(...args: readonly string[]): string {
    return execFileSync(this.#path, args, { env: this.#env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** What `ipfs cat CID` prints. */
  async cat(cid: string): Promise<Buffer> {
    const options = { env: this.#env, maxBuffer: 512 * 1024 ** 2, encoding: 'buffer' as const }
    return (await promisify(execFile)(this.#path, ['cat', cid], options)).stdout
  }

  /** Resolves when it answers. The ports stay the same from start to start. */
  async start(): Promise<this> {
    rmSync(join(this.repo, 'api'), { force: true })
    const child = spawn(this.#path, ['daemon'], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#exit = new Promise((done) => child.once('exit', done))
    const ready = new Promise<void>((done, failed) => {
      const hear = (chunk: Buffer): void => {
        this.log = (this.log + chunk.toString()).slice(-20_000)
        if (this.log.includes('Daemon is ready')) done()
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.once('exit', (code) => failed(new Error(`Kubo ended with ${code}: ${this.log}`)))
    })
    this.log = ''
    await Promise.race([
      ready,
      setTimeout(60_000).then(() => {
        throw new Error(`Kubo is not ready after a minute: ${this.log}`)
      }),
    ])
    this.#api = readFileSync(join(this.repo, 'api'), 'utf8').trim()
    return this
  }

  #api = ''

  /** Its RPC's address as it writes it: a multiaddress. */
  get api(): string {
    return this.#api
  }

  get url(): string {
    const [, , host, , port] = this.#api.split('/')
    return `http://${host}:${port}`
  }

  /** From now on it listens where it listens now, also after a restart. */
  keepPorts(): void {
    this.set('Addresses.API', this.#api)
  }

  /** Where its libp2p listens. */
  get address(): string {
    const { Addresses: addresses } = JSON.parse(this.ipfs('id')) as { Addresses: string[] }
    const [first] = addresses
    if (first === undefined) throw new Error('Kubo listens nowhere')
    return first
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child?.kill(signal)
    await this.#exit
    this.#child = null
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL')
    await rm(this.repo, { recursive: true, force: true, maxRetries: 3 })
  }
}
