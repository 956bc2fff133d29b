import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { fakePeer } from '../testing/fake-ids.ts'
import { fakeMachine, fakeShare } from '../testing/fake-views.ts'
import { nowMs, show } from '../testing/show.ts'

const robot = fakeMachine(1, nowMs, { name: 'duckie07', self: false })

test('a robot is asked to save its last minutes, and says what it saved', async () => {
  const swarm = show(`#/robot/${robot.peer}/logs`, { machines: [robot], shares: [] })
  await userEvent.click(await screen.findByRole('button', { name: 'Save the last minutes…' }))
  const dialog = await screen.findByRole('dialog', { name: 'Save the last minutes of duckie07' })
  await userEvent.type(within(dialog).getByRole('textbox', { name: 'What happened' }), ' it hit the wall ')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(swarm.recorder.marks).toEqual([{ text: 'it hit the wall', peer: robot.peer }]))
  await waitFor(() => expect(within(dialog).getByRole('status').textContent).toContain('5 files, 2.0'))
  expect(within(dialog).getByText('flight/2030-01-02_03-04-05Z-mark')).toBeDefined()
  expect(within(dialog).queryByRole('button', { name: 'Save' })).toBeNull()
})

test('what it saved stays to be read when that is the first file of the robot', async () => {
  const swarm = show(`#/robot/${robot.peer}/logs`, { machines: [robot], shares: [] })
  await screen.findByText('duckie07 has shared nothing yet')
  await userEvent.click(screen.getByRole('button', { name: 'Save the last minutes…' }))
  const dialog = await screen.findByRole('dialog', { name: /^Save the last minutes/ })
  await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(within(dialog).getByRole('status').textContent).toContain('5 files, 2.0'))
  const name = 'flight/2030-01-02_03-04-05Z-mark/ros.log'
  swarm.shares.put(fakeShare(0, nowMs, { name, origin: robot.peer, originName: robot.name }))
  // The page below a dialog is hidden from all but the eye.
  await screen.findByRole('link', { name, hidden: true })
  const after = screen.getByRole('dialog', { name: /^Save the last minutes/ })
  expect(within(after).getByRole('status').textContent).toContain('5 files, 2.0')
})

test('why it was refused is said in the dialog, where it can be tried again', async () => {
  show(`#/robot/${robot.peer}/logs`, { machines: [robot], shares: [] }, (swarm) => {
    swarm.recorder.refusal = 'The flight recorder of duckie07 is off.'
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Save the last minutes…' }))
  const dialog = await screen.findByRole('dialog', { name: /^Save the last minutes/ })
  await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }))
  expect(await within(dialog).findByText(/is off/)).toBeDefined()
  expect(within(dialog).getByRole('button', { name: 'Save' })).toBeDefined()
})

test('what a flight recorder saved is marked, and nothing else', async () => {
  const name = 'flight/2030-01-02_03-04-05Z-temperature/ros.log'
  show('#/logs', { shares: [fakeShare(0, nowMs, { name }), fakeShare(1, nowMs)] })
  const link = await screen.findByRole('link', { name })
  const row = link.closest<HTMLElement>('[role=row]') ?? document.body
  expect(within(row).getByText('flight recorder').title).toContain('too hot')
  expect(screen.getAllByText('flight recorder')).toHaveLength(1)
})

test('what it saved, and what it refused, is told in the settings', async () => {
  const file = { name: 'ros.log', cid: fakeShare(0, nowMs).cid, sizeBytes: 1_000, problem: null }
  const leftOut = [{ name: 'old.bag', why: 'it is too large' }]
  show('#/settings/files', { shares: [fakeShare(0, nowMs)] }, ({ recorder }) => {
    recorder.view = {
      state: 'ready',
      settings: { ...recorder.view.settings, on: true },
      refused: 'under-voltage now: not saved. One was saved within the last 2 minutes.',
      flights: [
        {
          id: '2030-01-02_03-04-05Z-temperature',
          cause: 'temperature',
          words: '85.0 °C',
          atMs: nowMs,
          minutes: 5,
          sizeBytes: 1_000,
          files: [file],
          leftOut,
        },
      ],
    }
  })
  const list = await screen.findByRole('list', { name: 'Saved flights' })
  expect(within(list).getByRole('link', { name: 'too hot: 85.0 °C' }).getAttribute('href')).toContain(file.cid)
  expect(list.textContent).toContain('not taken: old.bag (it is too large)')
  expect(screen.getByText(/within the last 2 minutes/)).toBeDefined()
})

test('the recorder is turned on in the settings, with what it looks at', async () => {
  const swarm = show('#/settings/files', { machines: [fakeMachine(0, nowMs, { peer: fakePeer(0) })] })
  const form = await screen.findByRole('form', { name: 'Flight recorder' })
  await userEvent.click(within(form).getByRole('switch', { name: /^Save the last minutes on a fault/ }))
  await userEvent.clear(within(form).getByRole('textbox', { name: 'Minutes before the fault' }))
  const save = within(form).getByRole('button', { name: 'Save' })
  expect(save).toHaveProperty('disabled', true)
  await userEvent.type(within(form).getByRole('textbox', { name: 'Minutes before the fault' }), '3')
  await userEvent.type(within(form).getByRole('textbox', { name: 'Logs that are being written' }), '/data/logs')
  await userEvent.click(within(form).getByRole('checkbox', { name: 'stopped without warning' }))
  await userEvent.click(save)
  expect(await within(form).findByText('✓ Saved')).toBeDefined()
  expect(swarm.settings.recorder).toMatchObject({ on: true, minutes: 3, paths: ['/data/logs'] })
  expect(swarm.settings.recorder.faults).not.toContain('stopped')
  expect(swarm.settings.recorder.faults).toContain('temperature')
})
