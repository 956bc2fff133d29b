import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ShareView, TransferView } from '../../src/shared/views.ts'
import { Daemon, scratch } from '../swarm/fixtures/daemon.ts'
import { dropNoise, hashOfFile, hashOfNoise, writeNoise } from './fixture/files.ts'
import { tabTo, focusedName } from './fixture/keyboard.ts'
import { kindsHere, openApp, type OpenApp } from './fixture/open-app.ts'

/** Fifty megabytes, over a line of ten a second: long enough to see it move. */
const bag = { name: 'run_2026-05-04.bag', sizeBytes: 50_000_000, seed: 7 }
const lineBytesPerS = 10_000_000

const note = { name: 'keyboard note.txt', sizeBytes: 40_000, seed: 11 }

/** The button in a row of the table, which is named after its file. */
const fetchInRow = /^Fetch\s+\S+\.(mcap|txt|log|bag)$/

const patience = { timeout: 60_000, interval: 100 }

describe.each(kindsHere())('an operator before the app (%s)', (kind) => {
  const folder = scratch()
  /** Another machine of the swarm, to see that things arrive. */
  const archive = new Daemon(folder.path, 'archive')
  let app: OpenApp

  beforeAll(async () => {
    await archive.start({ role: 'server' })
    app = await openApp(kind, { root: folder.path, join: await archive.invite('operator'), lab: 3 })
  })

  afterAll(async () => {
    await app?.close()
    await archive.stop()
    folder.remove()
  })

  const card = (name: string) => app.page.getByRole('article', { name, exact: true })
  const theme = () => app.page.locator('html').getAttribute('data-mantine-color-scheme')

  async function fetchedByArchive(name: string): Promise<string> {
    await expect.poll(async () => (await archive.files()).map((share) => share.name), patience).toContain(name)
    const share = (await archive.files()).find((one) => one.name === name) as ShareView
    const answer = await archive.call(`/files/${share.cid}/fetch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to: 'downloads' }),
    })
    const { id } = (await answer.json()) as TransferView
    const ended = () => archive.json<TransferView>(`/transfers/${id}`)
    await expect.poll(async () => (await ended()).state, patience).toBe('done')
    return hashOfFile((await ended()).path ?? '')
  }

  it("sees the lab's robots with values that live", async () => {
    for (const name of ['duckie01', 'duckie02', 'watchtower01']) {
      await card(name).getByText('alive').waitFor({ timeout: 60_000 })
      expect(await card(name).innerText()).toContain('simulated')
    }
    const values = () => card('duckie01').locator('.card-values').innerText()
    await expect.poll(values, patience).toMatch(/\d+ %[^]*°C/)
    const first = await values()
    await expect.poll(values, patience).not.toBe(first)
  })

  it('opens a robot and watches its charts move', async () => {
    await app.page.getByRole('link', { name: 'duckie01', exact: true }).click()
    await app.page.getByRole('heading', { level: 1, name: 'duckie01' }).waitFor()
    const line = app.page.getByRole('figure', { name: 'CPU' }).locator('.recharts-line-curve')
    const drawn = async () => ((await line.count()) > 0 ? ((await line.first().getAttribute('d')) ?? '') : '')
    await expect.poll(drawn, patience).not.toBe('')
    const first = await drawn()
    await expect.poll(drawn, patience).not.toBe(first)
    for (const title of ['Memory', 'Temperature', 'Disk', 'Network', 'Battery']) {
      expect(await app.page.getByRole('figure', { name: title }).count()).toBe(1)
    }
  })

  it('shares a 50 MB file, sees how far it is, and another peer gets it byte for byte', async () => {
    await app.page.getByRole('link', { name: 'Logs' }).click()
    const progress = app.page.getByText(/1 transfer · \d+ %/)
    if (kind === 'browser') {
      const line = await app.context.newCDPSession(app.page)
      const conditions = { offline: false, latency: 0, downloadThroughput: -1 }
      await line.send('Network.enable')
      await line.send('Network.emulateNetworkConditions', { ...conditions, uploadThroughput: lineBytesPerS })
      await dropNoise(app.page, bag)
      await progress.waitFor()
      await app.page.getByRole('button', { name: /1 transfer/ }).click()
      const bar = app.page.getByRole('progressbar', { name: `Sharing ${bag.name}` })
      const percent = async () =>
        (await bar.count()) > 0 ? Number(await bar.first().getAttribute('aria-valuenow')) : 100
      const first = await percent()
      await expect.poll(percent, patience).toBeGreaterThan(first)
      await expect.poll(() => app.page.getByLabel('Transfers').innerText(), patience).toMatch(/MB\/s · .* left/)
      await line.send('Network.emulateNetworkConditions', { ...conditions, uploadThroughput: -1 })
    } else {
      // Asked for before the file is made: a chooser that opens before that is taken in opens unheard.
      const choosing = app.page.waitForEvent('filechooser')
      const path = join(folder.path, bag.name)
      writeNoise(path, bag)
      await app.page.getByRole('button', { name: 'Share a file' }).first().click()
      await (await choosing).setFiles(path)
    }
    await app.page.getByRole('link', { name: bag.name }).waitFor({ timeout: 60_000 })
    expect(await fetchedByArchive(bag.name)).toBe(hashOfNoise(bag))
    await expect
      .poll(() => app.page.getByRole('row').filter({ hasText: bag.name }).innerText(), patience)
      .toMatch('2 of 2')
  })

  it("fetches a robot's log and saves it elsewhere", async () => {
    const log = app.page.getByRole('link', { name: /^duckie0\d_.*\.(mcap|txt|log)$/ }).first()
    await log.waitFor({ timeout: 90_000 })
    // Not innerText: the name is drawn in two parts, so that its end is never cut off.
    const name = ((await log.textContent()) ?? '').trim()
    await log.click()
    const panel = app.page.getByRole('complementary', { name: `File ${name}` })
    await panel.getByRole('button', { name: 'Fetch', exact: true }).click()
    await panel.getByText(/Written to/).waitFor({ timeout: 60_000 })
    const saved = join(folder.path, 'saved.bin')
    if (app.electron === null) {
      const downloading = app.page.waitForEvent('download')
      await panel.getByRole('link', { name: 'Save as…' }).click()
      await (await downloading).saveAs(saved)
    } else {
      await app.electron.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath })
      }, saved)
      await panel.getByRole('button', { name: 'Save as…' }).click()
      await panel.getByText(`Written to ${saved}`).waitFor({ timeout: 60_000 })
    }
    expect(readdirSync(app.downloads)).toContain(name)
    const original = await fetchedByArchive(name)
    expect(await hashOfFile(join(app.downloads, name))).toBe(original)
    expect(await hashOfFile(saved)).toBe(original)
  })

  it('switches the theme, which stays', async () => {
    const button = app.page.getByRole('button', { name: /^Theme: / })
    for (let clicks = 0; clicks < 3 && (await button.getAttribute('aria-label')) !== 'Theme: dark'; clicks += 1) {
      await button.click()
    }
    expect(await theme()).toBe('dark')
    await app.page.reload()
    await card('duckie01')
      .or(app.page.getByRole('link', { name: bag.name }))
      .first()
      .waitFor()
    expect(await theme()).toBe('dark')
  })

  it('does the same by keyboard alone', async () => {
    const { page } = app
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    await press('Escape', 'g', 'f')
    await card('duckie01').waitFor()
    // Down the cards to a robot, in, and back.
    for (let moves = 0; moves < 10 && (await focusedName(page)) !== 'duckie01'; moves += 1) await press('j')
    await press('Enter')
    await page.getByRole('heading', { level: 1, name: 'duckie01' }).waitFor()
    await press('Escape')
    await card('duckie01').waitFor()

    // Asked for long before: a chooser that opens before the browser has taken that in opens unheard.
    const choosing = page.waitForEvent('filechooser', { timeout: 60_000 })
    await press('g', 'l')
    await page.getByRole('heading', { level: 1, name: 'Logs' }).waitFor()
    await tabTo(page, 'Share a file')
    const path = join(folder.path, note.name)
    writeNoise(path, note)
    await press('Enter')
    await (await choosing).setFiles(path)
    await page.getByRole('link', { name: note.name }).waitFor({ timeout: 60_000 })
    expect(await fetchedByArchive(note.name)).toBe(hashOfNoise(note))

    // A log of another robot, found by search and fetched from its row.
    const open = page.getByRole('button', { name: fetchInRow }).first()
    await open.waitFor({ timeout: 90_000 })
    await tabTo(page, fetchInRow)
    const wanted = (await focusedName(page)).replace(/^Fetch\s*/, '')
    await press('Enter')
    const row = page.getByRole('row').filter({ hasText: wanted })
    await expect.poll(() => row.innerText(), patience).toContain('here')
    await press('/')
    await page.keyboard.type(wanted)
    await expect.poll(() => page.getByRole('link', { name: /\.(mcap|txt|log|bag)$/ }).count(), patience).toBe(1)
    await press('Escape')

    await page.keyboard.press('ControlOrMeta+k')
    await page.getByRole('dialog', { name: 'Search everything' }).waitFor()
    await expect.poll(() => focusedName(page), patience).toBe('Search robots, files, pages and actions')
    await page.keyboard.type('Settings')
    await press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    await tabTo(page, /^Theme: /)
    const before = await focusedName(page)
    await press('Enter')
    await expect.poll(() => focusedName(page), patience).not.toBe(before)
  })
})
