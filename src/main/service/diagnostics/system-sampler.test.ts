import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { CpuMeter } from './cpu-meter.ts'
import { LinuxReadings } from './linux-readings.ts'
import { RateMeter } from './rate-meter.ts'
import { SystemSampler } from './system-sampler.ts'
import { throttlingNotes } from './throttling.ts'

function folder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'dt-swarm-readings-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9999999    1    0    0    0     0          0         0  9999999    1    0    0    0     0       0          0
 wlan0:    1000    1    0    0    0     0          0         0     2000    1    0    0    0     0       0          0
  eth0:500 1 0 0 0 0 0 0 700 1 0 0 0 0 0 0
docker0:    1000    1    0    0    0     0          0         0     2000    1    0    0    0     0       0          0
`

test('reads a Raspberry Pi: temperature, throttling, its networks without loopback and bridges', async () => {
  const root = folder({
    'sys/class/thermal/thermal_zone0/temp': '51600\n',
    'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
    'sys/class/thermal/thermal_zone1/temp': '90000\n',
    'sys/class/thermal/thermal_zone1/type': 'PMIC-Die\n',
    'sys/devices/platform/soc/soc:firmware/get_throttled': '50005\n',
    'proc/net/dev': netDev,
  })
  const readings = await new LinuxReadings({ sys: join(root, 'sys'), proc: join(root, 'proc') }).read()
  expect(readings).toEqual({
    temperatureC: 51.6,
    netRxBytes: 1_500,
    netTxBytes: 2_700,
    notes: ['under-voltage now', 'throttled now'],
  })
})

test('reads a battery, but not that of a mouse', async () => {
  const root = folder({
    'sys/class/power_supply/A_mouse/uevent':
      'POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_SCOPE=Device\nPOWER_SUPPLY_CAPACITY=5\n',
    'sys/class/power_supply/BAT0/uevent':
      'POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS=Charging\nPOWER_SUPPLY_CAPACITY=78\n',
  })
  const readings = await new LinuxReadings({ sys: join(root, 'sys'), proc: root }).read()
  expect(readings).toEqual({ batteryPercent: 78, batteryCharging: true, notes: [] })
})

test('a machine without sensors has no values, and none that is 0', async () => {
  expect(await new LinuxReadings({ sys: folder({}), proc: folder({}) }).read()).toEqual({ notes: [] })
})

test('throttling says now, else seen', () => {
  expect(throttlingNotes(0)).toEqual([])
  expect(throttlingNotes(0x1_0000)).toEqual(['under-voltage seen since boot'])
  expect(throttlingNotes(0x5_0005)).toEqual(['under-voltage now', 'throttled now'])
})

test('the share of busy time is of the time between two looks', () => {
  const meter = new CpuMeter()
  const core = (user: number, idle: number) => ({ user, nice: 0, sys: 0, idle, irq: 0 })
  expect(meter.read([core(100, 100)])).toBeUndefined()
  expect(meter.read([core(125, 175)])).toBe(25)
  expect(meter.read([core(125, 175)])).toBeUndefined()
  expect(meter.read([core(1, 1)])).toBeUndefined()
})

test('a rate is told from the second look on, and not across a reset', () => {
  const meter = new RateMeter()
  expect(meter.read(1_000, 0)).toBeUndefined()
  expect(meter.read(3_000, 2_000)).toBe(1_000)
  expect(meter.read(10, 4_000)).toBeUndefined()
})

test('samples the machine that it runs on', async () => {
  const sampler = new SystemSampler({ clock: systemClock }, { folder: tmpdir() })
  await sampler.start()
  const busyUntil = performance.now() + 50
  while (performance.now() < busyUntil) JSON.stringify({})
  const { values, memoryTotalBytes, diskTotalBytes, diskFreeBytes, uptimeS } = await sampler.sample()
  await sampler.stop()
  expect(values.memoryPercent).toBeGreaterThan(0)
  expect(values.memoryPercent).toBeLessThan(100)
  expect(values.diskPercent).toBeGreaterThan(0)
  expect(memoryTotalBytes).toBeGreaterThan(1e8)
  expect(diskFreeBytes).toBeLessThan(diskTotalBytes ?? 0)
  expect(uptimeS).toBeGreaterThan(0)
  if (platform() !== 'win32') expect(values.load1).toBeGreaterThanOrEqual(0)
})
