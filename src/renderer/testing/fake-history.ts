import { metricNames, type MachineView } from '../../shared/views.ts'

/** Curves that move, with a hole where nothing was heard. */
export function fakeHistory(peer: MachineView['peer'], fromMs: number, toMs: number) {
  const stepMs = Math.max(1_000, Math.round((toMs - fromMs) / 120))
  const high = { netRxBytesPerS: 190_000, netTxBytesPerS: 900_000, load1: 3, temperatureC: 66 } as const
  const series = metricNames.map((metric, m) => ({
    metric,
    points: Array.from({ length: 120 }, (_, i) => {
      const top = metric in high ? high[metric as keyof typeof high] : 80
      const avg = top * (0.45 + 0.25 * Math.sin(i / 9 + m) + 0.08 * Math.sin(i * 1.9 + m))
      return { atMs: fromMs + i * stepMs, min: avg * 0.9, avg, max: avg * 1.12 }
    }).filter((_, i) => i < 40 || i > 52),
  }))
  return { peer, fromMs, toMs, stepMs, series }
}
