import { expect, test, vi } from 'vitest'
import { randomBytes } from 'node:crypto'
import { channelSuite, listen, messageOf, someone, type ChannelRig } from './channel-suite.ts'
import { MemoryMedium, type MediumInit } from './memory-channel.ts'

async function rig(init: MediumInit): Promise<ChannelRig> {
  const medium = new MemoryMedium(init)
  return {
    peer: async ({ swarm = 'test' } = {}) => {
      const peer = someone()
      return { peer, channel: medium.channel({ peer, swarm }) }
    },
    garbage: async (_channel, count) => {
      for (let i = 0; i < count; i += 1) medium.inject(randomBytes(200).fill(0xff, 0, 1))
    },
    stop: async () => {},
  }
}

channelSuite('a shared medium in memory', () => rig({}))
channelSuite('links in memory', () => rig({ pointToPoint: true, delayMs: 1 }))

test('a medium that is cut carries within its parts only, and all over again once healed', async () => {
  const medium = new MemoryMedium()
  const peers = [someone(), someone(), someone()] as const
  const channels = peers.map((peer) => medium.channel({ peer }))
  const heard = channels.map(listen)
  for (const channel of channels) await channel.start()
  medium.cut([peers[0], peers[1]], [peers[2]])
  expect(channels.map((channel) => channel.facts().state)).toEqual(['up', 'up', 'waiting'])
  await channels[0]?.send(messageOf(peers[0]))
  await vi.waitFor(() => expect(heard[1]).toHaveLength(1))
  expect(heard[2]).toHaveLength(0)
  medium.heal()
  await channels[0]?.send(messageOf(peers[0]))
  await vi.waitFor(() => expect(heard.map(({ length }) => length)).toEqual([0, 2, 1]))
  for (const channel of channels) await channel.stop()
})

test('a medium that loses all carries nothing', async () => {
  const medium = new MemoryMedium({ lossShare: 1 })
  const [a, b] = [medium.channel({ peer: someone() }), medium.channel({ peer: someone() })]
  const heard = listen(b)
  await a.start()
  await b.start()
  await a.send(messageOf(a.peer))
  medium.lose(0)
  const second = messageOf(a.peer)
  await a.send(second)
  await vi.waitFor(() => expect(heard.map(({ message }) => message.id)).toEqual([second.id]))
  await a.stop()
  await b.stop()
})
