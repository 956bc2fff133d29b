import { expect, it } from 'vitest'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { LogInfo } from '../../../shared/log-views.ts'
import type { ShareView } from '../../../shared/views.ts'
import { fits } from './file-query.ts'

const log: LogInfo = {
  format: 'mcap',
  startMs: 1_000,
  endMs: 5_000,
  messages: 2,
  topics: [{ name: '/camera/image', type: 'sensor_msgs/Image', count: 2 }],
  moreTopics: 0,
  whole: true,
  problem: null,
  facts: [],
}
const share: ShareView = {
  cid: 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' as Cid,
  name: 'Run-17/camera.mcap',
  sizeBytes: 1,
  mediaType: '',
  origin: 'a' as PeerId,
  originName: 'duckie07',
  simulated: false,
  modifiedAtMs: 9_000,
  sharedAtMs: 9_500,
  copies: [],
  local: false,
  kept: false,
  own: false,
  sha1: null,
  channel: 'lab',
  log,
  safety: { copies: 1, aliveCopies: 1, risk: 'low', why: 'only copy, on duckie07' },
}

it.each([
  [{}, true],
  [{ origin: 'a' as PeerId, channel: 'lab', format: 'mcap', topic: '/camera/image', search: 'run-17' } as const, true],
  [{ origin: 'b' as PeerId }, false],
  [{ origin: 'a' as PeerId, search: 'run-18' }, false],
  [{ search: '  DUCKIE07 ' }, true],
  [{ search: 'bafkreifzjut3' }, true],
  // By chance within the CID, or as all CIDs begin.
  [{ search: 'jut3te7n' }, false],
  [{ search: 'bafkrei' }, false],
  [{ topic: '/camera/' }, true],
  [{ topic: '/camera' }, false],
  [{ topic: '/imu' }, false],
  [{ format: 'rosbag' } as const, false],
  [{ channel: 'other' }, false],
  // The recording counts, not the file's last change.
  [{ fromMs: 4_000 }, true],
  [{ fromMs: 5_001 }, false],
  [{ toMs: 1_000 }, true],
  [{ toMs: 999 }, false],
  [{ fromMs: 2_000, toMs: 3_000 }, true],
])('%j: %s', (query, expected) => {
  expect(fits(share, query)).toBe(expected)
})

it('a file that was not looked into goes by its last change, and has no topics', () => {
  const plain = { ...share, log: null }
  expect([fits(plain, { fromMs: 9_000, toMs: 9_000 }), fits(plain, { toMs: 8_999 })]).toEqual([true, false])
  expect([fits(plain, { topic: '/camera/image' }), fits(plain, { format: 'other' })]).toEqual([false, false])
  expect(fits({ ...share, log: { ...log, endMs: null } }, { fromMs: 1_000, toMs: 1_000 })).toBe(true)
})
