import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { skipFor } from '../../scripts/required.ts'
import type { TransferView } from '../../src/shared/views.ts'
import { Daemon, ended, repository, start } from './fixtures/daemon.ts'
import { cidIn, change, heard, sha1Of, soon, threeDaemons } from './fixtures/three-daemons.ts'

/** The way scripts use many files: folders, queries, quotas, a daemon that goes, and all of it over HTTP. */
const { robot, laptop, server, here, cli, said, made } = threeDaemons()

test('a folder comes out as the folder, with content that is the same under each of its names', async () => {
  mkdirSync(here('made', 'run-17', 'cameras'), { recursive: true })
  const files = {
    'run-17/notes.txt': 'it drove',
    'run-17/cameras/left.txt': 'left',
    'run-17/cameras/copy.txt': 'it drove',
  }
  for (const [name, text] of Object.entries(files)) made(name, Buffer.from(text))
  expect(await cli(robot, 'store', here('made', 'run-17'))).toMatchObject({ code: 0 })
  const listed = async (): Promise<unknown> => JSON.parse(await said(server, 'files', '--folder', 'run-17', '--json'))
  await vi.waitFor(async () => expect(await listed()).toHaveLength(2), soon)
  await said(server, 'fetch', '--folder', 'run-17', '--robot', 'robot', '--out', here('out'))
  for (const [name, text] of Object.entries(files)) expect(readFileSync(here('out', name), 'utf8')).toBe(text)
  expect(JSON.parse(await said(server, 'storage', '--json'))).toMatchObject({
    store: { kind: 'embedded' },
    problem: null,
  })
})

test('of a folder with a bad file the others are shared, and folders of one name are told apart', async () => {
  const bytes = randomBytes(2_000)
  mkdirSync(here('made', 'both'), { recursive: true })
  made('both/good.txt', bytes)
  made('both/bad\nname.txt', Buffer.from('nobody can share this'))
  const shared = await cli(robot, 'store', here('made', 'both'))
  expect(shared).toMatchObject({ code: 1, stdout: expect.stringMatching(/^ipfs:\/\/baf[a-z2-7]+\/both\/good\.txt\n$/) })
  expect(shared.stderr).toContain('control characters')

  rmSync(here('made', 'both'), { recursive: true })
  mkdirSync(here('made', 'both'))
  made('both/good.txt', Buffer.from('of the laptop'))
  expect(await cli(laptop, 'store', here('made', 'both'))).toMatchObject({ code: 0 })
  await vi.waitFor(async () => {
    const all = await server.json<{ readonly name: string }[]>('/files?folder=both')
    expect(all.map(({ name }) => name)).toEqual(['both/good.txt', 'both/good.txt'])
  }, soon)
  const either = await cli(server, 'fetch', '--folder', 'both', '--out', here('either'))
  expect(either).toMatchObject({ code: 2, stdout: '' })
  expect(either.stderr).toMatch(/2 machines share a folder "both".*--robot/)
  await said(server, 'fetch', '--folder', 'both', '--robot', 'robot', '--out', here('either'))
  expect(readFileSync(here('either', 'both', 'good.txt'))).toEqual(bytes)
})

test('what is loaded is beyond the quota, stands in for nothing, and leaves nothing when it is stopped', async () => {
  const bytes = randomBytes(3_000_000)
  const uri = await said(robot, 'store', made('beyond.bag', bytes))
  await heard(laptop, cidIn(uri))
  const { files } = await laptop.json<{ files: object }>('/settings')
  const set = async (quotaBytes: number | null, downBytesPerS: number | null): Promise<void> => {
    await change(laptop, { ...files, quotaBytes, bandwidth: { downBytesPerS, upBytesPerS: null } })
  }
  await set(1_000_000, null)
  const place = here('work', 'beyond.bag')
  const outside = made('outside.txt', Buffer.from('not to be written'))
  symlinkSync(outside, `${place}.part`)
  expect(readFileSync(await said(laptop, 'load', uri))).toEqual(bytes)
  expect(readFileSync(outside, 'utf8')).toBe('not to be written')
  expect(lstatSync(place).isFile()).toBe(true)

  // So slowly that it can be stopped under way.
  rmSync(place)
  const later = await said(robot, 'store', made('slow.bag', randomBytes(6_000_000)))
  await heard(laptop, cidIn(later))
  await set(1_000_000, 300_000)
  const before = readdirSync(here('work'))
  const loading = start('cli.ts', ['load', later, '--dest', here('work', 'slow.bag'), '--home', laptop.home])
  loading.line.catch(() => {})
  await vi.waitFor(() => expect(readdirSync(here('work')).length).toBe(before.length + 1), soon)
  loading.child.kill('SIGINT')
  expect(await loading.end).toMatchObject({ stdout: '' })
  expect(readdirSync(here('work'))).toEqual(before)
  await set(null, null)
})

test('a command whose daemon is killed says so, and what it asked for goes on with the next', async () => {
  const bytes = randomBytes(4_000_000)
  const uri = await said(robot, 'store', made('killed.bag', bytes))
  await heard(laptop, cidIn(uri))
  const { files } = await laptop.json<{ files: object }>('/settings')
  await change(laptop, { ...files, bandwidth: { downBytesPerS: 200_000, upBytesPerS: null } })
  const waiting = cli(laptop, 'fetch', '--search', 'killed.bag')
  await vi.waitFor(async () => {
    const [view] = (await laptop.json<TransferView[]>('/transfers')).filter(({ name }) => name === 'killed.bag')
    expect(view?.doneBytes).toBeGreaterThan(0)
  }, soon)
  await laptop.stop('SIGKILL')
  const { code, stderr } = await waiting
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('has stopped: start it again') })
  await laptop.start()
  await change(laptop, files)
  const place = join(laptop.downloads, 'killed.bag')
  await vi.waitFor(() => expect(existsSync(place)).toBe(true), { timeout: 60_000, interval: 200 })
  expect(readFileSync(place)).toEqual(bytes)
}, 180_000)

test('files are listed and fetched by robot and time; transfers can be seen', async () => {
  const uri = await said(robot, 'store', made('today.bag', randomBytes(1_000)))
  await heard(server, cidIn(uri))
  const listed = await said(server, 'files', '--robot', 'robot', '--today', '--search', 'today')
  expect(listed).toContain(cidIn(uri))
  const early = await cli(server, 'files', '--to', '2020-01-01')
  expect(early).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('no shared file matches') })
  expect(await said(server, 'fetch', '--robot', 'robot', '--today', '--search', 'today.bag')).toBe(
    join(server.downloads, 'today.bag'),
  )
  expect(await said(server, 'transfers')).toContain('today.bag')
  expect(await cli(server, 'fetch')).toMatchObject({ code: 2 })
  expect(await cli(server, 'fetch', cidIn(uri), '--today')).toMatchObject({ code: 2 })
  expect(await cli(server, 'transfers', 'pause', 'no-such-id')).toMatchObject({ code: 1 })

  const id = await cli(server, 'fetch', '--follow', '--search', 'followed')
  expect(id.code).toBe(0)
  await said(robot, 'store', made('followed.bag', Buffer.from('a followed log')))
  await vi.waitFor(() => expect(existsSync(join(server.downloads, 'followed.bag'))).toBe(true), soon)
  expect(await said(server, 'follows')).toContain('followed')
  await said(server, 'follows', 'end', id.stdout.trim())
  expect(await cli(server, 'follows')).toMatchObject({ code: 0, stdout: '' })
})

const python = spawnSync('python3', ['-c', 'import requests'], { encoding: 'utf8' })
const whyNot = python.error?.message ?? python.stderr.trim().split('\n').at(-1) ?? ''
const noPython = skipFor('python', python.status === 0 ? null : whyNot)

test.skipIf(noPython !== null)(
  'the Python example of the docs shares, finds and fetches with requests alone',
  async () => {
    const script = join(repository, 'docs/examples/files.py')
    const py = async (daemon: Daemon, ...args: string[]): Promise<string> => {
      const env = { ...process.env, DT_SWARM_WEB: daemon.url, DT_SWARM_TOKEN: daemon.token }
      const child = spawn('python3', [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      const { code, stdout, stderr } = await ended(child)
      expect(code === 0 ? '' : stderr).toBe('')
      return stdout.trimEnd()
    }
    const bytes = randomBytes(3_000_000)
    const [uri = '', bySha1 = ''] = (await py(robot, 'store', made('from python.bag', bytes))).split('\n')
    await heard(laptop, cidIn(uri))
    for (const [n, one] of [uri, bySha1].entries()) {
      const path = here('work', `python-${n}.bag`)
      expect(await py(laptop, 'load', one, path)).toBe(path)
      expect(readFileSync(path)).toEqual(bytes)
    }
    expect(await py(laptop, 'list', '--robot', 'robot', '--search', 'python', '--hours', '1')).toContain(cidIn(uri))

    const nobody = spawn('python3', [script, 'list', '--robot', 'nobody'], {
      env: { ...process.env, DT_SWARM_WEB: laptop.url, DT_SWARM_TOKEN: laptop.token },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const refused = await ended(nobody)
    expect([refused.code, refused.stderr]).toEqual([1, 'files.py: no machines of the swarm are called nobody\n'])

    // The rest of what it offers, as a notebook uses it.
    const path = made('notebook.bag', bytes.subarray(0, 100_000))
    mkdirSync(here('made', 'whole', 'below'), { recursive: true })
    made('whole/one.txt', Buffer.from('one'))
    made('whole/below/two.txt', Buffer.from('two'))
    mkdirSync(here('made', 'partly'))
    made('partly/good.txt', Buffer.from('good'))
    made('partly/bad\u0001.txt', Buffer.from('bad'))
    made('empty.log', Buffer.alloc(0))
    const notebook = `
import sys; sys.path.insert(0, ${JSON.stringify(join(repository, 'docs/examples'))})
from files import Peer
peer = Peer()
cid = peer.link(${JSON.stringify(path)})
assert peer.find(cid)["local"] and peer.find("sha1://${sha1Of(bytes.subarray(0, 100_000))}")["cid"] == cid
assert peer.read(cid, 5, 10) == open(${JSON.stringify(path)}, "rb").read()[5:15]
assert peer.join("course-2026")["joined"]
folder = peer.link(${JSON.stringify(here('made', 'whole'))})
assert sorted(folder) == ["whole/below/two.txt", "whole/one.txt"] and peer.read(folder["whole/one.txt"], 0, 9) == b"one"
assert peer.read(peer.link(${JSON.stringify(here('made', 'empty.log'))}), 0, 4096) == b""
for refused, why in (
    (lambda: peer.link(${JSON.stringify(here('made', 'partly'))}), "control characters"),
    (lambda: peer.read(cid, 100_000, 1), "past the end"),
    (lambda: peer.list(robot="nobody"), "nobody"),
):
    try: refused()
    except RuntimeError as error: assert why in str(error), error
    else: assert False, why
assert [share["name"] for share in peer.list(folder="partly")] == ["partly/good.txt"]
print(peer.fetch(${JSON.stringify(cidIn(uri))}))
try: peer.find("nonsense")
except RuntimeError as error: assert "INVALID_INPUT" in str(error)
else: assert False
`
    const env = { ...process.env, DT_SWARM_WEB: laptop.url, DT_SWARM_TOKEN: laptop.token }
    const { code, stdout, stderr } = await ended(
      spawn('python3', ['-B', '-c', notebook], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    )
    expect(code === 0 ? '' : stderr).toBe('')
    expect(readFileSync(stdout.trimEnd())).toEqual(bytes)
  },
  180_000,
)
