import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import { fakePeer } from '../testing/fake-ids.ts'
import { otherSwarmView } from '../testing/fake-trust.ts'
import { fakeMachine } from '../testing/fake-views.ts'
import { nowMs, show } from '../testing/show.ts'

afterEach(() => window.history.replaceState(null, '', '/'))

describe('Settings: swarm and invites', () => {
  test('makes an invite with a link and a code, lists it, and withdraws it', async () => {
    const swarm = show('#/settings/swarm')
    await userEvent.click(await screen.findByRole('button', { name: 'Make an invite' }))
    const dialog = await screen.findByRole('dialog', { name: 'Invite to duckietown-lab' })
    expect(within(dialog).getByRole<HTMLInputElement>('textbox', { name: 'Link' }).value).toMatch(
      /^dt-swarm:\/\/join\//,
    )
    expect(within(dialog).getByRole('img', { name: 'The invite as a QR code' })).toBeDefined()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Done' }))
    const row = await screen.findByRole('listitem', { name: 'Invite as robot' })
    await userEvent.click(within(row).getByRole('button', { name: 'Withdraw' }))
    await waitFor(() => expect(swarm.desk.invites).toEqual([]))
  })

  test('reads an invite before it joins, and follows the peer into the other swarm', async () => {
    const swarm = show('#/settings/swarm', { machines: [fakeMachine(1, nowMs)] })
    // What the peer does when it joins: the line drops, and it comes back as another.
    swarm.desk.onJoin = () => {
      setTimeout(() => {
        swarm.lose()
        swarm.info = { ...swarm.info, swarm: otherSwarmView }
        swarm.machines.remove(fakePeer(1))
        swarm.restore()
      })
    }
    await userEvent.click(await screen.findByRole('button', { name: 'Join another swarm…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Join another swarm' })
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Invite link' }), 'dt-swarm://join/abc')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Read the invite' }))
    expect(await within(dialog).findByText('You leave duckietown-lab.')).toBeDefined()
    expect(swarm.desk.joined).toEqual([])
    await userEvent.click(within(dialog).getByRole('button', { name: 'Join second-floor' }))
    await waitFor(() => expect(swarm.desk.joined).toEqual(['dt-swarm://join/abc']))
    expect(await screen.findByText('second-floor', { selector: '.top-swarm' })).toBeDefined()
    expect(await screen.findByText('This peer is in second-floor now')).toBeDefined()
    await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Join another swarm' })).toBeNull())
    expect(window.location.hash).toBe('#/fleet')
  })

  test.each([
    ['member', false],
    ['stranger', true],
  ] as const)('a link of the swarm that it is in, before a %s: usable %s', async (standing, usable) => {
    const swarm = show('#/settings/swarm', { info: { standing } })
    await userEvent.click(await screen.findByRole('button', { name: 'Join another swarm…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Join another swarm' })
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Invite link' }), 'dt-swarm://join/same')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Read the invite' }))
    const use = await within(dialog).findByRole<HTMLButtonElement>('button', { name: 'Use this invite' })
    expect(use.disabled).toBe(!usable)
    if (!usable) return
    await userEvent.click(use)
    await waitFor(() => expect(swarm.desk.joined).toEqual(['dt-swarm://join/same']))
  })

  test('says what is wrong with a link', async () => {
    show('#/settings/swarm')
    await userEvent.click(await screen.findByRole('button', { name: 'Join another swarm…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Join another swarm' })
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Invite link' }), 'https://example.org')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Read the invite' }))
    expect(await within(dialog).findByText(/This is no invite/)).toBeDefined()
  })

  test('a window that was opened with a link reads it at once, and asks', async () => {
    window.history.replaceState(null, '', '/?join=dt-swarm%3A%2F%2Fjoin%2Fabc')
    const swarm = show('#/fleet')
    const dialog = await screen.findByRole('dialog', { name: 'Join another swarm' })
    expect(await within(dialog).findByRole('button', { name: 'Join second-floor' })).toBeDefined()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Stay here' }))
    await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Join another swarm' })).toBeNull())
    expect(window.location.search).toBe('')
    expect(swarm.desk.joined).toEqual([])
  })
})

describe('Another swarm', () => {
  test('nothing of the old one is left standing', async () => {
    const swarm = show('#/fleet', { machines: [fakeMachine(1, nowMs)] })
    await screen.findByRole('link', { name: 'duckie01' })
    swarm.lose()
    swarm.info = { ...swarm.info, swarm: otherSwarmView }
    swarm.machines.remove(fakePeer(1))
    swarm.failing.set('fleet.watch', 'not yet')
    swarm.restore()
    // The fleet of the other swarm cannot be read yet: the old one must not stand in for it.
    await waitFor(() => expect(screen.queryByRole('link', { name: 'duckie01' })).toBeNull())
    expect(await screen.findByText('second-floor')).toBeDefined()
  })
})
