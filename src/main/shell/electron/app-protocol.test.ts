import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import type { Session } from 'electron'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { assetOf, registerAppScheme, serveRenderer } from './app-protocol.ts'
import { fake } from './testing/fake-electron.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

let root: string
let folder: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dt-swarm-app-'))
  folder = join(root, 'renderer')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(root, 'secret.html'), 'not yours')
  writeFileSync(join(root, 'renderer-old.html'), 'not yours')
  writeFileSync(join(folder, 'index.html'), '<title>dt-swarm</title>')
  writeFileSync(join(folder, 'assets', 'main.js'), 'export {}')
  writeFileSync(join(folder, 'notes.txt'), 'no such kind')
  serveRenderer(fake.session as unknown as Session, folder)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

const get = async (url: string, init?: RequestInit) => {
  const handler = fake.session.schemes.get('app')
  if (handler === undefined) throw new Error('app:// is not handled')
  return handler(new Request(url, init))
}

describe('app://dt-swarm', () => {
  it('is registered as a scheme with an origin', () => {
    registerAppScheme()
    expect(fake.privilegedSchemes).toMatchObject([{ scheme: 'app', privileges: { standard: true, secure: true } }])
  })

  it('serves the page with its policy', async () => {
    const page = await get('app://dt-swarm/')
    expect(await page.text()).toBe('<title>dt-swarm</title>')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('serves what the page loads, with its type', async () => {
    const script = await get('app://dt-swarm/assets/main.js')
    expect(script.status).toBe(200)
    expect(script.headers.get('content-type')).toContain('text/javascript')
  })

  it('answers 404 with the policy for what is not there', async () => {
    const missing = await get('app://dt-swarm/assets/gone.js')
    expect(missing.status).toBe(404)
    expect(missing.headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  it('serves nothing but GET', async () => {
    expect((await get('app://dt-swarm/', { method: 'POST', body: 'x' })).status).toBe(405)
  })

  it.each([
    'app://dt-swarm/..%2fsecret.html',
    'app://dt-swarm/%2e%2e/secret.html',
    'app://dt-swarm/assets/..%2f..%2fsecret.html',
    'app://dt-swarm/..%2frenderer-old.html',
    'app://dt-swarm/..%5csecret.html',
    'app://dt-swarm//etc/passwd',
    'app://dt-swarm/C:%5cWindows%5cwin.html',
    'app://dt-swarm/index.html%00.js',
    'app://dt-swarm/%ff',
    'app://other/index.html',
    'app://dt-swarm/notes.txt',
    'app://dt-swarm/assets',
  ])('does not serve %s', async (url) => {
    expect((await get(url)).status).toBe(404)
  })

  it.each(['a', '..', '.', '%2e%2e', '%2f', '..%2f..', 'x.html', '%2e%2e%2f'])(
    'names no file above it by %s',
    (path) => {
      const files = ['x.html', '..%2fsecret.html', '%2e%2e/secret.html'].map((last) =>
        assetOf(folder, `app://dt-swarm/${path}/${last}`),
      )
      expect(files.filter((file) => file !== null && !file.startsWith(folder + sep))).toEqual([])
    },
  )
})
