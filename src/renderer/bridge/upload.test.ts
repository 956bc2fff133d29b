import { afterEach, expect, test, vi } from 'vitest'
import { bodyOf, openAtServer, type RealServer } from '../testing/real-server.ts'
import { uploadFile } from './upload.ts'

let server: RealServer | null = null

afterEach(async () => {
  await server?.close()
  server = null
})

const file = new File(['a duck drives'], 'run 1 & ü.bag')

test('sends the bytes as they are, under the name of the file, and tells how far it is', async () => {
  const seen: { method: string | undefined; url: string | undefined; body: string }[] = []
  server = await openAtServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({ method: request.method, url: request.url, body })
      response.writeHead(200).end('{}')
    })
  })
  const sent: number[] = []
  await uploadFile(file, { onProgress: (bytes) => sent.push(bytes) })
  expect(seen).toEqual([
    { method: 'PUT', url: `/api/files/upload?name=${encodeURIComponent(file.name)}`, body: 'a duck drives' },
  ])
  expect(sent.at(-1)).toBe(file.size)
})

test('a refusal comes with the code and the message of the peer', async () => {
  server = await openAtServer((_, response) =>
    response.writeHead(507).end('{"code":"DISK_FULL","message":"The disk is full."}'),
  )
  await expect(uploadFile(file)).rejects.toMatchObject({ code: 'DISK_FULL', message: 'The disk is full.' })
})

test('a refusal that nobody can read still says its number', async () => {
  server = await openAtServer((_, response) => response.writeHead(502).end('<html>'))
  await expect(uploadFile(file)).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('502') })
})

test('a line that breaks is said to be one', async () => {
  vi.spyOn(console, 'error').mockReturnValue()
  server = await openAtServer((request) => request.destroy())
  await expect(uploadFile(file)).rejects.toMatchObject({ code: 'NO_DAEMON' })
})

test('a cancelled upload leaves the peer at once', async () => {
  let left = false
  let arrived = (): void => undefined
  const here = new Promise<void>((resolve) => {
    arrived = resolve
  })
  server = await openAtServer((request) => {
    request.on('close', () => {
      left = true
    })
    arrived()
  })
  const control = new AbortController()
  const upload = uploadFile(file, { signal: control.signal })
  await here
  control.abort(new Error('a person cancelled'))
  await expect(upload).rejects.toThrow('a person cancelled')
  await vi.waitFor(() => expect(left).toBe(true))
  await expect(uploadFile(file, { signal: control.signal })).rejects.toThrow('a person cancelled')
})
