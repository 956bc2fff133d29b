import { statfs } from 'node:fs/promises'
import { cpus, freemem, loadavg, platform, totalmem, uptime } from 'node:os'
import type { MetricName } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import { CpuMeter } from './cpu-meter.ts'
import { LinuxReadings } from './linux-readings.ts'
import { PortableReadings } from './portable-readings.ts'
import { RateMeter } from './rate-meter.ts'
import type { Readings, ReadingSource } from './readings.ts'
import type { Sample, Sampler } from './sampler.ts'

export interface SystemSamplerInit {
  /** A folder on the disk whose fill matters: the peer's home, where logs and blocks land. */
  readonly folder: string
  /** Default: `/proc` and `/sys` on Linux, systeminformation elsewhere. */
  readonly source?: ReadingSource
}

/** The disk is asked this often: it changes slowly, and a network disk may be slow to answer. */
const diskEveryMs = 10_000

/** Samples this machine. Cheap things at each call, dear ones as seldom as they are dear. */
export class SystemSampler implements Sampler {
  readonly #clock: Clock
  readonly #folder: string
  readonly #source: ReadingSource
  readonly #cpu = new CpuMeter()
  readonly #rx = new RateMeter()
  readonly #tx = new RateMeter()
  #readings: Readings = { notes: [] }
  #readAtMs = Number.NEGATIVE_INFINITY
  #rates: { readonly rx: number | undefined; readonly tx: number | undefined } = { rx: undefined, tx: undefined }
  #disk: { readonly total: number; readonly free: number; readonly used: number } | undefined
  #diskAtMs = Number.NEGATIVE_INFINITY

  constructor(deps: { readonly clock: Clock }, init: SystemSamplerInit) {
    this.#clock = deps.clock
    this.#folder = init.folder
    this.#source = init.source ?? (platform() === 'linux' ? new LinuxReadings() : new PortableReadings())
  }

  /** The first look sets what rates are counted from. */
  async start(): Promise<void> {
    this.#cpu.read(cpus().map((core) => core.times))
    await this.#readSystem()
  }

  async stop(): Promise<void> {}

  async sample(): Promise<Sample> {
    await Promise.all([this.#readSystem(), this.#readDisk()])
    const total = totalmem()
    const available = this.#readings.memoryAvailableBytes ?? freemem()
    const values: Partial<Record<MetricName, number>> = {}
    const put = (name: MetricName, value: number | undefined) => {
      if (value !== undefined && Number.isFinite(value)) values[name] = value
    }
    put('cpuPercent', this.#cpu.read(cpus().map((core) => core.times)))
    put('memoryPercent', total > 0 ? ((total - available) / total) * 100 : undefined)
    put('diskPercent', this.#disk === undefined ? undefined : this.#disk.used)
    put('temperatureC', this.#readings.temperatureC)
    put('batteryPercent', this.#readings.batteryPercent)
    put('netRxBytesPerS', this.#rates.rx)
    put('netTxBytesPerS', this.#rates.tx)
    // Windows has no load average; os.loadavg() answers 0 there, which would be a lie.
    put('load1', platform() === 'win32' ? undefined : loadavg()[0])
    return {
      values,
      batteryCharging: this.#readings.batteryCharging ?? null,
      memoryTotalBytes: total,
      diskTotalBytes: this.#disk?.total ?? null,
      diskFreeBytes: this.#disk?.free ?? null,
      uptimeS: Math.round(uptime()),
      notes: [...this.#readings.notes],
    }
  }

  async #readSystem(): Promise<void> {
    const atMs = this.#clock.monotonic()
    // A little early is near enough: a caller's timer must not make it every other call.
    if (atMs - this.#readAtMs < this.#source.everyMs * 0.75) return
    this.#readAtMs = atMs
    this.#readings = await this.#source.read().catch(() => ({ notes: [] }))
    const { netRxBytes, netTxBytes } = this.#readings
    this.#rates = {
      rx: netRxBytes === undefined ? undefined : this.#rx.read(netRxBytes, atMs),
      tx: netTxBytes === undefined ? undefined : this.#tx.read(netTxBytes, atMs),
    }
  }

  async #readDisk(): Promise<void> {
    const atMs = this.#clock.monotonic()
    if (atMs - this.#diskAtMs < diskEveryMs) return
    this.#diskAtMs = atMs
    const stats = await statfs(this.#folder).catch(() => undefined)
    if (stats === undefined || stats.blocks === 0) {
      this.#disk = undefined
      return
    }
    // Like df: blocks kept back for root count neither as free nor as the user's to fill.
    const usedBlocks = stats.blocks - stats.bfree
    this.#disk = {
      total: stats.blocks * stats.bsize,
      free: stats.bavail * stats.bsize,
      used: (usedBlocks / Math.max(1, usedBlocks + stats.bavail)) * 100,
    }
  }
}
