import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FollowView } from '../../src/shared/file-views.ts'
import type { Settings, ShareView } from '../../src/shared/views.ts'
import { Daemon, scratch } from '../swarm/fixtures/daemon.ts'
import { openPage } from './fixture/by-hand.ts'
import { dropPaths } from './fixture/drop-paths.ts'
import { hashOfFile, hashOfNoise, writeNoise } from './fixture/files.ts'
import { seriousFlaws } from './fixture/flaws.ts'
import { openApp, type OpenApp } from './fixture/open-app.ts'
import { filesOfRun, writeRun } from './fixture/run-folder.ts'
import { wear } from './fixture/theme.ts'

const patience = { timeout: 30_000, interval: 100 }

/** Large enough to be held on its way over a line of two megabytes a second. */
const large = { name: 'long-drive.bag', sizeBytes: 24_000_000, seed: 5 }
const lineBytesPerS = 2_000_000

describe('the logs of a swarm', () => {
  const folder = scratch()
  /** Another machine of the swarm, which takes and gives. */
  const archive = new Daemon(folder.path, 'archive')
  const run = join(folder.path, 'run-17')
  let app: OpenApp

  beforeAll(async () => {
    await Promise.all([archive.start({ role: 'server' }), writeRun(run, Date.now() - 600_000)])
    app = await openApp('browser', { root: folder.path, join: await archive.invite('operator') })
    app.page.setDefaultTimeout(30_000)
  })

  afterAll(async () => {
    await app?.close()
    await archive.stop()
    folder.remove()
  })

  const table = () => app.page.getByRole('table', { name: 'Shared files' })
  const file = (name: string) => table().getByRole('link', { name, exact: true })
  const panel = (name: string) => app.page.getByRole('complementary', { name: `File ${name}` })
  const tray = () => app.page.getByRole('region', { name: 'Transfers' })
  const search = (words: string) => app.page.getByRole('searchbox', { name: 'Search files' }).fill(words)

  const show = (hash: string, heading: string) => openPage(app.page, hash, heading)

  async function shareOf(name: string): Promise<ShareView> {
    const find = async () => (await archive.files()).find((share) => share.name === name)
    await expect.poll(find, patience).toBeDefined()
    return (await find()) as ShareView
  }

  it('shares a dropped folder with all that is in it, under its paths', async () => {
    await show('#/logs', 'Logs')
    await dropPaths(app.page, [run])
    const count = () => app.page.getByText(`${filesOfRun} files,`).first()
    await count().waitFor({ timeout: 60_000 })
    const names = async () => (await archive.files()).map((share) => share.name)
    await expect.poll(async () => (await names()).length, patience).toBe(filesOfRun)
    expect(await names()).toContain('run-17/small/part-7.txt')
  })

  it('finds by words, by type and by topic', async () => {
    await search('notes')
    await expect.poll(() => table().getByRole('link').count(), patience).toBe(1)
    await search('')
    await app.page.getByRole('button', { name: /^Topic:/ }).click()
    await app.page.getByRole('checkbox', { name: /^\/duckie01\/imu_node\/imu/ }).check()
    await app.page.keyboard.press('Escape')
    await expect.poll(() => table().getByRole('link').count(), patience).toBe(1)
    await file('run-17/drive.mcap').waitFor()
    await app.page.getByRole('button', { name: /^Topic:/ }).click()
    await app.page.getByRole('checkbox', { name: /^\/duckie01\/imu_node\/imu/ }).uncheck()
    await app.page.keyboard.press('Escape')
  })

  it('filters by time with the keys alone', async () => {
    const timeline = app.page.getByRole('region', { name: 'Recordings by robot' })
    await timeline.getByText('All', { exact: true }).click()
    // The bag is of another year than the rest: from the middle on it is left out.
    const from = timeline.getByRole('slider', { name: 'Show files from' })
    await from.focus()
    await app.page.keyboard.press('End')
    await app.page.getByText(/^\d+ of 35 files,/).waitFor()
    await search('turtle')
    await app.page.getByText('No file passes these filters').waitFor()
    await timeline.getByRole('button', { name: 'Any time' }).click()
    await expect.poll(() => file('run-17/turtle.bag').count(), patience).toBe(1)
    await search('')
  })

  it('looks into a recording: pictures, rates, topics, numbers', async () => {
    await search('drive.mcap')
    await file('run-17/drive.mcap').click()
    const side = panel('run-17/drive.mcap')
    await side.getByRole('heading', { name: 'MCAP recording' }).waitFor()
    await side.getByRole('table', { name: 'Topics' }).getByText('/duckie01/imu_node/imu').waitFor()
    await side.getByRole('figure', { name: 'Messages over time' }).waitFor()
    await side.getByRole('figure', { name: /^rate of/ }).waitFor()
    const picture = side.getByRole('list', { name: 'Pictures' }).locator('img').first()
    await picture.scrollIntoViewIfNeeded()
    const width = () => picture.evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth)
    await expect.poll(width, patience).toBe(80)
    await side.getByText(/^Read .* for this\.$/).waitFor()
  })

  it('looks into a real bag, a text, a table and a picture', async () => {
    await search('turtle')
    await file('run-17/turtle.bag').click()
    await panel('run-17/turtle.bag').getByText('/turtle1/pose').first().waitFor()
    await search('notes')
    await file('run-17/notes.txt').click()
    const text = panel('run-17/notes.txt')
    await text.getByRole('region', { name: 'First lines' }).getByText('00000 duckie').waitFor()
    await text.getByRole('region', { name: 'Last lines' }).getByText('03999 duckie').waitFor()
    await search('poses')
    await file('run-17/poses.csv').click()
    await panel('run-17/poses.csv').getByRole('cell', { name: '0.9898' }).waitFor()
    await search('camera.png')
    await file('run-17/camera.png').click()
    const drawn = panel('run-17/camera.png').getByRole('img', { name: /80 by 60 pixels/ })
    await expect
      .poll(() => drawn.evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth), patience)
      .toBe(80)
    await search('')
  })

  it('gives what was dropped byte for byte', async () => {
    const { cid } = await shareOf('run-17/turtle.bag')
    const answer = await archive.call(`/files/${cid}/content`)
    expect(Buffer.from(await answer.arrayBuffer()).equals(readFileSync(join(run, 'turtle.bag')))).toBe(true)
  })

  it("fetches another's file, is held, goes on and keeps it", async () => {
    writeNoise(join(archive.share, large.name), large)
    const limits = { downBytesPerS: lineBytesPerS, upBytesPerS: null }
    const { files } = await settingsOf()
    await putFiles({ ...files, bandwidth: limits })
    await search(large.name)
    await file(large.name).click({ timeout: 60_000 })
    const side = panel(large.name)
    await side.getByRole('button', { name: 'Fetch', exact: true }).click()
    await app.page.getByRole('button', { name: /1 transfer · \d+ %/ }).click()
    await tray()
      .getByRole('button', { name: `Pause ${large.name}` })
      .click()
    await tray()
      .getByText(/paused ·/)
      .waitFor()
    await tray()
      .getByRole('button', { name: new RegExp(`^Priority of ${large.name}`) })
      .click()
    await app.page.getByRole('menuitem', { name: /First/ }).click()
    await tray()
      .getByRole('button', { name: `Priority of ${large.name}: first` })
      .waitFor()
    await tray()
      .getByRole('button', { name: `Go on with ${large.name}` })
      .click()
    await putFiles({ ...files, bandwidth: { downBytesPerS: null, upBytesPerS: null } })
    await side.getByText(/Written to/).waitFor()
    expect(await hashOfFile(join(app.downloads, large.name))).toBe(hashOfNoise(large))
    await side.getByRole('button', { name: 'Keep', exact: true }).click()
    await side.getByText('It is kept for good.').waitFor()
    await side.getByRole('button', { name: 'Keep no longer' }).click()
    await expect.poll(() => side.getByText('It is kept for good.').count(), patience).toBe(0)
    await tray().getByRole('button', { name: 'Clear ended' }).click()
  })

  it('stops sharing after it has said what that means', async () => {
    await search('part-3.txt')
    await file('run-17/small/part-3.txt').click()
    await panel('run-17/small/part-3.txt').getByRole('button', { name: 'Unshare…' }).click()
    const dialog = app.page.getByRole('dialog', { name: /^Stop sharing/ })
    await dialog.getByText('The file itself stays where it is').waitFor()
    await dialog.getByRole('button', { name: 'Stop sharing' }).click()
    await expect
      .poll(async () => (await archive.files()).map((share) => share.name), patience)
      .not.toContain('run-17/small/part-3.txt')
    await app.page.getByText('No file passes these filters').waitFor()
    await search('')
  })

  it('fetches all that is shown, and follows a search', async () => {
    for (const [i, name] of ['calib-a.txt', 'calib-b.txt'].entries()) {
      writeNoise(join(archive.share, name), { name, sizeBytes: 5_000, seed: 50 + i })
    }
    await search('calib')
    await app.page.getByRole('button', { name: /^Fetch all shown \(2 files/ }).click({ timeout: 60_000 })
    const dialog = app.page.getByRole('dialog', { name: /^Fetch 2 files/ })
    await dialog.getByRole('button', { name: 'Fetch 2 files' }).click()
    await app.page.getByRole('button', { name: 'All shown are here' }).waitFor()

    await app.page.getByRole('button', { name: 'Follow…' }).click()
    const follow = app.page.getByRole('dialog', { name: 'Follow this search?' })
    await follow.getByText('in which “calib” is found').waitFor()
    await follow.getByRole('button', { name: 'Follow', exact: true }).click()
    await app.page.getByRole('button', { name: '1 follow', exact: true }).waitFor()
    writeNoise(join(archive.share, 'calib-c.txt'), { name: 'calib-c.txt', sizeBytes: 5_000, seed: 60 })
    await file('calib-c.txt').waitFor({ timeout: 60_000 })
    const row = app.page.getByRole('row').filter({ hasText: 'calib-c' })
    await expect.poll(() => row.innerText(), patience).toContain('here')
    await app.page.getByRole('button', { name: '1 follow', exact: true }).click()
    const list = app.page.getByRole('dialog', { name: 'What this peer fetches by itself' })
    await list.getByRole('button', { name: /^Follow no longer/ }).click()
    await list.getByText(/^Nothing\./).waitFor()
    expect(await deskJson<FollowView[]>('/files/follows')).toEqual([])
    await app.page.keyboard.press('Escape')
    await search('')
  })

  it('keeps the rules and limits of files in the settings', async () => {
    await show('#/settings/files', 'Settings')
    const form = app.page.getByRole('form', { name: 'File settings' })
    await form.getByLabel('Left alone').fill('*.tmp\n/private/')
    await form.getByLabel('Up, MB/s').fill('2.5')
    await form.getByRole('button', { name: 'Other limits at some hours' }).click()
    await form.getByRole('group', { name: 'Hours 1' }).getByRole('textbox', { name: 'From' }).fill('25:00')
    await form.getByText('Write times like 08:30.').waitFor()
    expect(await form.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
    await form.getByRole('group', { name: 'Hours 1' }).getByRole('textbox', { name: 'From' }).fill('07:30')
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByText('✓ Saved').waitFor()
    const { files } = await settingsOf()
    expect(files.ignore).toEqual(['*.tmp', '/private/'])
    expect(files.bandwidth.upBytesPerS).toBe(2_500_000)
    expect(files.hours).toMatchObject([{ from: 450, to: 1_080 }])
    const channels = app.page.getByRole('region', { name: 'File channels' })
    await channels.getByLabel('Join by name').fill('race-day')
    await channels.getByRole('button', { name: 'Join', exact: true }).click()
    await channels.getByRole('button', { name: 'Leave race-day' }).click()
    await expect.poll(() => channels.getByRole('button', { name: 'Leave race-day' }).count(), patience).toBe(0)
    await app.page.getByRole('figure', { name: 'Room' }).waitFor()
  })

  it.each(['dark', 'light'] as const)('has nothing serious for axe in the %s theme', async (theme) => {
    await wear(app.page, theme)
    await show('#/logs', 'Logs')
    await search('drive.mcap')
    await file('run-17/drive.mcap').click()
    await panel('run-17/drive.mcap').getByRole('figure', { name: 'Messages over time' }).waitFor()
    const found = await seriousFlaws(app.page, { within: 'main' })
    await app.page.getByRole('button', { name: 'Follow…' }).click()
    await app.page.getByRole('dialog', { name: 'Follow this search?' }).waitFor()
    expect([...found, ...(await seriousFlaws(app.page, { within: '[role="dialog"]' }))]).toEqual([])
    await app.page.keyboard.press('Escape')
  })

  /** The console's own peer, asked from its page. */
  async function deskJson<T>(path: string, body?: unknown): Promise<T> {
    const answer = await app.page.evaluate(
      async ([url, text]) => {
        const init =
          text === null ? {} : { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: text }
        return (await fetch(url, init)).text()
      },
      [`/api${path}`, body === undefined ? null : JSON.stringify(body)] as const,
    )
    return JSON.parse(answer) as T
  }

  function settingsOf(): Promise<Settings> {
    return deskJson<Settings>('/settings')
  }

  async function putFiles(files: Settings['files']): Promise<void> {
    await deskJson('/settings', { files })
  }
})
