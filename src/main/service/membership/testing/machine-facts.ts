import type { MachineFacts } from '../machine-record.ts'

/** What a robot says of itself. */
export function factsOf(more: Partial<MachineFacts> = {}): MachineFacts {
  return {
    name: 'duckie07',
    role: 'robot',
    version: '1.0.0',
    robot: { type: 'duckiebot', configuration: 'DB21J', hardware: 'jetson_nano' },
    simulated: false,
    os: 'linux 6.1 arm64',
    addresses: [],
    startedAtMs: 0,
    announceEveryMs: 10_000,
    leaving: false,
    clockSkewMs: null,
    rootVersion: null,
    trustFingerprint: null,
    archive: false,
    copies: 1,
    ...more,
  }
}
