import type { MachineView, ShareView, SystemStatusView, TransferView } from '../../shared/views.ts'
import { fakeCid, fakePeer } from './fake-ids.ts'
import { fakeMachine, fakeShare, fakeTransfer } from './fake-views.ts'

/** What a page must bear: `dev.html?odd`. Names as long as they may be, other scripts, values that cannot be. */
const names = [
  'duckiebot-of-the-second-floor-laboratory-left-of-the-door-0042x',
  'duckiebot-of-the-second-floor-laboratory-left-of-the-door-0043x',
  'ברווז-מעבדה-01',
  'بطة-المختبر-07',
  '🦆🦆 party duck 👨‍👩‍👧‍👦',
  'アヒル一号',
  'a',
  'W'.repeat(63),
] as const

export function oddMachines(nowMs: number): readonly MachineView[] {
  return names.map((name, i) => {
    const machine = fakeMachine(i, nowMs, { name, version: i === 6 ? '12.34.56-rc.7+build.2026.11.20' : '0.1.0' })
    const { health } = machine
    if (i === 1) return { ...machine, status: 'suspect', statusReason: 'silent for 48 s; it announces every 10 s' }
    if (i === 7) {
      return {
        ...machine,
        status: 'gone',
        statusReason: 'silent for 3 d; last heard by way of a server with a long name',
        lastHeardAtMs: nowMs - 3 * 86_400_000,
        lastHeardHow: 'relayed',
        lastHeardFromName: names[0],
      }
    }
    if (health === null || (i !== 2 && i !== 4)) return machine
    const wrong = { cpuPercent: 4_211.5, temperatureC: -273.2, batteryPercent: -12, diskPercent: 180, load1: 1e9 }
    const values = i === 2 ? { ...health.values, ...wrong } : { cpuPercent: 12 }
    const spark = { atMs: [nowMs], cpuPercent: [12], temperatureC: [null] }
    return { ...machine, health: { ...health, values, batteryCharging: null }, ...(i === 4 ? { spark } : {}) }
  })
}

export function oddShares(count: number, nowMs: number): readonly ShareView[] {
  const files = [
    'duckie01_drive001_2026-11-20_20-13-15.mcap',
    'duckie01_drive001_2026-11-20_20-15-15.mcap',
    `${'calibration-of-the-left-camera-'.repeat(7)}final-FINAL-2.bag`,
    'הקלטה של הברווז בבוקר יום שישי בלי גשם.mcap',
    '🦆 first drive 👨‍👩‍👧‍👦 with the whole family in the lab.mp4',
    'x',
  ]
  return Array.from({ length: count }, (_, i) => {
    const name = files[i % files.length] ?? 'x'
    const originName = names[i % names.length] ?? 'a'
    const origin = fakePeer(i % names.length)
    return fakeShare(i, nowMs, {
      name,
      origin,
      originName,
      copies: [{ peer: origin, name: originName, alive: i % 3 > 0 }],
    })
  })
}

export function oddTransfers(nowMs: number): readonly TransferView[] {
  const message =
    'Nobody who holds it can be reached: duckie02 (gone for 22 min), lab-server (refused the connection). Start one of them and fetch again.'
  return [
    fakeTransfer(1, nowMs, { name: 'duckie01_drive001_2026-11-20_20-13-15.mcap', sizeBytes: null, remainingMs: null }),
    fakeTransfer(2, nowMs, {
      name: `${'calibration-of-the-left-camera-'.repeat(7)}final-FINAL-2.bag`,
      cid: fakeCid(2),
      state: 'failed',
      error: { code: 'FETCH_FAILED', message },
      endedAtMs: nowMs,
    }),
    fakeTransfer(3, nowMs, { kind: 'share', state: 'waiting', step: 'waiting for it to stop growing', bytesPerS: 0 }),
  ]
}

export function oddStatus(status: SystemStatusView): SystemStatusView {
  const message =
    'The share folder /home/ana/shared-logs cannot be read. Fix its permissions or choose another in Settings.'
  return {
    ...status,
    warnings: [{ code: 'SHARE_DIR_UNREADABLE', message }],
    counters: { ...status.counters, 'dial.failed': 31, 'node.unavailable:mdns': 1, 'gossip.received': 1_204_332 },
  }
}
