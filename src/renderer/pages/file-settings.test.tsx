import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { show } from '../testing/show.ts'

test('saves the store, the rules and the limits', async () => {
  const swarm = show('#/settings/files')
  await userEvent.click(await screen.findByRole('radio', { name: /^Kubo/ }))
  const url = screen.getByRole('textbox', { name: /RPC API/ })
  await userEvent.clear(url)
  await userEvent.type(url, 'nowhere')
  expect(await screen.findByText(/Write the address of Kubo/)).toBeDefined()
  const save = within(screen.getByRole('form', { name: 'File settings' })).getByRole<HTMLButtonElement>('button', {
    name: 'Save',
  })
  expect(save.disabled).toBe(true)
  await userEvent.clear(url)
  await userEvent.type(url, 'http://127.0.0.1:5001')
  await userEvent.type(screen.getByRole('textbox', { name: /^Left alone/ }), '*.tmp')
  await userEvent.type(screen.getByRole('textbox', { name: /^Room for copies/ }), '20')
  await userEvent.click(screen.getByRole('radio', { name: /^Go on sharing it/ }))
  await userEvent.click(save)
  expect(await screen.findByText('✓ Saved')).toBeDefined()
  expect(swarm.settings.files).toMatchObject({
    store: { kind: 'kubo', url: 'http://127.0.0.1:5001' },
    ignore: ['*.tmp'],
    quotaBytes: 20_000_000_000,
    whenDeleted: 'keep',
  })
})

test('saves what was changed here, and leaves what somebody else has set meanwhile', async () => {
  const swarm = show('#/settings/files')
  const form = await screen.findByRole('form', { name: 'File settings' })
  const { files, recorder } = swarm.settings
  const archive = { kind: 'all' } as const
  swarm.settings = { ...swarm.settings, files: { ...files, quotaBytes: 7_000_000_000, archive } }
  await userEvent.type(within(form).getByRole('textbox', { name: /^Left alone/ }), '*.tmp')
  await userEvent.click(within(form).getByRole('button', { name: 'Save' }))
  expect(await within(form).findByText('✓ Saved')).toBeDefined()
  expect(swarm.settings.files).toEqual({ ...files, quotaBytes: 7_000_000_000, archive, ignore: ['*.tmp'] })
  const recording = screen.getByRole('form', { name: 'Flight recorder' })
  swarm.settings = { ...swarm.settings, recorder: { ...recorder, minutes: 9 } }
  await userEvent.click(within(recording).getByRole('switch', { name: /^Save the last minutes/ }))
  await userEvent.click(within(recording).getByRole('button', { name: 'Save' }))
  expect(await within(recording).findByText('✓ Saved')).toBeDefined()
  expect(swarm.settings.recorder).toEqual({ ...recorder, minutes: 9, on: !recorder.on })
})

test('says how much room is used, and why a store cannot be used', async () => {
  show('#/settings/files', {}, (swarm) => {
    const store = { kind: 'kubo', url: 'http://127.0.0.1:5001' } as const
    const problem = 'Kubo does not answer at http://127.0.0.1:5001. Start it with ipfs daemon.'
    swarm.files.storage = { ...swarm.files.storage, store, problem }
  })
  expect(await screen.findByText(/Start it with ipfs daemon/)).toBeDefined()
  expect(screen.getByText(/18.2 GB of the 50.0 GB allowed/)).toBeDefined()
})

test('joins and leaves file channels', async () => {
  const swarm = show('#/settings/files')
  await userEvent.click(await screen.findByRole('button', { name: 'Leave calibration' }))
  await waitFor(() => expect(swarm.files.channels.find((one) => one.name === 'calibration')?.joined).toBe(false))
  await userEvent.type(screen.getByRole('textbox', { name: 'Join by name' }), 'track-3')
  await userEvent.click(screen.getByRole('button', { name: 'Join' }))
  expect(await screen.findByRole('button', { name: 'Leave track-3' })).toBeDefined()
})

test('figures that cannot be read anew stay, with what is wrong and how old they are', async () => {
  const swarm = show('#/settings/files')
  const storage = await screen.findByRole('region', { name: 'Storage' })
  await within(storage).findByText(/18.2 GB of the 50.0 GB allowed/)
  swarm.failing.set('files.storage', 'The disk does not answer.')
  swarm.lose()
  await userEvent.click(await screen.findByRole('button', { name: 'Try now' }))
  const note = await within(storage).findByText('The disk does not answer.')
  expect(note.parentElement?.textContent).toMatch(/This is as it was .+\.$/)
  expect(within(storage).getByText(/18.2 GB of the 50.0 GB allowed/)).toBeDefined()
})

test('what was written is undone until it is saved', async () => {
  const swarm = show('#/settings/files')
  const form = await screen.findByRole('form', { name: 'Flight recorder' })
  const wish = within(form).getByRole<HTMLInputElement>('switch', { name: /^Save the last minutes/ })
  expect(within(form).queryByRole('button', { name: 'Undo changes' })).toBeNull()
  await userEvent.click(wish)
  expect(wish.checked).toBe(true)
  await userEvent.click(within(form).getByRole('button', { name: 'Undo changes' }))
  expect(wish.checked).toBe(false)
  swarm.failing.set('settings.update', 'The disk is full: free some room.')
  await userEvent.click(wish)
  await userEvent.click(within(form).getByRole('button', { name: 'Save' }))
  expect((await within(form).findByRole('alert')).textContent).toContain('The disk is full')
  expect(within(form).getByText('not saved yet')).toBeDefined()
})
