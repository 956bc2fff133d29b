import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import { fakePeer } from '../testing/fake-ids.ts'
import { fakeMachine, fakeShare, fakeTransfer } from '../testing/fake-views.ts'
import { nowMs, show } from '../testing/show.ts'

const robots = (count: number) => Array.from({ length: count }, (_, i) => fakeMachine(i, nowMs))

describe('Fleet', () => {
  test('draws a card for each robot, a link named after it, and says that it is simulated', async () => {
    show('#/fleet', { machines: robots(3) })
    const link = await screen.findByRole('link', { name: 'duckie01' })
    expect(link.getAttribute('href')).toBe(`#/robot/${fakePeer(1)}`)
    expect(within(screen.getByRole('article', { name: 'duckie01' })).getByText('simulated')).toBeDefined()
    expect(screen.getByText('3 robots, all well')).toBeDefined()
  })

  test('a swarm of one says what will appear, and starts a demo lab', async () => {
    const swarm = show('#/fleet')
    await screen.findByText('No robots yet', { selector: 'h2' })
    await userEvent.click(await screen.findByRole('button', { name: 'Start a demo lab' }))
    await waitFor(() => expect(swarm.lab.robots).toHaveLength(4))
  })

  test('offers no lab where the peer can run none', async () => {
    show('#/fleet', { info: { can: { lab: false, openFolder: false, choosePlace: false, join: false } } })
    await screen.findByText('lab-laptop · operator')
    expect(screen.queryByRole('button', { name: 'Start a demo lab' })).toBeNull()
  })

  test('a failure names its cause and can be tried again', async () => {
    const swarm = show('#/fleet', { machines: robots(1) }, (one) => one.failing.set('fleet.watch', 'the disk is gone'))
    expect(await screen.findByText('the disk is gone')).toBeDefined()
    swarm.failing.clear()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('link', { name: 'duckie00' })).toBeDefined()
  })

  test('a gone robot stays, says since when and by whom, and can be forgotten', async () => {
    const gone = fakeMachine(4, nowMs, {
      status: 'gone',
      lastHeardAtMs: nowMs - 22.5 * 60_000,
      lastHeardHow: 'relayed',
      lastHeardFromName: 'lab-server',
    })
    const swarm = show('#/fleet', { machines: [gone] })
    const card = await screen.findByRole('article', { name: 'duckie04' })
    expect(card.textContent).toContain('22 min ago · relayed by lab-server')
    await userEvent.click(within(card).getByRole('button', { name: 'Forget duckie04' }))
    await waitFor(() => expect(swarm.machines.all()).toHaveLength(0))
  })

  test('a table of 1,000 robots draws only what is in sight, and follows changes', async () => {
    window.localStorage.setItem('dt-swarm:prefs', JSON.stringify({ fleetView: 'table' }))
    const swarm = show('#/fleet', { machines: robots(1_000) })
    const table = await screen.findByRole('table', { name: 'Machines of the swarm' })
    expect(table.getAttribute('aria-rowcount')).toBe('1001')
    expect(within(table).getAllByRole('row').length).toBeLessThan(60)
    swarm.machines.put(fakeMachine(0, nowMs, { status: 'suspect' }))
    await waitFor(() => expect(within(table).getAllByText('suspect')).toHaveLength(1))
  })

  test('sorts by a column and remembers the view', async () => {
    show('#/fleet', { machines: robots(12) })
    await screen.findByRole('link', { name: 'duckie01' })
    await userEvent.click(screen.getByRole('radio', { name: 'Table' }))
    const table = await screen.findByRole('table')
    await userEvent.click(within(table).getByRole('button', { name: 'Name' }))
    await waitFor(() => expect(within(table).getAllByRole('link')[0]?.textContent).toBe('duckie11'))
    expect(window.localStorage.getItem('dt-swarm:prefs')).toContain('"fleetView":"table"')
  })

  test('newcomers wait while the pointer is inside', async () => {
    const swarm = show('#/fleet', { machines: robots(2) })
    const link = await screen.findByRole('link', { name: 'duckie01' })
    await userEvent.hover(link)
    swarm.machines.put(fakeMachine(7, nowMs), fakeMachine(8, nowMs))
    const pill = await screen.findByRole('button', { name: '2 new' })
    expect(screen.queryByRole('link', { name: 'duckie07' })).toBeNull()
    await userEvent.click(pill)
    expect(await screen.findByRole('link', { name: 'duckie07' })).toBeDefined()
  })

  test('shows the records behind a status', async () => {
    show('#/fleet', { machines: robots(1) })
    await userEvent.click(await screen.findByRole('button', { name: /Why do I see this\? duckie00/ }))
    expect((await screen.findAllByText(/the newest counts/)).length).toBeGreaterThan(0)
  })
})

describe('Robot', () => {
  test('draws its charts with the last values and the range', async () => {
    show(`#/robot/${fakePeer(1)}`, { machines: robots(2) })
    expect(await screen.findByRole('heading', { name: 'duckie01' })).toBeDefined()
    expect(await screen.findByRole('figure', { name: 'CPU' })).toBeDefined()
    expect(screen.getByRole('figure', { name: 'Network' }).textContent).toContain('out')
  })

  test('lists its own files only', async () => {
    show(`#/robot/${fakePeer(1)}/logs`, { machines: robots(2), shares: [fakeShare(0, nowMs), fakeShare(1, nowMs)] })
    const table = await screen.findByRole('table', { name: 'Shared files' })
    expect(within(table).getByRole('link', { name: 'drive-0.mcap' })).toBeDefined()
    expect(within(table).queryByRole('link', { name: 'drive-1.mcap' })).toBeNull()
  })

  test('says so when nobody knows it', async () => {
    show(`#/robot/${fakePeer(77)}`, { machines: robots(2) })
    expect(await screen.findByText('This peer does not know that machine')).toBeDefined()
  })
})

describe('Logs', () => {
  test('is designed when empty', async () => {
    show('#/logs')
    expect(await screen.findByText('Nothing is shared yet')).toBeDefined()
    expect(screen.getAllByRole('button', { name: 'Share a file' }).length).toBeGreaterThan(0)
  })

  test('opens a file and fetches it; the tray shows how far', async () => {
    const swarm = show('#/logs', { shares: [fakeShare(1, nowMs, { local: false })] })
    await userEvent.click(await screen.findByRole('link', { name: 'drive-1.mcap' }))
    const panel = await screen.findByRole('complementary', { name: 'File drive-1.mcap' })
    await userEvent.click(within(panel).getByRole('button', { name: 'Fetch' }))
    await waitFor(() => expect(swarm.asked).toContain('files.fetch'))
    expect((await screen.findByRole('region', { name: 'Transfers' })).textContent).toContain('1 transfer')
  })

  test('cancels a transfer from the tray', async () => {
    const swarm = show('#/logs', { shares: [fakeShare(1, nowMs)], transfers: [fakeTransfer(1, nowMs)] })
    await userEvent.click(await screen.findByRole('button', { name: /1 transfer/ }))
    await userEvent.click(screen.getByRole('button', { name: 'Cancel drive-1.mcap' }))
    await waitFor(() => expect(swarm.transfers.get('t1')?.state).toBe('cancelled'))
    expect(await screen.findByText('cancelled')).toBeDefined()
  })

  test('in a browser a local file is saved by a link', async () => {
    const share = fakeShare(1, nowMs, { local: true })
    const can = { openFolder: false, choosePlace: false, lab: false, join: false }
    show(`#/logs/${share.cid}`, { kind: 'browser', shares: [share], info: { can } })
    const link = await screen.findByRole('link', { name: 'Save as…' })
    expect(link.getAttribute('href')).toContain(`/api/files/${share.cid}/content`)
  })

  test('finds by name', async () => {
    show('#/logs', { shares: [fakeShare(1, nowMs), fakeShare(2, nowMs)] })
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Search files' }), 'system')
    await waitFor(() => expect(screen.queryByRole('link', { name: 'drive-1.mcap' })).toBeNull())
    expect(screen.getByRole('link', { name: 'system-2.log' })).toBeDefined()
  })
})

describe('Network and Settings', () => {
  test('shows counters and says that no peer is connected', async () => {
    show('#/network')
    expect(await screen.findByText('No peer is connected')).toBeDefined()
    expect(screen.getByText('ingest.refused:bad-signature')).toBeDefined()
    expect(screen.getByText(/whose signature does not match/)).toBeDefined()
    expect(screen.getByText(/--bootstrap \/ip4\/192.168.1.5\/tcp\/41001\/p2p\/12D3/)).toBeDefined()
  })

  test('warnings stand on the page, and the health line and the rail lead there', async () => {
    const swarm = show('#/network')
    await screen.findByText('No peer is connected')
    const [status] = swarm.status.all()
    if (status === undefined) throw new Error('the fake swarm has a status')
    const message = 'The share folder /data cannot be read. Fix its permissions.'
    swarm.status.put({ ...status, warnings: [{ code: 'SHARE_DIR_UNREADABLE', message }] })
    expect(await screen.findByText(message)).toBeDefined()
    expect(screen.getByRole('link', { name: '1 warning' }).getAttribute('href')).toBe('#/network')
    expect(screen.getByRole('link', { name: /^Network\s*1/ })).toBeDefined()
  })

  test('reads the links anew when one comes', async () => {
    const swarm = show('#/network')
    await screen.findByText('No peer is connected')
    const asked = (): number => swarm.asked.filter((call) => call === 'network.links').length
    const before = asked()
    const [status] = swarm.status.all()
    if (status === undefined) throw new Error('the fake swarm has a status')
    swarm.status.put({ ...status, links: status.links + 1 })
    await waitFor(() => expect(asked()).toBeGreaterThan(before))
  })

  test('saves what changed and says what waits for the next start', async () => {
    const swarm = show('#/settings')
    const name = await screen.findByRole('textbox', { name: /^Name/ })
    await userEvent.clear(name)
    await userEvent.type(name, 'desk')
    await userEvent.click(screen.getByRole('switch', { name: /mDNS/ }))
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    expect(await screen.findByText(/for the next start/, { selector: 'span' })).toBeDefined()
    expect(swarm.settings).toMatchObject({ name: 'desk', mdns: false })
  })

  test('refuses an address that is none, beside the field', async () => {
    show('#/settings')
    await userEvent.type(await screen.findByRole('textbox', { name: /^Bootstrap/ }), '10.0.0.1:4001')
    expect(await screen.findByText(/is no multiaddress/)).toBeDefined()
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Save' }).disabled).toBe(true)
  })

  test('changes the theme, here and at the peer', async () => {
    const swarm = show('#/settings')
    await userEvent.click(await screen.findByRole('button', { name: 'Theme: system' }))
    expect(await screen.findByRole('button', { name: 'Theme: dark' })).toBeDefined()
    await waitFor(() => expect(swarm.settings.theme).toBe('dark'))
  })
})

describe('Frame', () => {
  test('says that the line is lost, and is well again when it is back', async () => {
    const swarm = show('#/fleet', { machines: robots(1) })
    await screen.findByRole('link', { name: 'duckie00' })
    swarm.lose()
    expect(await screen.findByText('The line to this peer is down.')).toBeDefined()
    expect(screen.getByRole('link', { name: 'duckie00' })).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: 'Try now' }))
    await waitFor(() => expect(screen.queryByText('The line to this peer is down.')).toBeNull())
  })

  test('asks for the printed link when the token is missing', async () => {
    show('#/fleet', {}, (swarm) => swarm.connection.setState({ phase: 'denied' }, true))
    expect(await screen.findByText('Open the link that dt-swarm printed')).toBeDefined()
  })

  test('goes by keys: g l, j, Enter, Esc', async () => {
    show('#/fleet', { machines: robots(2), shares: [fakeShare(1, nowMs)] })
    await screen.findByRole('link', { name: 'duckie00' })
    await userEvent.keyboard('gl')
    expect(await screen.findByRole('heading', { name: /^Logs/ })).toBeDefined()
    await userEvent.keyboard('gf')
    await screen.findByRole('link', { name: 'duckie00' })
    await userEvent.keyboard('j')
    expect(document.activeElement?.textContent).toBe('duckie00')
    await userEvent.keyboard('j{Enter}')
    expect(await screen.findByRole('heading', { name: 'duckie01' })).toBeDefined()
    await userEvent.keyboard('{Escape}')
    expect(await screen.findByRole('heading', { name: 'Fleet' })).toBeDefined()
  })

  test('? shows the keys, and an unknown address has a page', async () => {
    show('#/updates')
    expect(await screen.findByText('There is no such page')).toBeDefined()
    await userEvent.keyboard('?')
    expect(await screen.findByRole('dialog', { name: 'Keys' })).toBeDefined()
  })

  test('tells screen readers who fell silent', async () => {
    const swarm = show('#/fleet', { machines: robots(1) })
    await screen.findByRole('link', { name: 'duckie00' })
    swarm.machines.put(fakeMachine(0, nowMs, { status: 'gone' }))
    expect(await screen.findByText('duckie00 is gone.')).toBeDefined()
  })
})
