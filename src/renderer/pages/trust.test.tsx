import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import { fakePeer, fakeRecord } from '../testing/fake-ids.ts'
import { fakeSigner } from '../testing/fake-records.ts'
import { fakeAsk, fakeMember, fakeTrust, fingerprintOf } from '../testing/fake-trust.ts'
import { fakeMachine } from '../testing/fake-views.ts'
import { nowMs, show } from '../testing/show.ts'

afterEach(() => window.history.replaceState(null, '', '/'))

const asking = { trust: { asks: [fakeAsk(7, nowMs)] } }

describe('Who asks to be admitted', () => {
  test('stands over the fleet with its fingerprint, and is admitted from there', async () => {
    const swarm = show('#/fleet', asking)
    const banner = await screen.findByRole('region', { name: 'duckie07 asks to be admitted' })
    await userEvent.click(within(banner).getByRole('button', { name: 'Look…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Admit duckie07?' })
    expect(within(dialog).getByRole('img', { name: /fingerprint of duckie07/ }).textContent).toBe(
      fingerprintOf(fakePeer(7)).replaceAll(' ', ''),
    )
    await userEvent.click(within(dialog).getByRole('button', { name: 'Admit' }))
    await waitFor(() =>
      expect(swarm.desk.trust.members.find((member) => member.peer === fakePeer(7))?.roles).toEqual(['robot']),
    )
    await waitFor(() => expect(screen.queryByRole('region', { name: /asks to be admitted/ })).toBeNull())
    expect(await screen.findByText('duckie07 is admitted')).toBeDefined()
  })

  test('waits when it is told so, and counts on the rail', async () => {
    const swarm = show('#/fleet', asking)
    await userEvent.click(await screen.findByRole('button', { name: 'Not now' }))
    expect(screen.queryByRole('region', { name: /asks to be admitted/ })).toBeNull()
    const [status] = swarm.status.all()
    if (status === undefined) throw new Error('the fake swarm has a status')
    swarm.status.put({ ...status, asks: 1 })
    expect(await screen.findByRole('link', { name: /^Settings\s*1\s*waits for you/ })).toBeDefined()
  })

  test('is told on every page when it begins to ask', async () => {
    const swarm = show('#/settings')
    await screen.findByRole('textbox', { name: /^Name/ })
    await waitFor(() => expect(swarm.desk.view.watched).toBe(1))
    swarm.desk.change({ asks: [fakeAsk(8, nowMs)] })
    expect(await screen.findByText('duckie08 wants to join as robot')).toBeDefined()
    // Over the fleet stands a banner with its buttons, and the notice goes.
    window.location.hash = '#/fleet'
    await screen.findByRole('region', { name: 'duckie08 asks to be admitted' })
    await waitFor(() => expect(screen.queryByText('Look at it on the Fleet page or under Settings, Trust.')).toBeNull())
  })

  test('is nobody’s business where this peer may not admit', async () => {
    show('#/fleet', {
      trust: { ...asking.trust, self: { standing: 'member', roles: ['robot'], reason: 'granted robot' } },
    })
    await screen.findByText('lab-laptop · operator')
    expect(screen.queryByRole('region', { name: /asks to be admitted/ })).toBeNull()
  })

  test('a peer that is not admitted itself says so, with what must be compared', async () => {
    show('#/fleet', { trust: { self: { standing: 'stranger', roles: [], reason: 'nobody has spoken for it' } } })
    expect(await screen.findByText(/This peer is not admitted in duckietown-lab yet/)).toBeDefined()
    expect(await screen.findByText(fingerprintOf(fakePeer(1_000)))).toBeDefined()
    expect(screen.getByText('lab-laptop · not admitted yet')).toBeDefined()
  })
})

describe('Settings: trust', () => {
  test('revokes only after the name is typed, and shows it revoked', async () => {
    const members = [...fakeTrust(nowMs).members, fakeMember(3, nowMs)]
    const swarm = show('#/settings/trust', { trust: { members } })
    await userEvent.click(await screen.findByRole('button', { name: 'Revoke duckie03…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Revoke duckie03?' })
    const button = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Revoke duckie03' })
    expect(button.disabled).toBe(true)
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Type duckie03 to confirm' }), 'duckie03')
    await userEvent.click(button)
    const table = await screen.findByRole('table', { name: 'Members of the swarm' })
    expect(await within(table).findByText('revoked')).toBeDefined()
    expect(swarm.asked).toContain('trust.revoke')
  })

  test('a revocation shows whom the key has admitted: they stay, unless that is ticked', async () => {
    const members = [...fakeTrust(nowMs).members, fakeMember(3, nowMs, { name: 'ann', roles: ['operator'] })]
    const grant = { recordId: fakeRecord(70), peer: fakePeer(5), name: 'duckie05', roles: ['robot' as const] }
    const ban = { recordId: fakeRecord(71), peer: fakePeer(6), name: 'rogue', roles: [] }
    const swarm = show('#/settings/trust', { trust: { members } }, ({ desk }) => {
      desk.resting.set(fakePeer(3), [
        { ...grant, revokes: false },
        { ...ban, revokes: true },
      ])
      desk.lost = ['the key of thief is revoked']
    })
    await userEvent.click(await screen.findByRole('button', { name: 'Revoke ann…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Revoke ann?' })
    const hanging = await within(dialog).findByRole('region', { name: 'What hangs on the key of ann' })
    expect(within(hanging).getByRole('region', { name: 'Kept' }).textContent).toBe('duckie05 robot')
    expect(within(hanging).getByText(/1 revocation that it signed stays in force/)).toBeDefined()
    const box = within(hanging).getByRole<HTMLInputElement>('checkbox', { name: 'Also drop what this key granted' })
    expect(box.checked).toBe(false)
    await userEvent.click(box)
    expect(within(hanging).getByRole('region', { name: 'Dropped with it' })).toBeDefined()
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Type ann to confirm' }), 'ann')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Revoke ann' }))
    await waitFor(() => expect(swarm.desk.dropped).toEqual([fakePeer(3)]))
    expect(await screen.findByText(/the key of thief is revoked/)).toBeDefined()
  })

  test('an operator that becomes a robot is asked about likewise, and keeps its grants when nothing is ticked', async () => {
    const members = [...fakeTrust(nowMs).members, fakeMember(3, nowMs, { name: 'ann', roles: ['operator'] })]
    const word = { recordId: fakeRecord(70), peer: fakePeer(5), name: 'duckie05', roles: ['robot' as const] }
    const swarm = show('#/settings/trust', { trust: { members } }, ({ desk }) =>
      desk.resting.set(fakePeer(3), [{ ...word, revokes: false }]),
    )
    await userEvent.click(await screen.findByRole('button', { name: 'Roles of ann…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Roles of ann' })
    expect(within(dialog).queryByRole('checkbox', { name: /Also drop/ })).toBeNull()
    await userEvent.click(within(dialog).getByRole('checkbox', { name: 'robot' }))
    await userEvent.click(within(dialog).getByRole('checkbox', { name: 'operator' }))
    expect(await within(dialog).findByRole('checkbox', { name: /Also drop/ })).toBeDefined()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Change roles' }))
    await waitFor(() => expect(swarm.asked).toContain('trust.admit'))
    expect(swarm.desk.dropped).toEqual([])
  })

  test('what hangs on a key can be asked for again when it could not be read', async () => {
    const members = [...fakeTrust(nowMs).members, fakeMember(3, nowMs, { name: 'ann', roles: ['operator'] })]
    const word = { recordId: fakeRecord(70), peer: fakePeer(5), name: null, roles: ['robot' as const] }
    const swarm = show('#/settings/trust', { trust: { members } }, (one) => {
      one.failing.set('trust.resting', 'the disk is slow')
      one.desk.resting.set(fakePeer(3), [{ ...word, revokes: false }])
    })
    await userEvent.click(await screen.findByRole('button', { name: 'Revoke ann…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Revoke ann?' })
    expect(await within(dialog).findByText('the disk is slow')).toBeDefined()
    swarm.failing.clear()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Try again' }))
    expect(await within(dialog).findByRole('checkbox', { name: /Also drop/ })).toBeDefined()
  })

  test('a refusal stands in the dialog and can be tried again', async () => {
    const swarm = show('#/settings/trust', asking, (one) => one.failing.set('trust.admit', 'only operators admit'))
    await userEvent.click(await screen.findByRole('button', { name: 'Admit duckie07…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Admit duckie07?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Admit' }))
    expect(await within(dialog).findByText('only operators admit')).toBeDefined()
    swarm.failing.clear()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Admit' }))
    await waitFor(() => expect(swarm.desk.trust.asks).toEqual([]))
  })

  test('says that granting operator is a proposal where more must sign', async () => {
    const { root } = fakeTrust(nowMs)
    if (root === null) throw new Error('the fake trust has a root')
    const keys = [...root.keys, { peer: fakePeer(901), name: 'lab-server' }]
    show('#/settings/trust', { trust: { ...asking.trust, root: { ...root, keys, threshold: 2 } } })
    await userEvent.click(await screen.findByRole('button', { name: 'Admit duckie07…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Admit duckie07?' })
    await userEvent.click(within(dialog).getByRole('checkbox', { name: 'operator' }))
    expect(within(dialog).getByText(/2 root keys must sign this/)).toBeDefined()
    expect(within(dialog).getByRole('button', { name: 'Propose' })).toBeDefined()
  })

  test('a proposal that waits for this peer is signed', async () => {
    const record = fakeRecord(77)
    const swarm = show('#/settings/trust', {
      trust: {
        proposals: [
          {
            recordId: record,
            what: 'desk becomes operator',
            missing: 'needs 1 more root key',
            signers: [fakeSigner(901, nowMs, { name: 'lab-server' })],
            mine: true,
            proposedAtMs: nowMs - 60_000,
          },
        ],
      },
    })
    await userEvent.click(await screen.findByRole('button', { name: 'Sign or dismiss…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Sign this change of trust?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Sign' }))
    await waitFor(() => expect(swarm.asked).toContain('records.attest'))
  })

  test('root keys are changed, and never fewer than must sign', async () => {
    const members = [...fakeTrust(nowMs).members, fakeMember(4, nowMs, { name: 'desk', roles: ['operator'] })]
    const swarm = show('#/settings/trust', { trust: { members } })
    await userEvent.click(await screen.findByRole('button', { name: 'Change root keys…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Change root keys' })
    const sign = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Sign the new root' })
    await userEvent.click(within(dialog).getByRole('checkbox', { name: 'lab-laptop' }))
    expect(sign.disabled).toBe(true)
    await userEvent.click(within(dialog).getByRole('checkbox', { name: 'desk' }))
    await userEvent.click(sign)
    await waitFor(() => expect(swarm.desk.trust.root?.keys.map((key) => key.peer)).toEqual([fakePeer(4)]))
  })
})

describe('New root keys', () => {
  const members = [
    fakeMember(6, nowMs),
    ...fakeTrust(nowMs).members,
    fakeMember(4, nowMs, { name: 'desk', roles: ['operator'] }),
    fakeMember(5, nowMs, { name: 'attic', roles: ['operator'] }),
  ]

  test('are warned of before they are signed when two halves could each change them', async () => {
    show('#/settings/trust', { trust: { members } })
    await userEvent.click(await screen.findByRole('button', { name: 'Change root keys…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Change root keys' })
    const names = within(dialog)
      .getAllByRole('checkbox')
      .map((box) => box.parentElement?.parentElement?.textContent)
    expect(names.map((name) => name?.replace(/12D3.*/, ''))).toEqual(['lab-laptop', 'desk', 'attic', 'duckie06'])
    expect(within(dialog).queryByText(/ROOT_CAN_FORK/)).toBeNull()
    await userEvent.click(within(dialog).getByRole('checkbox', { name: 'desk' }))
    await userEvent.click(within(dialog).getByRole('checkbox', { name: 'attic' }))
    expect(within(dialog).getByText(/1 of 3 root keys can change the root.*let 2 of 3 sign/)).toBeDefined()
    const threshold = within(dialog).getByRole('textbox', { name: 'How many must sign' })
    await userEvent.clear(threshold)
    await userEvent.type(threshold, '2')
    await waitFor(() => expect(within(dialog).queryByText(/ROOT_CAN_FORK/)).toBeNull())
    expect(within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Sign the new root' }).disabled).toBe(false)
  })
})

describe('Strangers and the revoked', () => {
  const odd = [
    fakeMachine(1, nowMs),
    fakeMachine(2, nowMs, { standing: 'stranger', roles: [] }),
    fakeMachine(3, nowMs, { standing: 'revoked', roles: [], clockSkewMs: -1.75e12, rootVersion: 0 }),
  ]

  test('are marked on their cards, and can be filtered for', async () => {
    show('#/fleet', { machines: odd })
    const card = await screen.findByRole('article', { name: 'duckie02' })
    expect(within(card).getByText('stranger')).toBeDefined()
    const revoked = screen.getByRole('article', { name: 'duckie03' })
    expect(within(revoked).getByText('revoked')).toBeDefined()
    expect(within(revoked).getByText('clock 55 years behind')).toBeDefined()
    expect(await within(revoked).findByText('follows an older root')).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: /^Standing: all/ }))
    await userEvent.click(await screen.findByRole('checkbox', { name: 'stranger (1)' }))
    await waitFor(() => expect(screen.queryByRole('article', { name: 'duckie01' })).toBeNull())
    expect(screen.getByRole('article', { name: 'duckie02' })).toBeDefined()
  })

  test('a clock that is off stands under Settings, Clock', async () => {
    show('#/settings/clock', { machines: odd })
    const section = await screen.findByRole('region', { name: 'Clocks that are off' })
    expect(await within(section).findByRole('link', { name: 'duckie03' })).toBeDefined()
    expect(within(section).queryByRole('link', { name: 'duckie01' })).toBeNull()
  })
})
