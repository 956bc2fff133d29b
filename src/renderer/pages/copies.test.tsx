import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import { fakePeer } from '../testing/fake-ids.ts'
import { fakeMachine, fakeShare } from '../testing/fake-views.ts'
import { nowMs, show } from '../testing/show.ts'

const low = { copies: 1, aliveCopies: 1, risk: 'low', why: 'only copy, on duckie02' } as const
const battery = { copies: 1, aliveCopies: 1, risk: 'high', why: 'only copy, on duckie02, battery 12 %' } as const
const silent = {
  copies: 1,
  aliveCopies: 0,
  risk: 'high',
  why: 'only copy, on duckie03, which has been silent for 3 h',
} as const
const fine = fakeShare(0, nowMs)
const risky = fakeShare(1, nowMs, { safety: battery, local: false, kept: false, own: false })
const gone = fakeShare(2, nowMs, { safety: silent, local: false, kept: false, own: false })

describe('files at risk', () => {
  test('are counted with the one that can still be saved, shown alone, and rescued with one click', async () => {
    const swarm = show('#/logs', { shares: [fine, gone, risky] })
    const notice = await screen.findByRole('region', { name: 'Files at risk' })
    expect(within(notice).getByText('2 files are in danger')).toBeDefined()
    expect(notice.textContent).toContain(', such as drive-1.mcap: only copy, on duckie02, battery 12 %.')
    await userEvent.click(within(notice).getByRole('button', { name: 'Show them' }))
    await waitFor(() => expect(screen.queryByRole('link', { name: fine.name })).toBeNull())
    expect(screen.getByRole('link', { name: risky.name })).toBeDefined()
    await userEvent.click(within(notice).getByRole('button', { name: /^Rescue all 2/ }))
    await waitFor(() => expect(swarm.archive.rescued.toSorted()).toEqual([risky.cid, gone.cid].toSorted()))
    expect(swarm.transfers.all().map(({ priority }) => priority)).toEqual(['high', 'high'])
    expect(await within(notice).findByText('2 files are being rescued.')).toBeDefined()
    expect(within(notice).queryByRole('button', { name: /^Rescue/ })).toBeNull()
  })

  test('of more than can wait to be fetched, those that a rescue left out are told', async () => {
    const swarm = show('#/logs', { shares: [gone, risky] }, ({ archive }) => (archive.room = 1))
    const notice = await screen.findByRole('region', { name: 'Files at risk' })
    await userEvent.click(within(notice).getByRole('button', { name: /^Rescue all 2/ }))
    expect(await within(notice).findByText(/^1 file had no place: no more can wait to be fetched\./)).toBeDefined()
    expect(swarm.archive.rescued).toHaveLength(1)
    expect(await within(notice).findByRole('button', { name: /^Rescue it/ })).toBeDefined()
  })

  test('that nobody can be asked for are said to be out of reach', async () => {
    show('#/logs', { shares: [fine, gone] })
    const notice = await screen.findByRole('region', { name: 'Files at risk' })
    expect(within(notice).getByText('1 file is out of reach')).toBeDefined()
    expect(within(notice).getByText(/come when somebody who has them is back/)).toBeDefined()
  })

  test('that are kept here already, or hang on one machine as most do, raise no alarm', async () => {
    show('#/logs', {
      shares: [
        fakeShare(1, nowMs, { safety: battery, local: true, kept: true }),
        fakeShare(2, nowMs, { safety: low, local: false }),
      ],
    })
    await screen.findByRole('table', { name: 'Shared files' })
    expect(screen.queryByRole('region', { name: 'Files at risk' })).toBeNull()
  })

  test('a rescue that fails says why, where it can be tried again', async () => {
    show('#/logs', { shares: [risky] }, (swarm) => swarm.failing.set('archive.rescue', 'the disk is full'))
    await userEvent.click(await screen.findByRole('button', { name: /^Rescue it/ }))
    expect(await screen.findByText(/the disk is full/)).toBeDefined()
  })
})

describe('the panel of a file', () => {
  test('says how safe it is and rescues it alone', async () => {
    const swarm = show(`#/logs/${risky.cid}`, { shares: [risky, gone] })
    const copies = await screen.findByRole('region', { name: 'Copies' })
    expect(copies.textContent).toContain('Only copy, on duckie02, battery 12 %.')
    await userEvent.click(within(copies).getByRole('button', { name: 'Rescue' }))
    await waitFor(() => expect(swarm.archive.rescued).toEqual([risky.cid]))
  })

  test('offers no rescue of what is safe', async () => {
    show(`#/logs/${fine.cid}`, { shares: [fine] })
    const copies = await screen.findByRole('region', { name: 'Copies' })
    expect(within(copies).queryByRole('button', { name: 'Rescue' })).toBeNull()
  })
})

describe('the archive in Settings', () => {
  test('is set to what one robot shares with two copies of all, and says how far it is', async () => {
    const swarm = show('#/settings/files', { machines: [fakeMachine(2, nowMs)] }, ({ archive }) => {
      archive.view = { ...archive.view, waitingFiles: 4, waitingBytes: 2_000_000_000 }
    })
    const panel = await screen.findByRole('region', { name: 'Archive' })
    expect(await within(panel).findByText('4 files, 2.00 GB')).toBeDefined()
    const form = await screen.findByRole('form', { name: 'File settings' })
    await userEvent.click(within(form).getByRole('radio', { name: 'What fits…' }))
    expect(within(form).getByText(/Say what is to be kept/)).toBeDefined()
    await userEvent.click(within(form).getByRole('combobox', { name: 'Robot' }))
    await userEvent.click(await screen.findByRole('option', { name: 'duckie02' }))
    const copies = within(form).getByRole('textbox', { name: 'Copies of each file' })
    await userEvent.clear(copies)
    await userEvent.type(copies, '2')
    await userEvent.click(within(form).getByRole('button', { name: 'Save' }))
    await waitFor(() =>
      expect(swarm.settings.files).toMatchObject({
        archive: { kind: 'query', origin: fakePeer(2), search: null, topic: null },
        copies: 2,
      }),
    )
  })

  test('says that it takes no more', async () => {
    show('#/settings/files', {}, ({ archive }) => {
      archive.view = { ...archive.view, archive: { kind: 'all' }, problem: 'The archive takes no more: 1 file.' }
    })
    expect(await screen.findByText('The archive takes no more: 1 file.')).toBeDefined()
    expect(screen.getByText(/Keeps all that is shared/)).toBeDefined()
  })
})
