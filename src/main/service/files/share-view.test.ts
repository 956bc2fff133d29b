import { expect, it } from 'vitest'
import type { Cid, PeerId, RecordId } from '../../../shared/ids.ts'
import { shareView, type ShareFact } from './share-view.ts'

const cid = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' as Cid
const [me, robot] = ['me', 'robot'] as PeerId[] as [PeerId, PeerId]

function said(author: PeerId, sharedAtMs: number, channel: string | null): ShareFact {
  const id = `${author}-${sharedAtMs}` as RecordId
  const share = {
    kind: 'share',
    name: 'a.log',
    sizeBytes: 1,
    mediaType: '',
    modifiedAtMs: 1,
    simulated: false,
  } as const
  return {
    id,
    author,
    validUntilMs: 9,
    value: { ...share, sharedAtMs, channel, sha1: null, log: null },
    evidence: {
      fact: 'file',
      recordId: id,
      author,
      seq: 1,
      how: 'self',
      from: null,
      receivedAtMs: 1,
      validFromMs: 1,
      validUntilMs: 9,
      rule: '',
    },
  }
}

const copy = (author: PeerId): ShareFact => ({ ...said(author, 0, null), value: { kind: 'copy', sizeBytes: 1 } })

function viewOf(...facts: readonly ShareFact[]) {
  const eyes = { self: me, nameOf: (peer: PeerId): string => peer, isAlive: () => true }
  const safety = { copies: 1, aliveCopies: 1, risk: 'low', why: '' } as const
  const view = shareView(cid, facts, eyes, { local: true, kept: false, safety, held: undefined })
  return { channel: view?.channel, more: view?.moreChannels }
}

it('is for all as soon as anybody shares it with all, whoever was first', () => {
  expect(viewOf(said(me, 1, 'course'), said(robot, 2, null))).toEqual({ channel: null, more: undefined })
  expect(viewOf(said(me, 1, null), said(robot, 2, 'course'))).toEqual({ channel: null, more: undefined })
})

it('names all the channels that it is shared on; a copy says nothing of that', () => {
  expect(viewOf(said(me, 1, 'course'), copy(robot))).toEqual({ channel: 'course', more: undefined })
  expect(viewOf(said(me, 2, 'lab'), said(me, 1, 'course'), said(robot, 3, 'lab'))).toEqual({
    channel: 'course',
    more: ['lab'],
  })
})
