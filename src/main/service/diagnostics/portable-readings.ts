import type { ReadingSource, Readings } from './readings.ts'

/**
 * macOS and Windows, by systeminformation. Each answer starts a program there, so it is asked seldom.
 * The library is loaded on first use: on Linux it is not needed at all.
 */
export class PortableReadings implements ReadingSource {
  readonly everyMs = 15_000

  async read(): Promise<Readings> {
    const si = (await import('systeminformation')).default
    const [temperature, battery, net, memory] = await Promise.all([
      si.cpuTemperature().catch(() => undefined),
      si.battery().catch(() => undefined),
      si.networkStats().catch(() => undefined),
      si.mem().catch(() => undefined),
    ])
    const degrees = temperature?.main
    return {
      ...(typeof degrees === 'number' && degrees > 0 ? { temperatureC: degrees } : {}),
      ...(battery?.hasBattery === true ? { batteryPercent: battery.percent, batteryCharging: battery.isCharging } : {}),
      ...(net === undefined || net.length === 0
        ? {}
        : {
            netRxBytes: net.reduce((sum, one) => sum + one.rx_bytes, 0),
            netTxBytes: net.reduce((sum, one) => sum + one.tx_bytes, 0),
          }),
      ...(memory === undefined ? {} : { memoryAvailableBytes: memory.available }),
      notes: [],
    }
  }
}
