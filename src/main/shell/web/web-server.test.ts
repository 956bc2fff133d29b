import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRouter } from '../api/router.ts'
import { bareShell, MemoryPeer, peerB } from '../api/testing/memory-peer.ts'
import { WebRig } from './testing/web-rig.ts'
import { readToken, tokenFile } from './token.ts'
import { WebServer } from './web-server.ts'

let rig: WebRig
beforeEach(async () => {
  rig = await WebRig.start()
})
afterEach(() => rig.stop())

test('the token stays over restarts and is for its owner alone', async () => {
  expect(statSync(tokenFile(rig.home)).mode & 0o777).toBe(0o600)
  await rig.web.stop()
  await rig.web.stop()
  rig.web = rig.make()
  await rig.web.start()
  await rig.web.start()
  expect(readToken(rig.home)).toBe(rig.token)
  expect(rig.web.link).toBe(`${rig.web.url}/?token=${rig.token}`)
})

test('the link sets a cookie, hides the token and opens the page', async () => {
  const first = await fetch(`${rig.url}/?token=${rig.token}`, { redirect: 'manual' })
  expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
  const cookie = first.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
  expect(cookie).not.toContain(rig.token)
  const pair = cookie.split(';')[0] ?? ''
  expect((await fetch(`${rig.url}/api/system/info`, { headers: { cookie: pair } })).status).toBe(200)
  const wrong = await fetch(`${rig.url}/?token=wrong`, { redirect: 'manual' })
  expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([303, null])
  expect(rig.peer.counters.get('web.refused:bad-token')).toBe(1)
})

test('without the token, from another page, or under another name there is no answer', async () => {
  expect((await fetch(`${rig.url}/api/system/info`)).status).toBe(401)
  expect(await (await fetch(`${rig.url}/api/fleet`)).json()).toMatchObject({ code: 'UNAUTHORIZED' })
  const bearer = { authorization: `Bearer ${rig.token}` }
  expect((await rig.raw('/api/fleet', { ...bearer, host: 'evil.example' })).status).toBe(403)
  expect((await rig.raw('/', { host: 'evil.example' })).status).toBe(403)
  expect((await rig.api('/lab/stop', { method: 'POST', headers: { origin: 'http://evil.example' } })).status).toBe(403)
  expect(await rig.open({})).toBe(401)
  expect(await rig.open({ ...bearer, origin: 'http://evil.example' })).toBe(403)
  expect(await rig.open({ ...bearer, host: 'evil.example' })).toBe(403)
  expect(await rig.open(bearer, '/api/other')).toBe(404)
  expect(rig.peer.counters.get('web.refused:bad-host')).toBe(3)
  expect(rig.peer.counters.get('web.refused:bad-origin')).toBe(2)
  expect(rig.peer.counters.get('web.refused:no-token')).toBe(3)
})

test('the page comes with its headers; nothing beside it can be read', async () => {
  const page = await fetch(`${rig.url}/`)
  expect([page.status, await page.text()]).toEqual([200, '<title>dt-swarm</title>'])
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  expect((await fetch(`${rig.url}/assets/index-1.js`)).headers.get('content-type')).toBe(
    'text/javascript; charset=utf-8',
  )
  writeFileSync(join(rig.home, 'secret.txt'), 'secret')
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/%00',
    '/%',
  ]) {
    const answer = await rig.raw(path, {})
    expect([path, answer.status, answer.body.includes('secret')]).toEqual([path, 404, false])
  }
  rmSync(join(rig.root, 'index.html'))
  const missing = await fetch(`${rig.url}/`)
  expect([missing.status, await missing.text()]).toEqual([503, expect.stringContaining('npm run build')])
})

test('calls over HTTP: answers, declared errors, bodies that are none', async () => {
  expect(await (await rig.api('/fleet')).json()).toMatchObject([{ name: 'laptop' }])
  expect((await rig.api(`/fleet/${peerB}`)).status).toBe(404)
  expect(await (await rig.api('/fleet/duckie')).json()).toMatchObject({ code: 'INVALID_INPUT', status: 400 })
  expect(await (await rig.api('/nothing')).json()).toMatchObject({ code: 'NOT_FOUND' })
  expect((await rig.api('/transfers/clear', { method: 'POST' })).status).toBe(200)
  expect(await (await rig.post('/lab/start', { robots: 2 })).json()).toMatchObject({ code: 'UNSUPPORTED', status: 501 })
  expect(await (await rig.post('/lab/start', { robots: 'x' })).json()).toMatchObject({ code: 'INVALID_INPUT' })
  const bad = await rig.api('/lab/start', {
    method: 'POST',
    body: '{',
    headers: { 'content-type': 'application/json' },
  })
  expect(await bad.json()).toMatchObject({ code: 'INVALID_INPUT' })
  const form = await rig.api('/lab/start', { method: 'POST', body: new URLSearchParams({ robots: '2' }) })
  expect(form.status).toBe(400)
  const large = await rig.api('/lab/start', {
    method: 'POST',
    body: 'x'.repeat(300_000),
    headers: { 'content-type': 'application/json' },
  })
  expect(large.status).toBe(413)
  const deep = await rig.api('/settings', {
    method: 'PATCH',
    body: `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    headers: { 'content-type': 'application/json' },
  })
  expect(deep.status).toBeGreaterThanOrEqual(400)
  expect((await rig.api('/fleet')).status).toBe(200)
})

test('live data over plain HTTP end with the reader', async () => {
  const controller = new AbortController()
  const answer = await rig.api('/fleet/watch', { signal: controller.signal })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const reader = answer.body?.getReader()
  let text = ''
  while (!text.includes('snapshot')) text += new TextDecoder().decode((await reader?.read())?.value)
  expect(rig.peer.listenerCount).toBe(1)
  controller.abort()
  await expect.poll(() => rig.peer.listenerCount).toBe(0)
})

test('settings are changed in part, and a name that is misspelt is refused', async () => {
  const patch = (body: unknown) =>
    rig.api('/settings', {
      method: 'PATCH',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
  const answer = await patch({ files: { quotaBytes: 50_000_000_000 }, recorder: { minutes: 2 } })
  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { settings: { files: { quotaBytes: 50_000_000_000, copies: 1 }, recorder: { minutes: 2, on: false } } },
  ])
  for (const wrong of [{ files: { quota: 5 } }, { quotaBytes: 5 }, { files: { quotaBytes: 'much' } }]) {
    const refused = await patch(wrong)
    expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'INVALID_INPUT' }])
  }
  expect(rig.peer.settings.get().files.quotaBytes).toBe(50_000_000_000)
})

test('the OpenAPI document names every call, the file paths and the token', async () => {
  const document = (await (await rig.api('/openapi.json')).json()) as {
    openapi: string
    paths: Record<string, Record<string, { operationId: string; responses: object }>>
    components: { securitySchemes: object }
  }
  expect(document.openapi).toMatch(/^3\.1/)
  expect(document.components.securitySchemes).toHaveProperty('token')
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  const ids = operations.map((operation) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(expect.arrayContaining(['fleet.list', 'files.fetch', 'files.upload', 'files.content']))
  expect(operations.every((operation) => Object.keys(operation.responses).length > 0)).toBe(true)
  expect(JSON.stringify(document)).toContain('12D3KooW')
})

test('a port that is taken: the next one by default, a clear error when it was asked for', async () => {
  const { port } = new URL(rig.url)
  const next = new WebServer(
    { peer: rig.peer, router: createRouter(rig.peer, bareShell) },
    {
      address: { host: '127.0.0.1', port: Number(port), explicit: false },
      home: rig.home,
      version: '0.1.0',
      root: rig.root,
    },
  )
  await next.start()
  expect(next.url).not.toBe(rig.url)
  await next.stop()
  const same = new WebServer(
    { peer: rig.peer, router: createRouter(rig.peer, bareShell) },
    {
      address: { host: '127.0.0.1', port: Number(port), explicit: true },
      home: rig.home,
      version: '0.1.0',
      root: rig.root,
    },
  )
  await expect(same.start()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  await same.stop()
})

test('another peer is served on the same address: who looks on is dropped and finds the new one', async () => {
  const socket = await rig.openSocket()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  rig.web.setPeer(null)
  await closed
  const between = await rig.api('/settings')
  expect([between.status, between.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await rig.open({ authorization: `Bearer ${rig.token}` })).toBe(503)

  const next = new MemoryPeer()
  await next.settings.update({ name: 'in another swarm' })
  rig.web.setPeer({ peer: next, router: createRouter(next, bareShell) })
  expect(await (await rig.api('/settings')).json()).toMatchObject({ name: 'in another swarm' })
  const again = await rig.openSocket()
  again.close()
  expect(rig.peer.listenerCount).toBe(0)
})
