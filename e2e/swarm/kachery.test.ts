import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { skipFor } from '../../scripts/required.ts'
import type { FileChannelView, FoundView } from '../../src/shared/file-views.ts'
import type { TransferView } from '../../src/shared/views.ts'
import { Daemon, ended, repository, run, scratch, start } from './fixtures/daemon.ts'

/** The way scripts use files: store here, load there, by CID or SHA-1. Three daemons; the robot is linked to both others. */
const folder = scratch()
const robot = new Daemon(folder.path, 'robot')
const laptop = new Daemon(folder.path, 'laptop')
const server = new Daemon(folder.path, 'server')

const soon = { timeout: 30_000, interval: 200 }
const sha1Of = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')
const here = (...steps: string[]): string => join(folder.path, ...steps)

async function cli(daemon: Daemon, ...args: string[]) {
  return run([...args, '--home', daemon.home], { cwd: here('work') })
}

/** What a command that goes well prints. */
async function said(daemon: Daemon, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(daemon, ...args)
  expect(stderr === '' && code === 0 ? '' : `${args.join(' ')}: ${code} ${stderr}`).toBe('')
  return stdout.trimEnd()
}

/** Sets what a person may set of files. */
async function change(daemon: Daemon, files: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await daemon.call('/settings', { method: 'PATCH', headers, body: JSON.stringify({ files }) })
  expect(answer.status).toBe(200)
}

/** A file outside all share folders. */
function made(name: string, bytes: Uint8Array): string {
  const path = here('made', name)
  writeFileSync(path, bytes)
  return path
}

/** Waits until a daemon has heard of a file by its record. */
async function heard(daemon: Daemon, cid: string): Promise<void> {
  await vi.waitFor(async () => expect((await daemon.files()).map((share) => share.cid)).toContain(cid), soon)
}

const cidIn = (uri: string): string => /^ipfs:\/\/(\w+)\//.exec(uri)?.[1] ?? ''

beforeAll(async () => {
  mkdirSync(here('work'))
  mkdirSync(here('made'))
  await robot.start()
  const link = await robot.invite('robot')
  await Promise.all([laptop.start({ join: link }), server.start({ join: link, role: 'server' })])
  await Promise.all([laptop.admitted(), server.admitted()])
}, 120_000)

afterAll(async () => {
  await Promise.all([robot.stop(), laptop.stop(), server.stop()])
  folder.remove()
})

test('store prints the URI, by which load brings the file, once', async () => {
  const bytes = randomBytes(700_000)
  const uri = await said(robot, 'store', made('drive 1.mcap', bytes))
  expect(uri).toMatch(/^ipfs:\/\/baf[a-z2-7]+\/drive%201\.mcap$/)
  await heard(laptop, cidIn(uri))
  const path = await said(laptop, 'load', uri)
  expect(path).toBe(here('work', 'drive 1.mcap'))
  expect(readFileSync(path)).toEqual(bytes)

  // Again: it is there, and stays as it is.
  const before = statSync(path).mtimeMs
  expect(await said(laptop, 'load', uri)).toBe(path)
  expect(statSync(path).mtimeMs).toBe(before)
  writeFileSync(path, 'something else')
  expect(await cli(laptop, 'load', uri)).toMatchObject({ code: 2, stdout: '' })
  expect(readFileSync(path, 'utf8')).toBe('something else')
  expect(await said(laptop, 'load', uri, '--dest', here('work', 'there.mcap'))).toBe(here('work', 'there.mcap'))
  expect(readFileSync(here('work', 'there.mcap'))).toEqual(bytes)
})

test('by its SHA-1 too, and cat gives any range of it', async () => {
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, n) => `line ${n}`).join('\n'))
  const uri = await said(robot, 'store', made('lines.txt', bytes))
  await heard(laptop, cidIn(uri))
  const bySha1 = `sha1://${sha1Of(bytes)}/lines.txt`
  expect(await said(laptop, 'cat', bySha1)).toBe(bytes.toString())
  expect(await said(laptop, 'cat', '--range', '5-11', uri)).toBe(bytes.subarray(5, 12).toString().trimEnd())
  expect(await said(laptop, 'cat', '--range', '-4', cidIn(uri))).toBe('4999')
  expect(readFileSync(await said(laptop, 'load', bySha1))).toEqual(bytes)
  expect(await cli(laptop, 'cat', '--range', '9-5', uri)).toMatchObject({ code: 2 })
  expect(await cli(laptop, 'cat', '--range', '99999999-', uri)).toMatchObject({ code: 2 })
})

test('find tells who has it, info what it is; what nobody has is said with exit code 1', async () => {
  const bytes = Buffer.from('t,x,y\n0,1,2\n1,3,4\n')
  const uri = await said(robot, 'store', made('table.csv', bytes))
  await heard(laptop, cidIn(uri))
  const found = JSON.parse(await said(laptop, 'find', uri, '--json')) as FoundView
  expect(found).toMatchObject({
    cid: cidIn(uri),
    sha1: sha1Of(bytes),
    local: false,
    providers: [{ peer: robot.ready.peerId, name: 'robot', alive: true, how: 'record' }],
  })
  const info = await said(laptop, 'info', `sha1://${sha1Of(bytes)}`)
  for (const fact of [
    'Name:        table.csv',
    sha1Of(bytes),
    'Robot:       robot',
    'Type:        csv',
    'Held by:     robot',
  ]) {
    expect(info).toContain(fact)
  }
  const nobody = await cli(laptop, 'find', `sha1://${sha1Of(Buffer.from('nobody'))}`)
  expect(nobody).toMatchObject({ code: 1, stdout: '' })
  expect(nobody.stderr).toContain('nobody is known to have sha1://')
  expect(await cli(laptop, 'info', `sha1://${sha1Of(Buffer.from('nobody'))}`)).toMatchObject({ code: 1 })
  expect(await cli(laptop, 'find', 'table.csv')).toMatchObject({ code: 2 })
})

test('link shares a file where it lies, without a copy in the share folder', async () => {
  const bytes = randomBytes(300_000)
  const path = made('linked.bag', bytes)
  const uri = await said(robot, 'link', path)
  expect(uri).toMatch(/^ipfs:\/\/baf[a-z2-7]+\/linked\.bag$/)
  expect(existsSync(join(robot.share, 'linked.bag'))).toBe(false)
  await heard(laptop, cidIn(uri))
  expect(readFileSync(await said(laptop, 'load', uri))).toEqual(bytes)

  expect(await said(robot, 'unshare', uri)).toBe(cidIn(uri))
  expect(existsSync(path)).toBe(true)
  await vi.waitFor(async () => expect((await laptop.files()).map(({ cid }) => cid)).not.toContain(cidIn(uri)), soon)
})

test('what no record names is found by asking: a copy whose origin no longer shares it', async () => {
  const bytes = randomBytes(400_000)
  const uri = await said(robot, 'store', made('left.bag', bytes))
  await heard(server, cidIn(uri))
  await heard(laptop, cidIn(uri))
  expect(await said(server, 'keep', uri)).toBe(cidIn(uri))
  await vi.waitFor(
    async () => expect(await server.json(`/files/find?uri=${cidIn(uri)}`)).toMatchObject({ local: true }),
    soon,
  )
  await said(robot, 'unshare', uri)
  const bySha1 = `sha1://${sha1Of(bytes)}/left.bag`
  // The share is gone from the records, and nobody but the server knows which file has this SHA-1.
  const found = await vi.waitFor(async () => {
    const one = JSON.parse(await said(laptop, 'find', bySha1, '--json')) as FoundView
    expect(one.providers.map(({ name, how }) => `${name} ${how}`)).toEqual(['server answer'])
    return one
  }, soon)
  expect(found.cid).toBe(cidIn(uri))
  expect(readFileSync(await said(laptop, 'load', bySha1))).toEqual(bytes)
})

test('when a provider dies, the next one gives the file', async () => {
  const bytes = randomBytes(500_000)
  const uri = await said(robot, 'store', made('twice.bag', bytes))
  await heard(server, cidIn(uri))
  await heard(laptop, cidIn(uri))
  await said(server, 'keep', uri)
  await vi.waitFor(async () => {
    const { providers } = await laptop.json<FoundView>(`/files/find?uri=${cidIn(uri)}`)
    expect(providers.map(({ name }) => name).sort()).toEqual(['robot', 'server'])
  }, soon)
  await robot.stop('SIGKILL')
  try {
    expect(readFileSync(await said(laptop, 'load', uri))).toEqual(bytes)
  } finally {
    await robot.start()
  }
}, 180_000)

test('a file of a channel is listed, found and given on it alone', async () => {
  await said(robot, 'channels', 'join', 'course-2026')
  await said(laptop, 'channels', 'join', 'course-2026')
  const bytes = randomBytes(200_000)
  const uri = await said(robot, 'store', '--channel', 'course-2026', made('exam.bag', bytes))
  await heard(laptop, cidIn(uri))
  await vi.waitFor(async () => {
    const [channel] = await laptop.json<FileChannelView[]>('/files/channels')
    expect(channel).toEqual({ name: 'course-2026', joined: true, members: 2, files: 1 })
  }, soon)
  await vi.waitFor(async () => {
    const [channel] = await server.json<FileChannelView[]>('/files/channels')
    expect(channel).toEqual({ name: 'course-2026', joined: false, members: 2, files: 1 })
  }, soon)
  expect((await server.files()).map(({ cid }) => cid)).not.toContain(cidIn(uri))
  expect(await cli(server, 'find', `sha1://${sha1Of(bytes)}`)).toMatchObject({ code: 1 })
  const refused = await cli(server, 'load', uri)
  expect(refused.code).toBe(1)
  expect(existsSync(here('work', 'exam.bag'))).toBe(false)
  expect(await cli(server, 'find', '--channel', 'course-2026', uri)).toMatchObject({ code: 2 })

  expect(readFileSync(await said(laptop, 'load', uri))).toEqual(bytes)
  await said(server, 'channels', 'join', 'course-2026')
  expect((await server.files()).map(({ cid }) => cid)).toContain(cidIn(uri))
  const both = await said(server, 'channels')
  expect(both).toMatch(/Message channels[\s\S]*gossip[\s\S]*File channels[\s\S]*course-2026 +yes +3 +1/)
}, 180_000)

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
  expect(await said(server, 'files', '--to', '2020-01-01')).not.toContain('bag')
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
