import { truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebRig } from '../web/testing/web-rig.ts'
import { putFile, type Source } from './put-file.ts'

let rig: WebRig
let source: Source
beforeEach(async () => {
  rig = await WebRig.start()
  const file = join(rig.home, 'large.bin')
  writeFileSync(file, '')
  truncateSync(file, 64 * 1_024 * 1_024)
  source = { file, sizeBytes: 64 * 1_024 * 1_024, onBytes: () => {} }
})
afterEach(() => rig.stop())

const put = (name: string, url = rig.url) =>
  putFile(`${url}/api/files/upload?name=${name}`, { url, token: rig.token }, source)

it('a refusal while the file is sent is told as it is, each time', async () => {
  rig.peer.files.roomBytes = 1_000_000
  for (let i = 0; i < 5; i += 1) await expect(put('x')).rejects.toMatchObject({ code: 'DISK_FULL' })
  for (let i = 0; i < 5; i += 1) await expect(put('..%2Fx')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

it('a peer that goes meanwhile is not one that was never there', async () => {
  const server = createServer((socket: Socket) => void socket.once('data', () => socket.resetAndDestroy()))
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  )
  const url = `http://127.0.0.1:${port}`
  await expect(put('x', url)).rejects.toThrow(/broke off while .*large\.bin/)
  await new Promise((resolve) => server.close(resolve))
  await expect(put('x', url)).rejects.toThrow(/no peer answers/)
})
