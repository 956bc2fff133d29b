import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import { idleCatchUp } from '../../shared/checkpoint-views.ts'
import { fakeCheckpoint, fakeCheckpoints } from '../testing/fake-checkpoints.ts'
import { fakeRecord } from '../testing/fake-ids.ts'
import { fakeRecords, fakeRecordView } from '../testing/fake-records.ts'
import { fakeMachine } from '../testing/fake-views.ts'
import { nowMs, show } from '../testing/show.ts'

const release = fakeRecord(20_501)
const records = fakeRecords(nowMs, 10)

describe('Records', () => {
  test('lists buckets with their counts, and the records of one', async () => {
    show('#/records', { records })
    const nav = await screen.findByRole('navigation', { name: 'Buckets' })
    await userEvent.click(within(nav).getByRole('link', { name: /^files/ }))
    const table = await screen.findByRole('table', { name: 'Records' })
    await waitFor(() => expect(within(table).queryByText('health')).toBeNull())
    expect(within(table).getByRole('link', { name: 'drive-7.mcap' })).toBeDefined()
    expect(await screen.findByText(/lives 366 d at most/, { selector: 'p' })).toBeDefined()
  })

  test('an address of a record alone shows what it says, who signed, and why it does not count yet', async () => {
    show(`#/records/${release}`, { records })
    const panel = await screen.findByRole('complementary', { name: 'Record' })
    expect(await within(panel).findByText('needs 1 more operator')).toBeDefined()
    expect(within(panel).getByText(/“0.2.0”/)).toBeDefined()
    const signers = within(panel).getByRole('list', { name: 'Signatures' })
    expect(within(signers).getByText(/counts, as a root key/)).toBeDefined()
    expect(within(signers).getByText(/does not count: a stranger/)).toBeDefined()
    expect(within(panel).getByText('relayed, 3 hops')).toBeDefined()
    expect(within(panel).getByRole('figure', { name: /^Validity: ends in/ })).toBeDefined()
  })

  test('endorses after a sentence of what it means', async () => {
    const swarm = show(`#/records/releases/${release}`, { records })
    const panel = await screen.findByRole('complementary', { name: 'Record' })
    await userEvent.click(await within(panel).findByRole('button', { name: 'Endorse…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Endorse dt-swarm/0.2.0?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Endorse' }))
    await waitFor(() => expect(swarm.shelf.records.get(release)?.state).toBe('accepted'))
    expect(await within(panel).findByText('endorsed by 2 operators')).toBeDefined()
    expect(within(panel).queryByRole('button', { name: 'Endorse…' })).toBeNull()
  })

  test('offers no signature where it would not count', async () => {
    show(`#/records/${fakeRecord(20_003)}`, { records })
    const panel = await screen.findByRole('complementary', { name: 'Record' })
    await within(panel).findByText('signed by a robot of this swarm')
    expect(within(panel).queryByRole('button', { name: /Endorse|Dismiss/ })).toBeNull()
  })

  test('finds by value', async () => {
    show('#/records', { records })
    await screen.findByRole('table', { name: 'Records' })
    await userEvent.type(screen.getByRole('searchbox', { name: 'Search records' }), 'drive-7')
    await waitFor(() => expect(screen.queryByText('health')).toBeNull())
    expect(await screen.findByRole('link', { name: 'drive-7.mcap' })).toBeDefined()
  })

  test('reads on at the end of a page, and follows what comes', async () => {
    const many = Array.from({ length: 260 }, (_, i) => fakeRecordView(i, nowMs))
    const swarm = show('#/records/diagnostics', { records: many })
    expect(await screen.findByText(/200 records so far/)).toBeDefined()
    const table = screen.getByRole('table', { name: 'Records' })
    expect(within(table).getAllByRole('row').length).toBeLessThan(60)
    swarm.shelf.records.put(fakeRecordView(900, nowMs, { key: 'fresh' }))
    await waitFor(() => expect(swarm.asked.filter((call) => call === 'records.list').length).toBeGreaterThan(1))
  })

  test('proposes a record, and will not send what is no object', async () => {
    const swarm = show('#/records/releases', { records })
    await userEvent.click(await screen.findByRole('button', { name: 'Propose a record' }))
    const dialog = await screen.findByRole('dialog', { name: 'Propose a record' })
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Key' }), 'dt-swarm/0.3.0')
    const value = within(dialog).getByRole('textbox', { name: 'Value, as JSON' })
    const propose = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Propose' })
    await userEvent.clear(value)
    await userEvent.type(value, '[[1]')
    expect(within(dialog).getByText(/A value is a JSON object/)).toBeDefined()
    expect(propose.disabled).toBe(true)
    await userEvent.clear(value)
    await userEvent.type(value, '{{"counter": 15}')
    await userEvent.click(propose)
    await waitFor(() =>
      expect(swarm.shelf.records.all().find((record) => record.key === 'dt-swarm/0.3.0')?.value).toEqual({
        counter: 15,
      }),
    )
    expect(await screen.findByRole('heading', { name: 'dt-swarm/0.3.0' })).toBeDefined()
  })

  test('says so when the record is gone, and when nothing can be read', async () => {
    show(`#/records/${fakeRecord(1)}`, { records })
    expect(await screen.findByText('This peer does not hold that record')).toBeDefined()
  })

  test('a failure names its cause and can be tried again', async () => {
    const swarm = show('#/records', { records }, (one) => one.failing.set('records.watch', 'the database is locked'))
    expect(await screen.findByText('the database is locked')).toBeDefined()
    swarm.failing.clear()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('navigation', { name: 'Buckets' })).toBeDefined()
  })

  test('the records behind a fact lead here', async () => {
    show('#/fleet', { machines: [fakeMachine(1, nowMs)], records })
    await userEvent.click(await screen.findByRole('button', { name: /Why do I see this\? duckie01/ }))
    await screen.findAllByText(/the newest counts/)
    const links = screen.getAllByRole('link').map((link) => link.getAttribute('href'))
    expect(links.some((href) => href?.startsWith('#/records/bafyrei'))).toBe(true)
  })

  test('Esc leaves the record for its bucket', async () => {
    show(`#/records/releases/${release}`, { records })
    await screen.findByRole('complementary', { name: 'Record' })
    await userEvent.keyboard('{Escape}')
    await waitFor(() => expect(window.location.hash).toBe('#/records/releases'))
  })
})

describe('Checkpoints', () => {
  const checkpoints = fakeCheckpoints(nowMs)

  test('lists who agrees, what is shared, and what has changed since', async () => {
    show('#/checkpoints', { checkpoints })
    const table = await screen.findByRole('table', { name: 'Checkpoints' })
    expect(within(table).getAllByText('2 members agree')).toHaveLength(3)
    expect(within(table).getByText('not believed')).toBeDefined()
    expect(within(table).getByText('14 new here')).toBeDefined()
  })

  test('verifies one, and names what is wrong with it', async () => {
    const [, , bad] = checkpoints
    if (bad === undefined) throw new Error('there are four')
    show(`#/checkpoints/${bad.root}`, { checkpoints })
    const panel = await screen.findByRole('complementary', { name: 'Checkpoint' })
    expect(within(panel).getByText(/only a stranger speaks for it/)).toBeDefined()
    await userEvent.click(within(panel).getByRole('button', { name: 'Verify' }))
    expect(await within(panel).findByText('chunk 3: 2 signatures do not match')).toBeDefined()
  })

  test('makes one and opens it', async () => {
    const swarm = show('#/checkpoints')
    await screen.findByText('No checkpoint yet')
    await userEvent.click(screen.getAllByRole('button', { name: 'Make a checkpoint' })[0] ?? document.body)
    expect(await screen.findByRole('complementary', { name: 'Checkpoint' })).toBeDefined()
    expect(swarm.shelf.checkpoints.all()).toHaveLength(1)
  })

  test('is saved by a link in a browser, and by the peer on the desktop', async () => {
    const checkpoint = fakeCheckpoint(0, nowMs)
    show(`#/checkpoints/${checkpoint.root}`, { checkpoints: [checkpoint], kind: 'browser' })
    const link = await screen.findByRole('link', { name: 'Save as…' })
    expect(link.getAttribute('href')).toBe(`/api/checkpoints/${checkpoint.root}/car`)
  })

  test('says how far catching up is, here and on top', async () => {
    const swarm = show('#/checkpoints', { checkpoints })
    await screen.findByRole('table', { name: 'Checkpoints' })
    const [status] = swarm.status.all()
    if (status === undefined) throw new Error('the fake swarm has a status')
    const catchUp = {
      ...idleCatchUp,
      phase: 'checkpoint' as const,
      doneRecords: 4_200,
      totalRecords: 10_000,
      doneChunks: 9,
      totalChunks: 21,
      recordsPerS: 3_000,
      sources: ['lab-server', 'duckie03'],
      reason: 'the newest that 2 members speak for',
    }
    swarm.status.put({ ...status, catchUp })
    expect(await screen.findByRole('link', { name: 'Catching up, 42 %' })).toBeDefined()
    expect(screen.getByText(/from lab-server, duckie03/)).toBeDefined()
  })
})
