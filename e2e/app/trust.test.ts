import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Daemon, scratch } from '../swarm/fixtures/daemon.ts'
import { launchChromium } from './fixture/chromium.ts'

const patience = { timeout: 60_000, interval: 100 }

/** Two people before their consoles, and a robot that wants in. */
describe('trust in the browser', () => {
  const folder = scratch()
  const [desk, laptop, robot] = [
    new Daemon(folder.path, 'desk'),
    new Daemon(folder.path, 'laptop'),
    new Daemon(folder.path, 'duckie01'),
  ]
  let browser: Browser
  let deskPage: Page
  let laptopPage: Page
  let link = ''

  const openConsole = async (daemon: Daemon): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(daemon.ready.web)
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
    return page
  }

  const show = async (page: Page, hash: string): Promise<void> => {
    await page.goto(new URL(hash, page.url()).href)
  }

  beforeAll(async () => {
    const launching = launchChromium()
    await Promise.all([desk.start({ role: 'operator' }), laptop.start({ role: 'operator' })])
    browser = await launching
    ;[deskPage, laptopPage] = await Promise.all([openConsole(desk), openConsole(laptop)])
  })

  afterAll(async () => {
    await browser?.close()
    await Promise.all([desk, laptop, robot].map((daemon) => daemon.stop('SIGKILL')))
    folder.remove()
  })

  it('an invite is made: a link and a QR code', async () => {
    await show(deskPage, '#/settings/swarm')
    const panel = deskPage.getByRole('region', { name: 'Invite' })
    await panel.getByRole('combobox', { name: 'Role' }).click()
    await deskPage.getByRole('option', { name: /^operator:/ }).click()
    await panel.getByRole('button', { name: 'Make an invite' }).click()
    const dialog = deskPage.getByRole('dialog', { name: "Invite to desk's swarm" })
    link = await dialog.getByRole('textbox', { name: 'Link' }).inputValue()
    expect(link).toMatch(/^dt-swarm:\/\/join\/[\w-]{100,}$/)
    const qr = dialog.getByRole('img', { name: 'The invite as a QR code' })
    await expect
      .poll(() => qr.evaluate((image: { naturalWidth: number }) => image.naturalWidth), patience)
      .toBeGreaterThan(100)
    await dialog.getByRole('button', { name: 'Done' }).click()
    await panel.getByRole('listitem', { name: 'Invite as operator' }).waitFor()
  })

  it('a second console joins with it, after it has seen what the invite says', async () => {
    await show(laptopPage, '#/settings/swarm')
    await laptopPage.getByRole('button', { name: 'Join another swarm…' }).click()
    const dialog = laptopPage.getByRole('dialog', { name: 'Join another swarm' })
    await dialog.getByRole('textbox', { name: 'Invite link' }).fill(link)
    await dialog.getByRole('button', { name: 'Read the invite' }).click()
    const preview = dialog.getByRole('region', { name: 'What the invite says' })
    expect(await preview.innerText()).toMatch(/desk's swarm[^]*You leave laptop's swarm/)
    await dialog.getByRole('button', { name: "Join desk's swarm" }).click()
    await laptopPage.getByText("This peer is in desk's swarm now").waitFor()
    await laptopPage.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
    await laptop.admitted()
    await show(laptopPage, '#/settings/swarm')
    const swarm = laptopPage.getByRole('region', { name: 'Swarm', exact: true })
    await expect.poll(() => swarm.innerText(), patience).toMatch(/desk's swarm[^]*operator/)
    await show(deskPage, '#/fleet')
    await deskPage.getByRole('article', { name: 'laptop', exact: true }).getByText('alive').waitFor()
  })

  it('a robot that asks is admitted by who compares its fingerprint, and its words count', async () => {
    await robot.start({ join: await desk.invite(null) })
    await robot.call('/files/upload?name=drive.txt', { method: 'PUT', body: 'a drive' })
    await show(laptopPage, '#/fleet')
    const ask = laptopPage.getByRole('region', { name: 'duckie01 asks to be admitted' })
    await ask.getByRole('button', { name: 'Look…' }).click()
    const dialog = laptopPage.getByRole('dialog', { name: 'Admit duckie01?' })
    const { fingerprint } = await robot.info()
    expect((await dialog.innerText()).replaceAll(/\s+/g, '')).toContain(fingerprint.replaceAll(' ', ''))
    expect(await dialog.getByRole('checkbox', { name: 'robot' }).isChecked()).toBe(true)
    await dialog.getByRole('button', { name: 'Admit' }).click()
    await robot.admitted()
    await ask.waitFor({ state: 'detached' })
    await show(deskPage, '#/logs')
    await deskPage.getByRole('link', { name: 'drive.txt' }).waitFor()
  })

  it('the robot is revoked by a typed name, and refused from then on, everywhere', async () => {
    await show(deskPage, '#/settings/trust')
    await deskPage.getByRole('button', { name: 'Revoke duckie01…' }).click()
    const dialog = deskPage.getByRole('dialog', { name: 'Revoke duckie01?' })
    const revoke = dialog.getByRole('button', { name: 'Revoke duckie01' })
    expect(await revoke.isDisabled()).toBe(true)
    await dialog.getByRole('textbox', { name: /^Why/ }).fill('stolen')
    await dialog.getByRole('textbox', { name: 'Type duckie01 to confirm' }).fill('duckie01')
    await revoke.click()
    await dialog.waitFor({ state: 'detached' })
    await deskPage.getByRole('row').filter({ hasText: 'duckie01' }).getByText('revoked').first().waitFor()
    for (const page of [deskPage, laptopPage]) {
      await show(page, '#/logs')
      await page.getByRole('heading', { level: 1, name: 'Logs' }).waitFor()
      await page.getByRole('link', { name: 'drive.txt' }).waitFor({ state: 'detached' })
    }
    // What it says now reaches nobody.
    await robot.call('/files/upload?name=later.txt', { method: 'PUT', body: 'later' })
    const robotPage = await openConsole(robot)
    await robotPage.getByText("This peer is revoked in desk's swarm.").waitFor()
    for (const daemon of [desk, laptop]) {
      await expect
        .poll(async () => (await daemon.counters())['ingest.refused:revoked'] ?? 0, patience)
        .toBeGreaterThan(0)
      expect((await daemon.files()).map(({ name }) => name)).toEqual([])
    }
  })
})
