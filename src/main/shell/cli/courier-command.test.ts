import { hash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebRig } from '../web/testing/web-rig.ts'
import { exportTo } from './courier-command.ts'
import type { Io } from './io.ts'

let rig: WebRig
beforeEach(async () => void (rig = await WebRig.start()))
afterEach(() => rig.stop())

const io: Io = { out: () => {}, note: () => {}, progress: () => {}, outliveReaders: () => {} }
const cid = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'

const exported = async (...names: string[]) => {
  await exportTo('/stick', names, { url: rig.url, token: rig.token }, { json: false, files: true, records: true }, io)
  return rig.peer.courier.exported
}

it('files are named as everywhere: by CID, ipfs:// or sha1://', async () => {
  const bytes = Buffer.from('run')
  const known = rig.peer.files.put('run.bag', bytes)
  expect(await exported(cid, `ipfs://${cid}/run%201.bag`, `sha1://${hash('sha1', bytes)}`)).toMatchObject({
    cids: [cid, cid, known],
  })
})

it('what names no file begins nothing', async () => {
  await expect(exported('run.bag')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(exported(`sha1://${hash('sha1', 'nobody')}`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(rig.peer.courier.exported).toBeNull()
})
