import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReadingSource, Readings } from './readings.ts'
import { throttlingNotes } from './throttling.ts'

/** Interfaces that carry the machine's own traffic twice (bridges, container ends) or never leave it. */
const notPhysical = /^(lo|veth|docker|br-|virbr|ifb|tun|tap|dummy|cni|flannel)/

/** A thermal zone of the processor, by the names that Raspberry Pi, Jetson, ACPI and Intel boards give it. */
const cpuZone = /cpu|soc|x86_pkg|k10temp|coretemp|acpitz/i

/** Where Raspberry Pi firmware tells of under-voltage and throttling, newer and older kernels. */
const throttledFiles = [
  'devices/platform/soc/soc:firmware/get_throttled',
  'devices/platform/soc/soc:firmware/raspberrypi-hwmon/get_throttled',
]

/**
 * Reads `/proc` and `/sys` itself: systeminformation starts a shell for each of these on Linux, which costs a
 * small robot more than all the rest of a sample.
 */
export class LinuxReadings implements ReadingSource {
  readonly everyMs = 2_000
  readonly #sys: string
  readonly #proc: string

  constructor(init: { readonly sys?: string; readonly proc?: string } = {}) {
    this.#sys = init.sys ?? '/sys'
    this.#proc = init.proc ?? '/proc'
  }

  async read(): Promise<Readings> {
    const [temperatureC, battery, net, throttled] = await Promise.all([
      this.#temperature(),
      this.#battery(),
      this.#net(),
      this.#throttled(),
    ])
    return {
      ...(temperatureC === undefined ? {} : { temperatureC }),
      ...battery,
      ...net,
      notes: throttled === undefined ? [] : throttlingNotes(throttled),
    }
  }

  /** The hottest zone of the processor, else the hottest of all; absurd values (a dead sensor) are left out. */
  async #temperature(): Promise<number | undefined> {
    const zones = (await names(join(this.#sys, 'class/thermal'))).filter((name) => name.startsWith('thermal_zone'))
    let cpu: number | undefined
    let any: number | undefined
    for (const zone of zones.slice(0, 32)) {
      const value = number(await text(join(this.#sys, 'class/thermal', zone, 'temp')))
      if (value === undefined) continue
      const degrees = value / 1000
      if (degrees < -40 || degrees > 150 || degrees === 0) continue
      const type = (await text(join(this.#sys, 'class/thermal', zone, 'type'))) ?? ''
      if (cpuZone.test(type)) cpu = Math.max(cpu ?? degrees, degrees)
      any = Math.max(any ?? degrees, degrees)
    }
    return cpu ?? any
  }

  async #battery(): Promise<Pick<Readings, 'batteryPercent' | 'batteryCharging'>> {
    const root = join(this.#sys, 'class/power_supply')
    for (const supply of (await names(root)).slice(0, 16)) {
      const uevent = await text(join(root, supply, 'uevent'))
      if (uevent === undefined || !/^POWER_SUPPLY_TYPE=Battery$/m.test(uevent)) continue
      // Mice and headsets report batteries too; their scope is the device, not the system.
      if (/^POWER_SUPPLY_SCOPE=Device$/m.test(uevent)) continue
      const percent = number(/^POWER_SUPPLY_CAPACITY=(.+)$/m.exec(uevent)?.[1])
      const status = /^POWER_SUPPLY_STATUS=(.+)$/m.exec(uevent)?.[1]
      if (percent === undefined || percent < 0 || percent > 100) continue
      const known = status !== undefined && status !== 'Unknown'
      return { batteryPercent: percent, ...(known ? { batteryCharging: status === 'Charging' } : {}) }
    }
    return {}
  }

  async #net(): Promise<Pick<Readings, 'netRxBytes' | 'netTxBytes'>> {
    const table = await text(join(this.#proc, 'net/dev'))
    if (table === undefined) return {}
    let rx = 0
    let tx = 0
    let seen = false
    for (const line of table.split('\n')) {
      const [name, rest] = line.split(':')
      if (name === undefined || rest === undefined || notPhysical.test(name.trim())) continue
      const columns = rest.trim().split(/\s+/).map(Number)
      const [received, sent] = [columns[0], columns[8]]
      if (received === undefined || sent === undefined || !Number.isFinite(received + sent)) continue
      seen = true
      rx += received
      tx += sent
    }
    return seen ? { netRxBytes: rx, netTxBytes: tx } : {}
  }

  async #throttled(): Promise<number | undefined> {
    for (const file of throttledFiles) {
      const value = await text(join(this.#sys, file))
      if (value === undefined) continue
      const bits = Number.parseInt(value.trim(), 16)
      return Number.isSafeInteger(bits) ? bits : undefined
    }
    return undefined
  }
}

async function names(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => [])
}

async function text(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch(() => undefined)
}

function number(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  const parsed = Number(value)
  return Number.isFinite(parsed) ? parsed : undefined
}
