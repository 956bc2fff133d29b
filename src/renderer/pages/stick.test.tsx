import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import type { CourierView } from '../../shared/courier-views.ts'
import type { Stores } from '../state/stores.ts'
import { createFakeSwarm, type FakeInit, type FakeSwarm } from '../testing/fake-client.ts'
import { fakeCid } from '../testing/fake-ids.ts'
import { fakeShare } from '../testing/fake-views.ts'
import { renderApp } from '../testing/render.tsx'

const nowMs = Date.now()
let stores: Stores | null = null

afterEach(() => stores?.stop())

const running: CourierView = {
  kind: 'export',
  dir: '/media/ann/STICK',
  state: 'running',
  step: 'writing drive.bag',
  files: 4,
  doneFiles: 1,
  bytes: 1_000_000,
  doneBytes: 250_000,
  knownFiles: 0,
  leftOutFiles: 0,
  leftOut: [],
  records: null,
  error: null,
}

function show(prepare: (swarm: FakeSwarm) => void, init: FakeInit = {}): FakeSwarm {
  const shares = [
    fakeShare(1, nowMs, { name: 'drive.bag', local: true }),
    fakeShare(2, nowMs, { name: 'drive-2.bag', local: false }),
    fakeShare(3, nowMs, { name: 'notes.txt', local: true }),
  ]
  const swarm = createFakeSwarm({ nowMs, shares, ...init })
  prepare(swarm)
  stores = renderApp(swarm, '#/logs')
  return swarm
}

async function choose(item: RegExp): Promise<void> {
  await userEvent.click(await screen.findByRole('button', { name: 'Stick' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: item }))
}

test('all that is here goes to a stick: how far it is, and that it can be taken out', async () => {
  const swarm = show(({ courier }) => (courier.next = running))
  await choose(/^Copy all files that are here/)
  const dialog = await screen.findByRole('dialog', { name: 'Copy to a stick' })
  expect(within(dialog).getByText(/Writing drive\.bag/)).toBeDefined()
  await userEvent.click(within(dialog).getByRole('button', { name: 'Go on behind' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Stick · 25 %' }))
  swarm.courier.view = { ...running, state: 'done', doneFiles: 4, doneBytes: 1_000_000 }
  expect(await screen.findByText('All is on the stick: it can be taken out.')).toBeDefined()
  expect(swarm.courier.exported).toEqual([null])
})

test('of the files shown only those that are here go', async () => {
  const swarm = show(({ courier }) => (courier.next = running))
  await userEvent.type(await screen.findByRole('searchbox', { name: 'Search files' }), '.bag')
  await screen.findByText(/^2 of 3 files/)
  await choose(/^Copy 1 file shown that is here/)
  await screen.findByRole('dialog', { name: 'Copy to a stick' })
  expect(swarm.courier.exported).toEqual([[swarm.shares.all().find(({ name }) => name === 'drive.bag')?.cid]])
})

test('what was left out is named with why, and it can be stopped', async () => {
  const leftOut = [{ cid: fakeCid(9), name: 'exam.bag', why: 'it is meant for the file channel exam alone' }]
  const swarm = show(({ courier }) => (courier.next = { ...running, leftOutFiles: 3, leftOut }))
  await choose(/^Copy all/)
  const dialog = await screen.findByRole('dialog', { name: 'Copy to a stick' })
  expect(within(dialog).getByRole('region', { name: 'Left out' }).textContent).toMatch(
    /3 files.*exam alone.*and 2 more/,
  )
  await userEvent.click(within(dialog).getByRole('button', { name: 'Stop' }))
  expect(await within(dialog).findByText(/Stopped; what was copied stays/)).toBeDefined()
  expect(swarm.courier.view?.state).toBe('cancelled')
})

test('a stick of another swarm is refused with the reason', async () => {
  const error = { code: 'INVALID_INPUT', message: 'The folder holds files of the swarm second-floor.' }
  show(({ courier }) => (courier.next = { ...running, kind: 'import', state: 'failed', error }))
  await choose(/^Bring what is on a stick/)
  const dialog = await screen.findByRole('dialog', { name: 'Bring what is on a stick' })
  expect(within(dialog).getByRole('alert').textContent).toContain('files of the swarm second-floor')
})

test('a dialog that is cancelled changes nothing; a call that fails is said', async () => {
  const swarm = show(() => undefined)
  await choose(/^Copy all/)
  await waitFor(() => expect(swarm.asked).toContain('courier.export'))
  expect(screen.queryByRole('dialog')).toBeNull()
  swarm.failing.set('courier.import', 'the courier is under way already')
  await choose(/^Bring/)
  expect(await screen.findByText(/the courier is under way already/)).toBeDefined()
})

test('one that is under way is found again by a window that opens later, also where nothing is shared', async () => {
  show(({ courier }) => (courier.view = { ...running, kind: 'import' }), { shares: [] })
  await userEvent.click(await screen.findByRole('button', { name: 'Stick · 25 %' }))
  expect(await screen.findByRole('dialog', { name: 'Bring what is on a stick' })).toBeDefined()
})

test('the dialog stays when the first file that comes from the stick changes the page below it', async () => {
  const swarm = show(({ courier }) => (courier.next = { ...running, kind: 'import' }), { shares: [] })
  await choose(/^Bring/)
  await screen.findByRole('dialog', { name: 'Bring what is on a stick' })
  swarm.shares.put(fakeShare(1, nowMs, { name: 'drive.bag', local: true }))
  await screen.findByText(/^1 file, /)
  expect(screen.getByRole('dialog', { name: 'Bring what is on a stick' })).toBeDefined()
})

test('is not offered where no folder can be chosen', async () => {
  show(() => undefined, { info: { can: { openFolder: false, choosePlace: false, lab: true, join: true } } })
  await screen.findByRole('button', { name: 'Follow…' })
  expect(screen.queryByRole('button', { name: 'Stick' })).toBeNull()
})
