import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import type { PinServiceView, PinView } from '../../shared/pinning-views.ts'
import type { ShareView } from '../../shared/views.ts'
import type { Stores } from '../state/stores.ts'
import { createFakeSwarm, type FakeSwarm } from '../testing/fake-client.ts'
import { fakeShare } from '../testing/fake-views.ts'
import { renderApp } from '../testing/render.tsx'

const nowMs = Date.now()
let stores: Stores | null = null

afterEach(() => stores?.stop())

const pinata: PinServiceView = {
  name: 'pinata',
  endpoint: 'https://api.pinata.cloud/psa',
  hasToken: true,
  problem: null,
  pins: 2,
}

function settings(prepare?: (swarm: FakeSwarm) => void): FakeSwarm {
  const swarm = createFakeSwarm({ nowMs })
  prepare?.(swarm)
  stores = renderApp(swarm, '#/settings/files')
  return swarm
}

const servicesPanel = () => screen.findByRole('region', { name: 'Pinning services' })

describe('Settings: pinning services', () => {
  test('are none at first, and one is added with a token that is not shown again', async () => {
    const swarm = settings()
    const panel = await servicesPanel()
    expect(await within(panel).findByText(/None yet/)).toBeDefined()
    await userEvent.click(within(panel).getByRole('button', { name: 'Add a service…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Add a pinning service' })
    const add = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Ask and add' })
    expect(add.disabled).toBe(true)
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'my service')
    expect(within(dialog).getByText(/Small letters, digits/)).toBeDefined()
    await userEvent.clear(within(dialog).getByRole('textbox', { name: 'Name' }))
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'Pinata')
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Address' }), pinata.endpoint)
    await userEvent.type(within(dialog).getByLabelText('Token'), 'secret-1')
    await userEvent.click(add)
    const row = await within(panel).findByRole('listitem', { name: 'pinata' })
    expect(row.textContent).toContain('with a token')
    expect(swarm.pinning.tokens).toEqual(['secret-1'])
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(document.body.textContent).not.toContain('secret-1')
  })

  test('are asked for once the line is there, when the page was there before it', async () => {
    const swarm = settings((one) => one.lose())
    const panel = await servicesPanel()
    expect(within(panel).queryByText('They could not be read')).toBeNull()
    swarm.restore()
    expect(await within(panel).findByText(/None yet/)).toBeDefined()
  })

  test('one that refuses says so in the dialog, where it can be tried again', async () => {
    const swarm = settings((one) => one.failing.set('pinning.setService', 'it refuses the token (401)'))
    const panel = await servicesPanel()
    await userEvent.click(await within(panel).findByRole('button', { name: 'Add a service…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Add a pinning service' })
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'pinata')
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Address' }), pinata.endpoint)
    await userEvent.click(within(dialog).getByRole('button', { name: 'Ask and add' }))
    expect(await within(dialog).findByText('it refuses the token (401)')).toBeDefined()
    swarm.failing.clear()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Ask and add' }))
    const row = await within(panel).findByRole('listitem', { name: 'pinata' })
    expect(row.textContent).toContain('without a token')
  })

  test('are tested with the token that they have, and say why they cannot be used', async () => {
    const swarm = settings((one) => {
      one.pinning.services = [{ ...pinata, problem: 'it takes no more for this account' }]
    })
    const panel = await servicesPanel()
    const row = await within(panel).findByRole('listitem', { name: 'pinata' })
    expect(row.textContent).toContain('it takes no more for this account')
    swarm.failing.set('pinning.setService', 'it did not answer within 20 s')
    await userEvent.click(within(row).getByRole('button', { name: 'Test pinata' }))
    expect(await within(row).findByText('it did not answer within 20 s')).toBeDefined()
    swarm.failing.clear()
    await userEvent.click(within(row).getByRole('button', { name: 'Test pinata' }))
    expect(await within(row).findByText('✓ It answers')).toBeDefined()
    expect(swarm.pinning.services).toEqual([pinata])
  })

  test('another address takes another token', async () => {
    const swarm = settings((one) => {
      one.pinning.services = [pinata]
    })
    const panel = await servicesPanel()
    await userEvent.click(await within(panel).findByRole('button', { name: 'Change pinata…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Change pinata' })
    const save = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Ask and save' })
    expect(save.disabled).toBe(false)
    const address = within(dialog).getByRole('textbox', { name: 'Address' })
    await userEvent.clear(address)
    await userEvent.type(address, 'https://elsewhere.example/psa')
    expect(save.disabled).toBe(true)
    await userEvent.click(within(dialog).getByRole('radio', { name: /^Another/ }))
    await userEvent.type(within(dialog).getByLabelText('New token'), 'secret-2')
    await userEvent.click(save)
    await waitFor(() => expect(swarm.pinning.services[0]?.endpoint).toBe('https://elsewhere.example/psa'))
    expect(swarm.pinning.tokens).toEqual(['secret-2'])
  })

  test('one is removed after it is said what stays there', async () => {
    const swarm = settings((one) => {
      one.pinning.services = [pinata]
    })
    await userEvent.click(await screen.findByRole('button', { name: 'Remove pinata…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Remove pinata?' })
    expect(within(dialog).getByText(/What the service holds stays there/)).toBeDefined()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Remove pinata' }))
    await waitFor(() => expect(swarm.pinning.services).toEqual([]))
  })
})

const share = fakeShare(1, nowMs, { local: true, channel: null })
const pin: PinView = {
  id: `pinata/${share.cid}`,
  service: 'pinata',
  cid: share.cid,
  name: share.name,
  state: 'queued',
  details: null,
  sinceMs: nowMs - 60_000,
  checkedAtMs: nowMs - 5_000,
  problem: null,
}

function panelOf(one: ShareView, prepare: (swarm: FakeSwarm) => void): FakeSwarm {
  const swarm = createFakeSwarm({ nowMs, shares: [one] })
  prepare(swarm)
  stores = renderApp(swarm, `#/logs/${one.cid}`)
  return swarm
}

describe('a file that is pinned elsewhere', () => {
  test('is asked for, and its way is told as it goes', async () => {
    const swarm = panelOf(share, ({ pinning }) => {
      pinning.services = [pinata]
    })
    const section = await screen.findByRole('region', { name: 'Pinned elsewhere' })
    await userEvent.click(within(section).getByRole('button', { name: 'Pin at…' }))
    await userEvent.click(await screen.findByRole('menuitem', { name: 'pinata' }))
    expect(await within(section).findByRole('listitem', { name: 'pinata: queued' })).toBeDefined()
    expect(within(section).queryByRole('button', { name: 'Pin at…' })).toBeNull()
    swarm.pinning.pins.put({ ...pin, state: 'pinning' })
    expect(await within(section).findByRole('listitem', { name: 'pinata: pinning' })).toBeDefined()
    swarm.pinning.pins.put({ ...pin, state: 'pinned' })
    expect(await within(section).findByRole('listitem', { name: 'pinata: pinned' })).toBeDefined()
    await userEvent.click(within(section).getByRole('button', { name: 'Unpin at pinata' }))
    expect(await within(section).findByText('At no pinning service.')).toBeDefined()
  })

  test('says why it failed, and can be asked for again', async () => {
    const swarm = panelOf(share, ({ pinning }) => {
      pinning.services = [pinata]
      pinning.pins.put({ ...pin, state: 'failed', details: 'nobody gave it to us' })
    })
    const row = await screen.findByRole('listitem', { name: 'pinata: failed' })
    expect(row.textContent).toContain('It says: nobody gave it to us')
    await userEvent.click(within(row).getByRole('button', { name: 'Pin again at pinata' }))
    expect(await screen.findByRole('listitem', { name: 'pinata: queued' })).toBeDefined()
    expect(swarm.asked).toContain('pinning.add')
  })

  test('a refusal stands beside what was asked', async () => {
    panelOf(share, ({ pinning, failing }) => {
      pinning.services = [pinata]
      failing.set('pinning.add', 'it takes no more for this account')
    })
    const section = await screen.findByRole('region', { name: 'Pinned elsewhere' })
    await userEvent.click(within(section).getByRole('button', { name: 'Pin at…' }))
    await userEvent.click(await screen.findByRole('menuitem', { name: 'pinata' }))
    expect(await within(section).findByText('it takes no more for this account')).toBeDefined()
  })

  test.each([
    ['is not here', { local: false }, /Fetch it first/],
    ['is for a file channel', { channel: 'course' }, /meant for the file channel course/],
  ])('cannot be asked for when it %s', async (_, change, why) => {
    panelOf({ ...share, ...change }, ({ pinning }) => {
      pinning.services = [pinata]
    })
    const section = await screen.findByRole('region', { name: 'Pinned elsewhere' })
    expect(within(section).getByText(why)).toBeDefined()
    expect(within(section).queryByRole('button', { name: 'Pin at…' })).toBeNull()
  })

  test('is not spoken of where no service is known', async () => {
    panelOf(share, () => undefined)
    await screen.findByRole('region', { name: 'Copies' })
    expect(screen.queryByRole('region', { name: 'Pinned elsewhere' })).toBeNull()
  })
})
