import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Daemon, ended, repository, run, scratch, start } from './fixtures/daemon.ts'

/** Three daemons on loopback: B is the only address that A and C know. */
const folder = scratch()
const [a, b, c, late] = ['a', 'b', 'c', 'late'].map((name) => new Daemon(folder.path, name)) as [
  Daemon,
  Daemon,
  Daemon,
  Daemon,
]
const patience = { timeout: 60_000, interval: 200 }

/** As a robot writes a log: under another name first, then complete. */
function drop(daemon: Daemon, name: string, bytes: Uint8Array): void {
  const part = join(daemon.home, 'drop.part')
  writeFileSync(part, bytes)
  renameSync(part, join(daemon.share, name))
}

const cidOn = async (daemon: Daemon, name: string) => (await daemon.files()).find((share) => share.name === name)?.cid

async function cidSeen(daemon: Daemon, name: string): Promise<string> {
  await expect.poll(() => cidOn(daemon, name), patience).toBeTruthy()
  return (await cidOn(daemon, name)) ?? ''
}

beforeAll(async () => {
  await b.start()
  const join = await b.invite()
  await Promise.all([a.start({ join }), c.start({ join })])
})

afterAll(async () => {
  await Promise.all([a, b, c, late].map((daemon) => daemon.stop('SIGKILL')))
  folder.remove()
})

test('the ready line names the peer, where it listens and the link that opens it', () => {
  expect(a.ready.event).toBe('ready')
  expect(a.ready.peerId).toMatch(/^12D3KooW/)
  expect(a.address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW/)
  expect(a.ready.web).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/)
})

test('the three see each other alive', async () => {
  for (const daemon of [a, b, c]) {
    await expect
      .poll(async () => {
        const fleet = await daemon.json<{ name: string; status: string }[]>('/fleet')
        return fleet
          .filter(({ status }) => status === 'alive')
          .map(({ name }) => name)
          .sort()
      }, patience)
      .toEqual(['a', 'b', 'c'])
  }
})

test("a file dropped in A's share folder is fetched on C byte for byte", async () => {
  const bytes = randomBytes(3_000_000)
  drop(a, 'run-1.mcap', bytes)
  const cid = await cidSeen(c, 'run-1.mcap')
  const out = join(folder.path, 'fetched.mcap')
  const fetched = await run(['fetch', cid, '--out', out, '--home', c.home])
  expect(fetched).toMatchObject({ code: 0, stdout: `${out}\n` })
  expect(readFileSync(out).equals(bytes)).toBe(true)
  const content = await c.call(`/files/${cid}/content`, { headers: { range: 'bytes=1000000-1000999' } })
  expect(Buffer.from(await content.arrayBuffer()).equals(bytes.subarray(1_000_000, 1_001_000))).toBe(true)
})

test('to the download folder by the API, with a transfer that ends', async () => {
  const bytes = randomBytes(500_000)
  drop(a, 'run-2.txt', bytes)
  const cid = await cidSeen(c, 'run-2.txt')
  const started = await c.call(`/files/${cid}/fetch`, { method: 'POST' })
  const { id } = (await started.json()) as { id: string }
  await expect.poll(async () => (await c.json<{ state: string }>(`/transfers/${id}`)).state, patience).toBe('done')
  expect(readFileSync(join(c.downloads, 'run-2.txt')).equals(bytes)).toBe(true)
})

test('B, killed and started again, has all it had and gets what it missed', async () => {
  await cidSeen(b, 'run-2.txt')
  const uploaded = await b.call('/files/upload?name=acknowledged.txt', { method: 'PUT', body: 'acknowledged' })
  expect(uploaded.status).toBe(200)
  const had = await b.recordIds('files')
  const { address } = b
  const { peerId } = b.ready
  await b.stop('SIGKILL')

  // What the swarm says meanwhile. A and C know only B's address, so B must carry it when it is back.
  drop(a, 'missed.txt', Buffer.from('missed'))
  await cidSeen(a, 'missed.txt')

  await b.start({ listen: address.replace(/\/p2p\/.*/, '') })
  expect(b.ready.peerId).toBe(peerId)
  expect(await b.recordIds('files')).toEqual(expect.arrayContaining(had))
  expect(await (await b.call(`/files/${await cidOn(b, 'acknowledged.txt')}/content`)).text()).toBe('acknowledged')
  await cidSeen(b, 'missed.txt')
  await cidSeen(c, 'missed.txt')
})

test('a daemon that joins later has all the records there are', async () => {
  // As many shares as a lab makes in an hour, from two robots.
  for (let n = 0; n < 40; n += 1) {
    const robot = n % 2 === 0 ? a : c
    const answer = await robot.call(`/files/upload?name=log-${n}.txt`, {
      method: 'PUT',
      body: `log ${n} ${'.'.repeat(n)}`,
    })
    expect(answer.status).toBe(200)
  }
  await late.start({ join: await b.invite() })
  await expect
    .poll(async () => (await late.files()).filter(({ name }) => name.startsWith('log-')).length, patience)
    .toBe(40)
  // A record of a copy may have been made by a fetch meanwhile: compare until all agree.
  await expect
    .poll(async () => {
      const [first, ...others] = await Promise.all([a, b, c, late].map((daemon) => daemon.recordIds('files')))
      return others.every((ids) => JSON.stringify(ids) === JSON.stringify(first))
    }, patience)
    .toBe(true)
  const cid = await cidSeen(late, 'log-39.txt')
  expect((await run(['fetch', cid, '--out', '-', '--home', late.home])).stdout).toBe(`log 39 ${'.'.repeat(39)}`)
})

test('share, files and peers on the command line', async () => {
  const file = join(folder.path, 'from the shell.txt')
  writeFileSync(file, 'hello')
  const shared = await run(['share', file, join(folder.path, 'none.txt')], { env: { DT_SWARM_HOME: a.home } })
  expect(shared.code).toBe(1)
  expect(shared.stdout).toMatch(/^b[a-z2-7]+ from the shell\.txt\n$/)
  expect(shared.stderr).toContain('none.txt" cannot be shared: there is no such file')
  const json = JSON.parse((await run(['share', '--json', file, '--home', a.home])).stdout) as { cid: string }[]
  expect(json).toHaveLength(1)
  const peers = await run(['peers', '--home', a.home])
  expect(peers.code).toBe(0)
  expect(peers.stdout).toMatch(/^NAME +STATUS +ROLE/)
  expect(peers.stdout).toContain('a (this peer)')
  const fleet = JSON.parse((await run(['peers', '--json', '--home', a.home])).stdout) as { name: string }[]
  expect(fleet.map(({ name }) => name)).toEqual(expect.arrayContaining(['a', 'b', 'c']))
  const files = JSON.parse((await run(['files', '--json', '--home', a.home])).stdout) as { name: string; cid: string }[]
  const hello = files.find(({ name }) => name.startsWith('from the shell'))
  expect(hello?.cid).toBe(json[0]?.cid)
})

test('dt-swarm-cli asks any peer', async () => {
  const program = 'swarm-cli.ts'
  const host = new URL(a.url).host
  const report = await run([host, 'report', '--json'], { program, env: { DT_SWARM_TOKEN: a.token } })
  expect(report.code).toBe(0)
  const facts = JSON.parse(report.stdout) as { filename: string; hashes: { cid: string }; providers: object[] }[]
  expect(facts.find(({ filename }) => filename === 'run-1.mcap')).toMatchObject({
    node: 'a',
    state: 'local',
    providers: expect.arrayContaining([expect.objectContaining({ name: 'a' })]) as unknown,
  })
  const summary = await run([a.url, 'summary', '--home', a.home], { program })
  expect(summary.stdout).toMatch(/^machines: {2}# \d+ records\n/)
  expect(summary.stdout).toContain('name: run-1.mcap')
  const json = JSON.parse((await run([host, 'summary', '--json', '--home', a.home], { program })).stdout) as object
  expect(Object.keys(json)).toEqual(expect.arrayContaining(['machines', 'files', 'diagnostics']))
  expect((await run([host, 'report', '--token', 'wrong'], { program })).code).toBe(1)
  expect((await run([host, 'nonsense'], { program })).code).toBe(2)
  expect((await run(['127.0.0.1:1', 'report', '--token', 'x'], { program })).code).toBe(3)
})

test('exit codes and what is said with them', async () => {
  expect((await run(['--help'])).code).toBe(0)
  for (const command of ['daemon', 'lab', 'share', 'fetch', 'peers', 'files', 'invite', 'join', 'found', 'trust']) {
    const help = await run([command, '--help'])
    expect([command, help.code, help.stdout.includes('Example:')]).toEqual([command, 0, true])
  }
  for (const wrong of [
    ['nonsense'],
    ['peers', '--nonsense'],
    ['daemon', '--role', 'king'],
    ['daemon', '--web', 'nonsense'],
    ['lab', '--robots', '0'],
    ['fetch', 'not-a-cid', '--home', a.home],
    ['fetch'],
    ['invite', '--for', '3 weeks', '--home', a.home],
    ['trust', 'admit', 'a', '--role', 'king', '--home', a.home],
    ['trust', 'nonsense', '--home', a.home],
  ]) {
    expect([wrong, (await run(wrong)).code]).toEqual([wrong, 2])
  }
  const none = await run(['peers', '--home', join(folder.path, 'nobody')])
  expect(none.code).toBe(3)
  expect(none.stderr).toContain('start one with "dt-swarm daemon')
  const twice = await run(['daemon', '--home', a.home, '--web', 'off', '--no-mdns'])
  expect(twice.code).toBe(1)
  expect(twice.stderr).toContain(String(a.pid))
})

test('the web side refuses who has no token, another page, and another name for it', async () => {
  expect((await fetch(`${a.url}/api/fleet`)).status).toBe(401)
  expect((await fetch(`${a.url}/api/fleet`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
  const foreign = { method: 'POST', headers: { origin: 'http://evil.example' } }
  expect((await a.call('/transfers/clear', foreign)).status).toBe(403)
  const counters = await a.counters()
  expect(counters['web.refused:no-token']).toBeGreaterThan(0)
  expect(counters['web.refused:bad-token']).toBeGreaterThan(0)
  expect(counters['web.refused:bad-origin']).toBeGreaterThan(0)
})

test('the OpenAPI document is whole: what it refers to is there, what is in a path is declared', async () => {
  interface Operation {
    readonly operationId: string
    readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
    readonly responses: Readonly<Record<string, unknown>>
  }
  const document = await a.json<{ openapi: string; paths: Record<string, Record<string, Operation>> }>('/openapi.json')
  expect(document.openapi).toMatch(/^3\.1\.\d$/)
  for (const reference of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = (reference[1] ?? '')
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document)
    expect([reference[0], target !== undefined]).toEqual([reference[0], true])
  }
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name)
      expect([path, declared.sort()]).toEqual([path, inPath.sort()])
      expect(Object.keys(operation.responses)).not.toEqual([])
    }
  }
})

test('a lab of the same home joins the daemon, is said to be simulated, and goes with a signal', async () => {
  const lab = start('cli.ts', ['lab', '--robots', '2', '--seed', '7', '--home', b.home])
  const ready = JSON.parse(await lab.line) as { event: string; robots: { state: string; peer: string }[] }
  expect(ready).toMatchObject({ event: 'ready', robots: [{ state: 'running' }, { state: 'running' }] })
  await expect
    .poll(async () => {
      const fleet = await a.json<{ peer: string; simulated: boolean; status: string; standing: string }[]>('/fleet')
      const robots = fleet.filter(
        ({ simulated, status, standing }) => simulated && status === 'alive' && standing === 'member',
      )
      return robots.map(({ peer }) => peer).sort()
    }, patience)
    .toEqual(ready.robots.map(({ peer }) => peer).sort())
  lab.child.kill('SIGTERM')
  expect((await lab.end).code).toBe(0)
})

test('bin/ works through a link, and says what to do where nothing is built', async () => {
  if (process.platform === 'win32') return
  const clone = join(folder.path, 'clone')
  mkdirSync(join(clone, 'bin'), { recursive: true })
  for (const name of ['dt-swarm', 'dt-swarm-cli']) {
    copyFileSync(join(repository, 'bin', name), join(clone, 'bin', name))
    const link = join(folder.path, name)
    symlinkSync(join('clone', 'bin', name), link)
    const bare = await ended(spawn(link, ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] }))
    expect(bare).toMatchObject({ code: 1, stdout: '' })
    expect(bare.stderr).toContain('npm ci && npm run build')
  }
  // Tests run after the build; an old Node that comes first must be passed over.
  symlinkSync(join(repository, 'out'), join(clone, 'out'))
  symlinkSync(join(repository, 'node_modules'), join(clone, 'node_modules'))
  const old = join(folder.path, 'old')
  mkdirSync(old)
  writeFileSync(join(old, 'node'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const env = { ...process.env, PATH: `${old}:${process.env['PATH']}` }
  const built = await ended(
    spawn(join(folder.path, 'dt-swarm'), ['--version'], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
  )
  expect(built).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as unknown })
})

test('a signal stops it cleanly: exit 0, and nothing that says it still runs', async () => {
  expect(await late.stop('SIGINT')).toBe(0)
  expect((await run(['peers', '--home', late.home])).code).toBe(3)
  expect(await a.stop('SIGTERM')).toBe(0)
  await c.stop('SIGKILL')
  // Killed: its daemon.json is still there, but its process is not.
  expect((await run(['files', '--home', c.home])).code).toBe(3)
})
