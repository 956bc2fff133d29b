import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import { fakeChannels, fakeGraph, fakeMessage, fakeRoutes } from '../testing/fake-network.ts'
import { fakeMachine } from '../testing/fake-views.ts'
import { nowMs, show } from '../testing/show.ts'

const machines = Array.from({ length: 9 }, (_, i) => fakeMachine(i, nowMs))

describe('Who hears whom', () => {
  test('without WebGL it is a list that says so, with the partitions named', async () => {
    show('#/network/graph', { machines, graph: fakeGraph(machines, nowMs, true) })
    expect(await screen.findByText(/draws no WebGL/)).toBeDefined()
    expect(screen.getByText('The swarm is cut into 2 groups')).toBeDefined()
    const table = screen.getByRole('table', { name: 'Who hears whom' })
    expect(within(table).getAllByText('Group 2').length).toBe(3)
    await userEvent.type(screen.getByRole('searchbox', { name: 'Find a machine' }), 'duckie08')
    await waitFor(() => expect(within(table).getAllByRole('row')).toHaveLength(2))
  })

  test('pings a machine and shows the path, and sends it a text', async () => {
    const swarm = show('#/network/graph', { machines })
    await userEvent.click(await screen.findByRole('button', { name: 'Ping, text duckie01…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Reach duckie01' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Ping' }))
    expect(await within(dialog).findByText('41.7 ms there and back')).toBeDefined()
    expect(within(dialog).getAllByText('lab-server')).toHaveLength(2)
    await userEvent.type(within(dialog).getByRole('textbox', { name: /Send a text/ }), 'come home')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Send' }))
    expect(await within(dialog).findByText(/duckie01 got it after 38 ms/)).toBeDefined()
    expect(swarm.air.texts).toEqual(['come home'])
  })
})

describe('Channels', () => {
  test('shows state, rates and drops with their reasons, and switches one off', async () => {
    const swarm = show('#/network/channels', { channels: fakeChannels(nowMs) })
    const irc = await screen.findByRole('listitem', { name: /Channel .*irc.libera.chat/ })
    expect(within(irc).getByText('failed')).toBeDefined()
    expect(within(irc).getByText(/ECONNREFUSED/)).toBeDefined()
    expect(within(irc).getByText('overflow')).toBeDefined()
    const udp = screen.getByRole('listitem', { name: 'Channel /ip4/239.18.7.5/udp/7601/dswarm-line' })
    await userEvent.click(within(udp).getByRole('switch'))
    await waitFor(() =>
      expect(swarm.air.channels.get('/ip4/239.18.7.5/udp/7601/dswarm-line')).toMatchObject({ enabled: false }),
    )
    expect(await within(udp).findByText('off')).toBeDefined()
  })

  test('adds one, refusing what is no address, and removes it', async () => {
    const swarm = show('#/settings/channels', { channels: fakeChannels(nowMs).slice(0, 1) })
    await userEvent.click(await screen.findByRole('button', { name: 'Add a channel' }))
    const dialog = await screen.findByRole('dialog', { name: 'Add a channel' })
    const field = within(dialog).getByRole('textbox', { name: 'Address' })
    await userEvent.type(field, '/ip4/10.0.0.4/tcp/7602')
    expect(within(dialog).getByText('An address ends in /dswarm-line.')).toBeDefined()
    await userEvent.type(field, '/dswarm-line')
    await userEvent.click(within(dialog).getByText('This peer listens there'))
    await userEvent.click(within(dialog).getByRole('button', { name: 'Add' }))
    const id = '/ip4/10.0.0.4/tcp/7602/dswarm-line!listen'
    await waitFor(() => expect(swarm.air.channels.get(id)).toBeDefined())
    await userEvent.click(await screen.findByRole('button', { name: 'Remove /ip4/10.0.0.4/tcp/7602/dswarm-line' }))
    await waitFor(() => expect(swarm.air.channels.get(id)).toBeUndefined())
  })
})

describe('Messages', () => {
  const messages = Array.from({ length: 30 }, (_, i) => fakeMessage(i + 1, nowMs))

  test('follows, and holds still while paused', async () => {
    const swarm = show('#/network/messages', { messages })
    expect(await screen.findByText(/^30 messages here/)).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: 'Pause' }))
    swarm.air.messages.put(fakeMessage(31, nowMs), fakeMessage(32, nowMs))
    expect(await screen.findByRole('button', { name: 'Resume: 2 new' })).toBeDefined()
    expect(screen.getByText(/^30 messages here/)).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: 'Resume: 2 new' }))
    expect(await screen.findByText(/^32 messages here/)).toBeDefined()
  })

  test('opens one with all that is known of it', async () => {
    show('#/network/messages', { messages: [fakeMessage(5, nowMs)] })
    const stream = await screen.findByRole('region', { name: 'Message stream' })
    await userEvent.click(await within(stream).findByRole('button'))
    const panel = await screen.findByRole('complementary', { name: 'Message' })
    expect(within(panel).getByText('refused: bad-signature')).toBeDefined()
    expect(screen.getByRole('button', { name: 'Resume' })).toBeDefined()
  })

  test('asks the peer again for another question', async () => {
    show('#/network/messages', { messages })
    await screen.findByText(/^30 messages here/)
    await userEvent.type(screen.getByRole('searchbox', { name: 'Search messages' }), 'no such thing')
    expect(await screen.findByText('No message passes these filters')).toBeDefined()
  })

  test('a failure can be tried again', async () => {
    const swarm = show('#/network/messages', { messages }, (one) => one.failing.set('network.watchMessages', 'no ring'))
    expect(await screen.findByText('no ring')).toBeDefined()
    swarm.failing.clear()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByText(/^30 messages here/)).toBeDefined()
  })
})

describe('Routes', () => {
  test('are listed with where they come from; one is set and removed', async () => {
    const swarm = show('#/network/routes', { routes: fakeRoutes(nowMs) })
    expect(await screen.findByText('learned from traffic')).toBeDefined()
    await userEvent.type(screen.getByRole('textbox', { name: 'Prefix' }), '/dswarm/x/brain')
    await userEvent.type(screen.getByRole('textbox', { name: 'Next hop' }), '/ip4/10.0.0.4/tcp/1/dswarm-line/$0')
    await userEvent.click(screen.getByRole('button', { name: 'Set' }))
    await waitFor(() => expect(swarm.air.routes).toHaveLength(4))
    await userEvent.click(await screen.findByRole('button', { name: 'Remove the route /dswarm/x/brain' }))
    await waitFor(() => expect(swarm.air.routes).toHaveLength(3))
  })
})
