import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PinServer } from '../../src/main/service/pinning/testing/pin-server.ts'
import { scratch } from '../swarm/fixtures/daemon.ts'
import { shareByHand } from './fixture/by-hand.ts'
import { writeNoise } from './fixture/files.ts'
import { seriousFlaws } from './fixture/flaws.ts'
import { openApp, type OpenApp } from './fixture/open-app.ts'

const patience = { timeout: 30_000, interval: 100 }
const bag = { name: 'run-17.bag', sizeBytes: 100_000, seed: 3 }

/** Against a service that keeps to the specification and refuses what it does not allow. */
describe('pinning services in the browser', () => {
  const folder = scratch()
  const server = new PinServer()
  let app: OpenApp

  beforeAll(async () => {
    await server.start()
    app = await openApp('browser', { root: folder.path })
    app.page.setDefaultTimeout(30_000)
  })

  afterAll(async () => {
    await app?.close()
    await server.stop()
    folder.remove()
  })

  const services = () => app.page.getByRole('region', { name: 'Pinning services' })
  const pins = () => app.page.getByRole('region', { name: 'Pinned elsewhere' })
  const show = (hash: string) => app.page.goto(new URL(hash, app.page.url()).href)

  it('one is added once it takes the token, which is shown to nobody from then on', async () => {
    await show('#/settings/files')
    await services().getByText('None yet.').waitFor()
    await services().getByRole('button', { name: 'Add a service…' }).click()
    const dialog = app.page.getByRole('dialog', { name: 'Add a pinning service' })
    await dialog.getByLabel('Name').fill('lab')
    await dialog.getByLabel('Address').fill(server.endpoint)
    await dialog.getByLabel('Token', { exact: true }).fill('a wrong one')
    await dialog.getByRole('button', { name: 'Ask and add' }).click()
    await dialog.getByText(/it refuses the token \(401\)/).waitFor()
    // The dialog has faded in by now.
    expect(await seriousFlaws(app.page, { within: '[role="dialog"]' })).toEqual([])
    await dialog.getByLabel('Token', { exact: true }).fill(server.token)
    await dialog.getByRole('button', { name: 'Ask and add' }).click()
    await dialog.waitFor({ state: 'detached' })
    const row = services().getByRole('listitem', { name: 'lab' })
    await row.getByText('with a token').waitFor()
    await row.getByRole('button', { name: 'Test lab' }).click()
    await row.getByText('✓ It answers').waitFor()
    expect(await app.page.content()).not.toContain(server.token)
    expect(await seriousFlaws(app.page, { within: 'main' })).toEqual([])
  })

  it('a file is pinned from its panel, which tells why that failed and how it goes on', async () => {
    await show('#/logs')
    const path = join(folder.path, bag.name)
    writeNoise(path, bag)
    await shareByHand(app.page, path)
    await app.page.getByRole('link', { name: bag.name }).click()
    await pins().getByText('At no pinning service.').waitFor()
    await pins().getByRole('button', { name: 'Pin at…' }).click()
    await app.page.getByRole('menuitem', { name: 'lab' }).click()
    await pins().getByRole('listitem', { name: 'lab: queued' }).waitFor()

    const [first] = server.pins
    if (first === undefined) throw new Error('the service was asked for nothing')
    Object.assign(first, { status: 'failed', info: { status_details: 'nobody gave it to us' } })
    const failed = pins().getByRole('listitem', { name: 'lab: failed' })
    await failed.getByText('It says: nobody gave it to us').waitFor()
    await failed.getByRole('button', { name: 'Pin again at lab' }).click()
    await pins().getByRole('listitem', { name: 'lab: queued' }).waitFor()
    await expect.poll(() => server.pins.length, patience).toBe(2)
    Object.assign(server.pins[1] ?? {}, { status: 'pinned' })
    const pinned = pins().getByRole('listitem', { name: 'lab: pinned' })
    await pinned.waitFor()
    expect(await seriousFlaws(app.page, { within: 'main' })).toEqual([])
    await pinned.getByRole('button', { name: 'Unpin at lab' }).click()
    await pins().getByText('At no pinning service.').waitFor()
    await expect.poll(() => server.pins.map(({ status }) => status), patience).toEqual(['failed'])
  })

  it('a service is forgotten; nothing that it was asked broke its rules', async () => {
    await show('#/settings/files')
    await services().getByRole('button', { name: 'Remove lab…' }).click()
    const dialog = app.page.getByRole('dialog', { name: 'Remove lab?' })
    await dialog.getByRole('button', { name: 'Remove lab' }).click()
    await services().getByText('None yet.').waitFor()
    expect(server.violations).toEqual([])
  })
})
