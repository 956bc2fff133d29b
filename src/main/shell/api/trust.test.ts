import { createRouterClient } from '@orpc/server'
import { expect, test } from 'vitest'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { peerNamed } from '../cli/trust-command.ts'
import { createContext } from './context.ts'
import { createRouter } from './router.ts'
import { bareShell, machine, MemoryPeer, peerA, peerB } from './testing/memory-peer.ts'

function clientOf(peer: MemoryPeer, shell = bareShell): ApiClient {
  return createRouterClient(createRouter(peer, shell), { context: createContext() }) as ApiClient
}

test('the trust state is told again when it or a name in it differs, and not when anything else does', async () => {
  const peer = new MemoryPeer()
  const api = clientOf(peer)
  const events = await api.trust.watch()
  expect(await events.next()).toMatchObject({ value: { members: [] } })
  await api.trust.admit({ peer: peerB, roles: ['robot'] })
  expect(await events.next()).toMatchObject({ value: { members: [{ peer: peerB, roles: ['robot'] }] } })
  // The same state again is nothing new: the next that comes is the revocation.
  peer.trust.heard.emit('view:changed', {})
  peer.machines.set(peerB, machine(peerB, 'duckie01'))
  peer.machineEvents.emit('machines:changed', { peers: [peerB] })
  const next = events.next()
  await api.trust.revoke({ peer: peerB })
  expect(await next).toMatchObject({ value: { members: [] } })
  await events.return?.()
  expect(peer.listenerCount).toBe(0)
})

test('invites are made, listed, read and withdrawn', async () => {
  const api = clientOf(new MemoryPeer())
  const made = await api.trust.invite({ role: 'robot', uses: 3 })
  expect(made).toMatchObject({ role: 'robot', usesLeft: 3 })
  expect(await api.trust.invites()).toHaveLength(1)
  expect(await api.trust.readInvite({ link: made.link })).toMatchObject({ current: true })
  await expect(api.trust.readInvite({ link: 'nonsense' })).rejects.toMatchObject({ code: 'BAD_INVITE' })
  await api.trust.withdrawInvite({ id: made.id })
  await expect(api.trust.withdrawInvite({ id: made.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(api.trust.invite({ uses: 0 })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('refusals keep their code: what is not allowed, what is wrong, what this peer cannot do', async () => {
  const api = clientOf(new MemoryPeer())
  await expect(api.trust.revoke({ peer: peerB })).rejects.toMatchObject({ code: 'NOT_TRUSTED' })
  await expect(api.trust.setPolicy({ bucket: 'nonsense', rule: null })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(api.trust.join({ link: 'dt-swarm://join/x' })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  const able = { ...bareShell, can: { ...bareShell.can, join: true } }
  await expect(clientOf(new MemoryPeer(), able).trust.join({ link: 'dt-swarm://join/x' })).rejects.toMatchObject({
    message: 'a memory peer joins nobody',
  })
})

test('on the command line a peer is named by its id, or by a name that only one has', () => {
  const { trust } = new MemoryPeer()
  trust.admit(peerA, ['robot'])
  const view = trust.view()
  const named = (...names: readonly (string | null)[]) => ({
    ...view,
    members: names.flatMap((name, n) =>
      view.members.map((member) => ({ ...member, name, peer: n === 0 ? peerA : peerB })),
    ),
  })
  expect(peerNamed(named('duckie01'), 'duckie01')).toBe(peerA)
  expect(peerNamed(named(), peerB)).toBe(peerB)
  expect(() => peerNamed(named('duckie01'), 'duckie02')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  expect(() => peerNamed(named('duckie01', 'duckie01'), 'duckie01')).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining(peerB) as unknown }),
  )
})
