import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { Daemon, scratch } from '../swarm/fixtures/daemon.ts'
import { launchChromium } from './fixture/chromium.ts'

const patience = { timeout: 60_000, interval: 100 }

describe('the states of the app', () => {
  const folder = scratch()
  const daemon = new Daemon(folder.path, 'desk')
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    const launching = launchChromium()
    await daemon.start({ role: 'operator' })
    browser = await launching
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(daemon.ready.web)
  })

  afterAll(async () => {
    await browser?.close()
    await daemon.stop()
    folder.remove()
  })

  it('a swarm of one says who will appear and how', async () => {
    await page.getByRole('heading', { name: 'No robots yet' }).waitFor()
    await page.getByRole('link', { name: 'Logs' }).click()
    await page.getByRole('button', { name: 'Share a file' }).first().waitFor()
    expect(await page.getByRole('row').count()).toBe(0)
  })

  it('the token is gone from the address, and the page has no error of its own', async () => {
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    await page.reload()
    for (const name of ['Fleet', 'Logs', 'Network', 'Settings']) {
      await page.getByRole('link', { name }).first().click()
      await page.getByRole('heading', { level: 1, name }).waitFor()
    }
    expect(page.url()).not.toContain('token')
    expect(errors).toEqual([])
  })

  it('a demo lab starts with one click and stops with another', async () => {
    await page.getByRole('link', { name: 'Fleet' }).click()
    await page.getByRole('button', { name: /demo lab/ }).click()
    const robots = () => page.getByRole('article').filter({ hasText: 'simulated' }).count()
    await expect.poll(robots, patience).toBe(4)
    await page.getByRole('button', { name: /Stop the lab/ }).click()
    const gone = () => page.getByRole('article').filter({ hasText: 'gone' }).count()
    await expect.poll(gone, patience).toBe(4)
    expect(await robots()).toBe(4)
  })

  it('a lost peer is said; when it is back the page goes on by itself', async () => {
    const web = new URL(daemon.url).host
    await daemon.stop('SIGKILL')
    await page.getByText('The line to this peer is down.').waitFor()
    await daemon.start({ role: 'operator', web })
    await page.getByText('The line to this peer is down.').waitFor({ state: 'detached', timeout: 60_000 })
    await expect.poll(() => page.getByRole('article', { name: 'desk' }).innerText(), patience).toContain('alive')
  })

  it('without the right token there is a page that says what to do, and nothing else', async () => {
    const stranger = await browser.newContext()
    const other = await stranger.newPage()
    await other.goto(`${daemon.url}/?token=wrong`)
    await other.getByText('Open the link that dt-swarm printed').waitFor()
    expect(await other.getByRole('article').count()).toBe(0)
    await stranger.close()
  })
})
