import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MachineView } from '../../src/shared/views.ts'
import type { ProposalView } from '../../src/shared/trust-views.ts'
import { Daemon, run, scratch } from './fixtures/daemon.ts'

/** Three desks whose keys are the root, two of which must sign; a robot; a stranger; and a swarm of its own kind. */
const folder = scratch()
const daemon = (name: string) => new Daemon(folder.path, name)
const [a, b, c, robot, stranger] = [daemon('a'), daemon('b'), daemon('c'), daemon('robot'), daemon('stranger')]
const all = [a, b, c, robot, stranger]
const patience = { timeout: 60_000, interval: 200 }

const machine = async (at: Daemon, of: Daemon): Promise<MachineView | undefined> =>
  (await at.json<MachineView[]>('/fleet')).find(({ peer }) => peer === of.ready.peerId)

const standing = async (at: Daemon, of: Daemon): Promise<string> => {
  const { members } = await at.trust()
  return members.find(({ peer }) => peer === of.ready.peerId)?.standing ?? 'stranger'
}

const root = async (at: Daemon) => {
  const found = (await at.trust()).root
  return found === null ? null : { version: found.version, threshold: found.threshold, keys: found.keys.length }
}

/**
 * Signs on the command line what waits for this daemon, once `count` changes do. One after the other: who signs that a
 * root key is revoked signs the root without it by that, too.
 */
async function sign(at: Daemon, count: number): Promise<void> {
  const mine = async (): Promise<ProposalView[]> => (await at.trust()).proposals.filter((proposal) => proposal.mine)
  await expect.poll(async () => (await mine()).length, patience).toBe(count)
  for (let [first] = await mine(); first !== undefined; [first] = await mine()) {
    expect(await run(['trust', 'sign', first.recordId, '--home', at.home])).toMatchObject({ code: 0 })
  }
}

beforeAll(async () => {
  await a.start({ role: 'operator' })
  const join = await a.invite(null, 5)
  await Promise.all([b, c].map((one) => one.start({ role: 'operator', join })))
})

afterAll(async () => {
  await Promise.all(all.map((one) => one.stop('SIGKILL')))
  folder.remove()
})

test('root keys are two of three once two of the new ones have signed', async () => {
  await expect.poll(async () => (await a.trust()).asks.length, patience).toBe(2)
  const keys = [a, b, c].flatMap((one) => ['--key', one.ready.peerId])
  const asked = await run(['trust', 'root', ...keys, '--threshold', '2', '--home', a.home])
  expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('proposed: root 2') as unknown })
  expect(await root(a)).toEqual({ version: 1, threshold: 1, keys: 1 })
  await sign(b, 1)
  for (const one of [a, b, c])
    await expect.poll(() => root(one), patience).toEqual({ version: 2, threshold: 2, keys: 3 })
  for (const one of [b, c]) expect((await one.info()).standing).toBe('root')
})

test('a robot is admitted by one of them, and its words count everywhere', async () => {
  await robot.start({ join: await c.invite('robot') })
  await robot.admitted()
  await robot.call('/files/upload?name=drive.txt', { method: 'PUT', body: 'a drive' })
  for (const one of [a, b, c]) {
    await expect.poll(async () => (await one.files()).map(({ name }) => name), patience).toEqual(['drive.txt'])
    await expect.poll(async () => (await machine(one, robot))?.standing, patience).toBe('member')
  }
})

test('a stranger is shown as one, and changes nothing', async () => {
  await stranger.start({ join: await a.invite(null) })
  await stranger.call('/files/upload?name=from-nobody.txt', { method: 'PUT', body: 'x' })
  for (const one of [a, b, c]) {
    await expect.poll(async () => (await machine(one, stranger))?.standing, patience).toBe('stranger')
    await expect
      .poll(async () => (await one.trust()).asks.map(({ peer }) => peer), patience)
      .toEqual([stranger.ready.peerId])
    expect((await one.files()).map(({ name }) => name)).toEqual(['drive.txt'])
  }
  const asks = await run(['trust', 'asks', '--home', b.home])
  expect(asks.stdout).toContain(stranger.ready.peerId.slice(-4))
  for (const act of [
    ['trust', 'admit', stranger.ready.peerId, '--role', 'operator'],
    ['trust', 'revoke', robot.ready.peerId],
    ['trust', 'root', '--key', stranger.ready.peerId, '--threshold', '1'],
    ['invite', '--role', 'robot'],
  ]) {
    const refused = await run([...act, '--home', stranger.home])
    expect([act, refused.code, refused.stderr]).toEqual([act, 1, expect.stringMatching(/stranger|root key/)])
  }
  expect(await standing(a, robot)).toBe('member')
})

test('a revoked robot says nothing any more, and what it said is gone everywhere', async () => {
  const revoked = await run(['trust', 'revoke', 'robot', '--note', 'stolen', '--home', b.home])
  expect(revoked).toMatchObject({ code: 0, stdout: expect.stringContaining('revoked') as unknown })
  for (const one of [a, b, c]) {
    await expect.poll(() => standing(one, robot), patience).toBe('revoked')
    await expect.poll(async () => (await one.files()).length, patience).toBe(0)
  }
  await robot.call('/files/upload?name=later.txt', { method: 'PUT', body: 'later' })
  await robot.stop('SIGKILL')
  await robot.start()
  // What others say goes on, so what the robot said would have come as well.
  const said = await a.call('/files/upload?name=after.txt', { method: 'PUT', body: 'after' })
  expect(said.status).toBe(200)
  for (const one of [a, b, c]) {
    await expect.poll(async () => (await one.files()).map(({ name }) => name), patience).toEqual(['after.txt'])
  }
  await expect.poll(async () => (await robot.info()).standing, patience).toBe('revoked')
})

test('a lost root key is revoked and replaced by the other two, and those who were away learn of it', async () => {
  await stranger.stop()
  await a.stop('SIGKILL')
  const revoked = await run(['trust', 'revoke', a.ready.peerId, '--home', b.home])
  expect(revoked).toMatchObject({ code: 0, stdout: expect.stringContaining('proposed') as unknown })
  expect(await standing(b, a)).toBe('root')
  await sign(c, 2)
  for (const one of [b, c]) {
    await expect.poll(() => standing(one, a), patience).toBe('revoked')
    expect(await root(one)).toEqual({ version: 3, threshold: 2, keys: 2 })
    // What the lost key said before is gone too.
    await expect.poll(async () => (await one.files()).length, patience).toBe(0)
  }
  // Whoever has the lost key knows the way, and is a nobody.
  await a.start({ bootstrap: [b.address] })
  await expect.poll(async () => (await a.info()).standing, patience).toBe('revoked')
  const tried = await run(['trust', 'admit', stranger.ready.peerId, '--role', 'robot', '--home', a.home])
  expect([tried.code, tried.stderr]).toEqual([1, expect.stringContaining('revoked')])
  await stranger.start({ bootstrap: [b.address] })
  await expect.poll(() => root(stranger), patience).toEqual({ version: 3, threshold: 2, keys: 2 })
})

test('a private swarm lets nobody in without its key: not by an address, and with an invite it does', async () => {
  const inside = daemon('inside')
  const friend = daemon('friend')
  const outside = daemon('outside')
  all.push(inside, friend, outside)
  const founded = await run(['found', 'secret lab', '--private', '--home', inside.home])
  expect(founded).toMatchObject({ code: 0, stdout: expect.stringContaining('private') as unknown })
  await inside.start({ role: 'operator' })
  expect((await inside.info()).swarm).toMatchObject({ name: 'secret lab', private: true })
  await outside.start({ bootstrap: [inside.address] })
  await friend.start()
  const joined = await run(['join', await inside.invite('server'), '--home', friend.home])
  expect(joined).toMatchObject({ code: 0, stdout: expect.stringContaining('joined "secret lab"') as unknown })
  await friend.admitted()
  await expect.poll(async () => (await machine(inside, friend))?.status, patience).toBe('alive')
  const links = await inside.json<{ peer: string }[]>('/network/links')
  expect(links.map(({ peer }) => peer)).toEqual([friend.ready.peerId])
  expect(await outside.json('/network/links')).toEqual([])
  // A log goes through whole.
  const bytes = randomBytes(12_000_000)
  expect((await friend.call('/files/upload?name=drive.bag', { method: 'PUT', body: bytes })).status).toBe(200)
  await expect.poll(async () => (await inside.files()).map(({ name }) => name), patience).toEqual(['drive.bag'])
  const [share] = await inside.files()
  const content = await inside.call(`/files/${share?.cid}/content`)
  expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true)
  // And back: who leaves a private swarm for another one is a stranger there until it is admitted.
  const back = await run(['join', await outside.invite(null), '--home', friend.home, '--json'])
  expect(JSON.parse(back.stdout)).toMatchObject({ left: 'secret lab', admittedAs: null })
  await expect
    .poll(async () => (await outside.trust()).asks.map(({ peer }) => peer), patience)
    .toEqual([friend.ready.peerId])
})

test('joining without a daemon moves the home, which begins there', async () => {
  const offline = daemon('offline')
  all.push(offline)
  await offline.start()
  const before = (await offline.info()).swarm
  await offline.stop()
  const link = await b.invite('robot')
  const joined = await run(['join', link, '--home', offline.home])
  expect(joined).toMatchObject({ code: 0, stdout: expect.stringContaining(`"${before.name}" was left`) as unknown })
  await offline.start()
  await offline.admitted()
  expect((await offline.info()).swarm.id).toBe((await b.info()).swarm.id)
  const refused = await run([
    'daemon',
    '--home',
    offline.home,
    '--join',
    await (all.at(-2) ?? a).invite(null),
    '--web',
    'off',
  ])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('already runs')])
})
