import type { StorageView } from '../../shared/file-views.ts'
import type { LogInfo, LogPreview } from '../../shared/log-views.ts'
import type { ShareView } from '../../shared/views.ts'

const topics = [
  ['/camera_node/image/compressed', 'sensor_msgs/CompressedImage', 30],
  ['/imu_node/imu', 'sensor_msgs/Imu', 100],
  ['/kinematics/velocity', 'duckietown_msgs/Twist2DStamped', 20],
  ['/lane_filter_node/lane_pose', 'duckietown_msgs/LanePose', 15],
  ['/wheels_driver_node/wheels_cmd', 'duckietown_msgs/WheelsCmdStamped', 20],
  ['/rosout', 'rosgraph_msgs/Log', 0.2],
] as const

/** What a robot's recording of five minutes is found to be. */
export function fakeLog(endMs: number, change: Partial<LogInfo> = {}): LogInfo {
  const seconds = 300
  const counted = topics.map(([name, type, hz]) => ({ name, type, count: Math.round(hz * seconds) }))
  return {
    format: 'mcap',
    startMs: endMs - seconds * 1_000,
    endMs,
    messages: counted.reduce((sum, topic) => sum + topic.count, 0),
    topics: counted,
    moreTopics: 0,
    whole: true,
    problem: null,
    facts: [
      ['Compression', 'lz4'],
      ['Profile', 'ros1'],
    ],
    ...change,
  }
}

export function fakeTextLog(change: Partial<LogInfo> = {}): LogInfo {
  return {
    format: 'text',
    startMs: null,
    endMs: null,
    messages: null,
    topics: [],
    moreTopics: 0,
    whole: true,
    problem: null,
    facts: [['Lines', '1,204']],
    ...change,
  }
}

/** A look into a share, after its kind. */
export function fakePreview(share: ShareView): LogPreview {
  const info = share.log ?? fakeTextLog()
  const about = { readBytes: Math.min(share.sizeBytes, 420_000), sizeBytes: share.sizeBytes, info }
  if (info.format === 'text') {
    const line = (no: number): string => `[${String(no).padStart(6, '0')}] duckie drives straight on`
    return {
      kind: 'text',
      ...about,
      head: Array.from({ length: 40 }, (_, i) => line(i)).join('\n'),
      tail: Array.from({ length: 20 }, (_, i) => line(9_000 + i)).join('\n'),
    }
  }
  const { startMs, endMs } = info
  if (startMs === null || endMs === null) return { kind: 'none', ...about, why: 'This kind of file cannot be shown.' }
  const stepMs = (endMs - startMs) / 120
  const wave = (field: number, i: number): number => Math.sin(i / (9 + field * 4)) + Math.sin(i * 1.7 + field) * 0.12
  return {
    kind: 'messages',
    ...about,
    timeline: {
      fromMs: startMs,
      stepMs,
      topics: info.topics.map(({ name, count }, t) => ({
        name,
        counts: Array.from({ length: 120 }, (_, i) =>
          Math.round(((count ?? 0) / 120) * (i > 70 && i < 82 ? 0 : 0.9 + 0.2 * Math.sin(i / 7 + t))),
        ),
      })),
    },
    numbers: ['v', 'omega', 'd', 'phi'].map((field, f) => ({
      topic: f < 2 ? '/kinematics/velocity' : '/lane_filter_node/lane_pose',
      field,
      points: Array.from({ length: 200 }, (_, i) => [startMs + i * 50, wave(f, i)] as [number, number]),
    })),
    frames: Array.from({ length: 4 }, (_, i) => ({
      topic: '/camera_node/image/compressed',
      atMs: Math.round(startMs + i * 60_000),
    })),
  }
}

export const fakeStorage: StorageView = {
  store: { kind: 'embedded' },
  problem: null,
  version: null,
  usedBytes: 18_200_000_000,
  quotaBytes: 50_000_000_000,
  keptFiles: 214,
  keptBytes: 11_400_000_000,
  freeBytes: 81_000_000_000,
  bandwidth: { downBytesPerS: null, upBytesPerS: 2_000_000 },
}

/** A picture that a page can draw, though no camera took it. */
export function fakePicture(words: string): string {
  const hue = [...words].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 48"><rect width="64" height="48" fill="hsl(${hue} 25% 35%)"/><path d="M20 48 30 20h4l10 28Z" fill="#333"/><path d="M32 46v-8m0-4v-6" stroke="#fc2" stroke-width="2"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}#${encodeURIComponent(words)}`
}
