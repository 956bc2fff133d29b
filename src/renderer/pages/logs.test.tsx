import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import type { LogPreview } from '../../shared/log-views.ts'
import type { TransferView } from '../../shared/views.ts'
import type { FakeSwarm } from '../testing/fake-client.ts'
import { fakePeer } from '../testing/fake-ids.ts'
import { fakeLog, fakeTextLog } from '../testing/fake-logs.ts'
import { fakeMachine, fakeShare, fakeTransfer } from '../testing/fake-views.ts'
import { nowMs, show } from '../testing/show.ts'

const shares = (count: number) => Array.from({ length: count }, (_, i) => fakeShare(i, nowMs))

describe('the list', () => {
  test('20,000 files draw only what is in sight', async () => {
    show('#/logs', { shares: Array.from({ length: 20_000 }, (_, i) => fakeShare(i, nowMs)) })
    const table = await screen.findByRole('table', { name: 'Shared files' })
    await waitFor(() => expect(table.getAttribute('aria-rowcount')).toBe('20001'))
    expect(within(table).getAllByRole('row').length).toBeLessThan(60)
    expect(screen.getByText(/^20 000 files,/)).toBeDefined()
  })

  test('what has come of a long list is shown, and that more comes', async () => {
    const shares = Array.from({ length: 1_200 }, (_, i) => fakeShare(i, nowMs))
    let release = (): void => undefined
    show(`#/logs/${shares[1_100]?.cid}`, { shares }, (swarm) => {
      release = swarm.shares.holdBack()
    })
    const table = await screen.findByRole('table', { name: 'Shared files' })
    expect(table.getAttribute('aria-rowcount')).toBe('501')
    expect(screen.getByText(/^500 files,.* · 700 more are coming$/)).toBeDefined()
    // It may be among those.
    expect(screen.queryByText(/^Nobody this peer hears shares/)).toBeNull()
    release()
    await waitFor(() => expect(table.getAttribute('aria-rowcount')).toBe('1201'))
    expect(await screen.findByRole('complementary', { name: /^File / })).toBeDefined()
    expect(screen.queryByText(/more are coming/)).toBeNull()
  })

  test('filters by a topic of the recordings', async () => {
    const imu = fakeLog(nowMs, { topics: [{ name: '/only/here', type: 'sensor_msgs/Imu', count: 3 }] })
    show('#/logs', { shares: [fakeShare(0, nowMs, { log: imu }), fakeShare(1, nowMs)] })
    await userEvent.click(await screen.findByRole('button', { name: /^Topic:/ }))
    await userEvent.click(await screen.findByRole('checkbox', { name: '/only/here (1)' }))
    await waitFor(() => expect(screen.queryByRole('link', { name: 'drive-1.mcap' })).toBeNull())
    expect(screen.getByRole('link', { name: 'drive-0.mcap' })).toBeDefined()
  })

  test('filters by the time of the recordings, by keys', async () => {
    const old = fakeShare(1, nowMs, { log: fakeLog(nowMs - 5 * 3_600_000) })
    show('#/logs', { shares: [fakeShare(0, nowMs, { log: fakeLog(nowMs) }), old] })
    const from = await screen.findByRole('slider', { name: 'Show files from' })
    from.focus()
    await userEvent.keyboard('{End}')
    await waitFor(() => expect(screen.queryByRole('link', { name: 'drive-1.mcap' })).toBeNull())
    await userEvent.click(screen.getByRole('button', { name: 'Any time' }))
    expect(await screen.findByRole('link', { name: 'drive-1.mcap' })).toBeDefined()
  })

  test('where nothing passes, no time and nothing to fetch is claimed, and one click shows all again', async () => {
    show('#/logs', { shares: shares(3) })
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Search files' }), 'zebra')
    await screen.findByText('No file passes these filters')
    const timeline = screen.getByRole('region', { name: 'Recordings by robot' })
    expect(within(timeline).getByText('nothing passes the other filters')).toBeDefined()
    expect(timeline.textContent).not.toContain('1970')
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Fetch all shown' }).disabled).toBe(true)
    await userEvent.click(screen.getByRole('button', { name: 'Show all 3' }))
    expect(await screen.findByRole('link', { name: 'drive-0.mcap' })).toBeDefined()
  })

  test('a recording whose times count from 0 claims no date', async () => {
    const log = fakeLog(nowMs, { startMs: 0, endMs: 199_000 })
    const file = fakeShare(0, nowMs, { log, modifiedAtMs: nowMs - 60_000 })
    show(`#/logs/${file.cid}`, { shares: [file] })
    const facts = await screen.findByRole('region', { name: 'What it is' })
    expect(within(facts).getByText(/at times that count from 0\.0 s/)).toBeDefined()
    expect(within(facts).getByText('3 min 19 s')).toBeDefined()
    expect(document.body.textContent).not.toContain('1970')
  })

  test('fetches all that is shown, exactly these', async () => {
    const swarm = show('#/logs', { shares: shares(6) })
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Search files' }), 'system')
    // system-2 is not here, system-5 is.
    await userEvent.click(await screen.findByRole('button', { name: /^Fetch all shown \(1 file,/ }))
    const dialog = await screen.findByRole('dialog', { name: 'Fetch 1 file?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Fetch 1 file' }))
    await waitFor(() => expect(swarm.transfers.all().map((one) => one.name)).toEqual(['system-2.log']))
  })

  test('follows a search and says which filters cannot be followed; a follow ends with a click', async () => {
    const swarm = show('#/logs', { shares: shares(3) })
    await userEvent.type(await screen.findByRole('searchbox', { name: 'Search files' }), 'drive')
    await userEvent.click(screen.getByRole('button', { name: /^Type:/ }))
    await userEvent.click(await screen.findByRole('checkbox', { name: /^recording/ }))
    await userEvent.keyboard('{Escape}')
    await userEvent.click(screen.getByRole('button', { name: 'Follow…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Follow this search?' })
    expect(within(dialog).getByText(/cannot be followed, and do not count here: the type\.$/)).toBeDefined()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Follow' }))
    await waitFor(() => expect(swarm.files.follows).toMatchObject([{ search: 'drive', origin: null, to: null }]))
    await userEvent.click(await screen.findByRole('button', { name: '1 follow' }))
    await userEvent.click(await screen.findByRole('button', { name: /^Follow no longer/ }))
    await waitFor(() => expect(swarm.files.follows).toEqual([]))
    expect(await screen.findByText(/^Nothing\./)).toBeDefined()
  })

  test("a robot's day is fetched from its page", async () => {
    const share = fakeShare(0, nowMs, { local: false, log: fakeLog(Date.now()) })
    const swarm = show(`#/robot/${fakePeer(1)}/logs`, {
      machines: [fakeMachine(1, nowMs)],
      shares: [share, fakeShare(4, nowMs, { local: false, log: fakeLog(nowMs - 3 * 86_400_000) })],
    })
    await userEvent.click(await screen.findByRole('button', { name: /^Fetch what duckie01 recorded today \(1 file/ }))
    await userEvent.click(await screen.findByRole('button', { name: 'Fetch 1 file' }))
    await waitFor(() => expect(swarm.transfers.all().map((one) => one.cid)).toEqual([share.cid]))
  })
})

describe('a file', () => {
  const share = fakeShare(1, nowMs, { local: true })

  function preview(change: (swarm: FakeSwarm) => void): FakeSwarm {
    return show(`#/logs/${share.cid}`, { shares: [share] }, change)
  }

  test('says what a recording is, its topics with rates, numbers and pictures', async () => {
    preview(() => undefined)
    const panel = await screen.findByRole('complementary', { name: 'File drive-1.mcap' })
    expect(await within(panel).findByRole('heading', { name: 'MCAP recording' })).toBeDefined()
    const topics = await within(panel).findByRole('table', { name: 'Topics' })
    expect(within(topics).getByText('/imu_node/imu')).toBeDefined()
    expect(within(topics).getByText('100 Hz')).toBeDefined()
    expect(within(panel).getByRole('figure', { name: /^omega of/ })).toBeDefined()
    expect(within(panel).getAllByRole('button', { name: /^Enlarge/ })).toHaveLength(4)
    expect(within(panel).getByText('Read 420 kB of 25.7 MB for this.')).toBeDefined()
    await userEvent.click(within(panel).getByRole('button', { name: /^Enlarge .* at 1 min$/ }))
    expect(await screen.findByRole('img', { name: /^Picture of/ })).toBeDefined()
  })

  test('says why it is shown, by the records behind it', async () => {
    preview(() => undefined)
    const why = await screen.findByRole('region', { name: 'Evidence' })
    expect(await within(why).findAllByText(/^seq /)).toHaveLength(2)
  })

  test.each<[string, LogPreview, string]>([
    ['a text', { kind: 'text', ...about(), head: 'first line', tail: 'last line' }, 'last line'],
    ['an empty text', { kind: 'text', ...about(), head: '', tail: null }, 'It is empty.'],
    ['a table', { kind: 'table', ...about(), columns: ['t', 'x'], rows: [['1', '0.5']], numbers: [] }, '0.5'],
    [
      'an archive',
      { kind: 'archive', ...about(), entries: [{ name: 'a/b.txt', sizeBytes: 7, folder: false }], more: 3 },
      'and 3 entries more',
    ],
    ['what cannot be shown', { kind: 'none', ...about(), why: 'Videos are not shown.' }, 'Videos are not shown.'],
  ])('looks into %s', async (_, answer, words) => {
    preview((swarm) => swarm.files.previews.set(share.cid, answer))
    expect(await screen.findByText(words)).toBeDefined()
  })

  test('a picture is drawn with its size', async () => {
    const answer: LogPreview = { kind: 'image', ...about(), widthPx: 640, heightPx: 480 }
    preview((swarm) => swarm.files.previews.set(share.cid, answer))
    expect(await screen.findByRole('img', { name: 'drive-1.mcap, 640 by 480 pixels' })).toBeDefined()
  })

  test('a recording that was cut off says so', async () => {
    const cut = { ...share, log: fakeLog(nowMs, { whole: false, problem: 'Its index is missing.' }) }
    show(`#/logs/${share.cid}`, { shares: [cut] })
    expect(await screen.findByText(/Its index is missing/)).toBeDefined()
  })

  test('a look that fails says why and can be tried again', async () => {
    const swarm = preview((one) => one.failing.set('files.preview', 'nobody gave the block'))
    expect(await screen.findByText(/nobody gave the block/)).toBeDefined()
    swarm.failing.clear()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('table', { name: 'Topics' })).toBeDefined()
  })

  test('what nobody has is not asked for by itself', async () => {
    const copies = share.copies.map((copy) => ({ ...copy, alive: false }))
    const lost = { ...share, local: false, copies }
    const swarm = show(`#/logs/${share.cid}`, { shares: [lost] })
    expect(await screen.findByText(/Nobody who holds it is heard now, and it is not here/)).toBeDefined()
    expect(swarm.asked).not.toContain('files.preview')
    swarm.shares.put({ ...lost, copies: copies.map((copy) => ({ ...copy, alive: true })) })
    await waitFor(() => expect(swarm.asked).toContain('files.preview'))
  })

  test('of a folder brings the whole folder, from whoever shared it', async () => {
    const inFolder = (index: number, name: string, change = {}) =>
      fakeShare(index, nowMs, { name, local: false, own: false, origin: fakePeer(1), ...change })
    const chosen = inFolder(1, 'run-17/camera.bag')
    const others = [
      inFolder(2, 'run-17/deep/notes.txt'),
      inFolder(3, 'run-17b/x.txt'),
      inFolder(4, 'run-17/of another.txt', { origin: fakePeer(2) }),
    ]
    const swarm = show(`#/logs/${chosen.cid}`, { shares: [chosen, ...others] })
    await userEvent.click(await screen.findByRole('button', { name: 'Fetch folder' }))
    expect(await screen.findByText('Fetching 2 files of run-17')).toBeDefined()
    expect(swarm.transfers.all().map(({ name }) => name)).toEqual(['run-17/camera.bag', 'run-17/deep/notes.txt'])
  })

  test('is kept, and kept no longer', async () => {
    const swarm = preview(() => undefined)
    await userEvent.click(await screen.findByRole('button', { name: 'Keep' }))
    await waitFor(() => expect(swarm.shares.get(share.cid)?.kept).toBe(true))
    expect(await screen.findByText(/It is kept for good/)).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: 'Keep no longer' }))
    await waitFor(() => expect(swarm.shares.get(share.cid)?.kept).toBe(false))
  })

  test('is shared no longer only after a sentence that says what happens', async () => {
    const mine = { ...share, own: true, copies: share.copies.slice(0, 1) }
    const swarm = show(`#/logs/${share.cid}`, { shares: [mine] })
    await userEvent.click(await screen.findByRole('button', { name: 'Unshare…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Stop sharing drive-1.mcap?' })
    expect(within(dialog).getByText(/may go on sharing it: duckie02/)).toBeDefined()
    expect(swarm.asked).not.toContain('files.unshare')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Stop sharing' }))
    await waitFor(() => expect(swarm.shares.get(share.cid)).toBeUndefined())
  })

  test('has a link that other programs take', async () => {
    const user = userEvent.setup()
    show(`#/logs/${share.cid}`, { shares: [{ ...share, name: 'run 17/a b.bag' }] })
    await user.click(await screen.findByRole('button', { name: 'Copy link' }))
    expect(await navigator.clipboard.readText()).toBe(`ipfs://${share.cid}/a%20b.bag`)
  })

  function about() {
    return { readBytes: 10, sizeBytes: 100, info: fakeTextLog() }
  }
})

describe('the tray', () => {
  const group = { id: 'g', name: 'run-17' }
  const member = (index: number, change: Partial<TransferView>): TransferView =>
    fakeTransfer(index, nowMs, { group, sizeBytes: 1_000_000, doneBytes: 0, bytesPerS: 0, ...change })

  async function opened(transfers: readonly TransferView[]): Promise<FakeSwarm> {
    const swarm = show('#/logs', { shares: shares(1), transfers })
    await userEvent.click(await screen.findByRole('button', { name: /transfer/, expanded: false }))
    return swarm
  }

  test('holds a transfer, lets it go on, and changes its priority', async () => {
    const swarm = await opened([fakeTransfer(1, nowMs)])
    await userEvent.click(await screen.findByRole('button', { name: 'Pause drive-1.mcap' }))
    await waitFor(() => expect(swarm.transfers.get('t1')?.state).toBe('paused'))
    await userEvent.click(await screen.findByRole('button', { name: 'Go on with drive-1.mcap' }))
    await waitFor(() => expect(swarm.transfers.get('t1')?.state).toBe('running'))
    await userEvent.click(screen.getByRole('button', { name: 'Priority of drive-1.mcap: in turn' }))
    await userEvent.click(await screen.findByRole('menuitem', { name: /^First/ }))
    await waitFor(() => expect(swarm.transfers.get('t1')?.priority).toBe('high'))
  })

  test('tries a failed one again', async () => {
    const error = { code: 'FETCH_FAILED', message: 'Nobody gives it.' }
    const swarm = await opened([fakeTransfer(1, nowMs, { state: 'failed', error, endedAtMs: nowMs })])
    expect(await screen.findByText('failed: Nobody gives it.')).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: 'Try drive-1.mcap again' }))
    await waitFor(() => expect(swarm.transfers.get('t1')?.state).toBe('running'))
  })

  test('a group is one line that opens, and is held as one', async () => {
    const swarm = await opened([
      member(1, { state: 'done', doneBytes: 1_000_000, endedAtMs: nowMs }),
      member(2, { state: 'running', doneBytes: 500_000 }),
      member(3, { state: 'waiting' }),
    ])
    expect(await screen.findByText(/1 of 3 files/)).toBeDefined()
    expect(screen.queryByText('drive-2.mcap')).toBeNull()
    await userEvent.click(screen.getByRole('button', { name: /^Fetching run-17/ }))
    expect(await screen.findByRole('progressbar', { name: 'Fetching drive-2.mcap' })).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: 'Pause run-17' }))
    await waitFor(() => expect(swarm.transfers.all().map((one) => one.state)).toEqual(['done', 'paused', 'paused']))
  })

  test('a transfer that stands for a folder is held by itself', async () => {
    const leader = fakeTransfer(0, nowMs, { id: 'g', group, kind: 'share', step: '312 of 20 000 files' })
    const swarm = await opened([leader, member(1, { kind: 'share' })])
    expect(await screen.findByText(/312 of 20 000 files/)).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: 'Pause run-17' }))
    await waitFor(() => expect(swarm.transfers.get('g')?.state).toBe('paused'))
    expect(swarm.transfers.get('t1')?.state).toBe('running')
  })

  test('5,000 transfers draw only what is in sight', async () => {
    await opened(Array.from({ length: 5_000 }, (_, i) => fakeTransfer(i, nowMs, { state: 'waiting' })))
    const tray = screen.getByRole('region', { name: 'Transfers' })
    await waitFor(() => expect(within(tray).getAllByRole('progressbar').length).toBeGreaterThan(3))
    expect(within(tray).getAllByRole('progressbar').length).toBeLessThan(60)
    expect(within(tray).getByText(/5 000 transfers/)).toBeDefined()
  })

  test('pauses all and lets all go on', async () => {
    const swarm = await opened([fakeTransfer(1, nowMs), fakeTransfer(2, nowMs, { state: 'waiting' })])
    await userEvent.click(await screen.findByRole('button', { name: 'Pause all' }))
    await waitFor(() => expect(swarm.transfers.all().every((one) => one.state === 'paused')).toBe(true))
    await userEvent.click(await screen.findByRole('button', { name: 'Go on with all' }))
    await waitFor(() => expect(swarm.transfers.all().every((one) => one.state === 'running')).toBe(true))
  })
})
