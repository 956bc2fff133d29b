import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratch } from '../swarm/fixtures/daemon.ts'
import { openPage, shareByHand } from './fixture/by-hand.ts'
import { seriousFlaws } from './fixture/flaws.ts'
import { openApp, type OpenApp } from './fixture/open-app.ts'
import { wear } from './fixture/theme.ts'

/** The themes differ in their colours alone: all rules are asked in the first, and in the second what colours decide. */
const looks = { dark: {}, light: { rules: ['color-contrast', 'link-in-text-block'] } } as const
type Theme = keyof typeof looks

describe('axe finds nothing serious', () => {
  const folder = scratch()
  let app: OpenApp

  beforeAll(async () => {
    app = await openApp('browser', { root: folder.path, lab: 1 })
    const { page } = app
    await page.getByRole('article').filter({ hasText: 'simulated' }).first().waitFor({ timeout: 60_000 })
    // With a log on the page, its table and side panel are looked at too.
    await page.goto(new URL('#/logs', page.url()).href)
    await shareByHand(page, { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('a note\n') })
    await page.getByRole('link', { name: 'notes.txt', exact: true }).waitFor({ timeout: 60_000 })
  })

  afterAll(async () => {
    await app?.close()
    folder.remove()
  })

  const show = (hash: string, heading: string | RegExp) => openPage(app.page, hash, heading)

  describe.each(Object.keys(looks) as Theme[])('in the %s theme', (theme) => {
    beforeAll(() => wear(app.page, theme))

    it.each([
      ['#/fleet', 'Fleet'],
      ['#/logs', 'Logs'],
      ['#/network', 'Network'],
      ['#/network/graph', 'Network'],
      ['#/network/channels', 'Network'],
      ['#/network/messages', 'Network'],
      ['#/network/routes', 'Network'],
      ['#/records', 'Records'],
      ['#/checkpoints', 'Checkpoints'],
      ['#/settings', 'Settings'],
      ['#/settings/files', 'Settings'],
      ['#/settings/swarm', 'Settings'],
      ['#/settings/trust', 'Settings'],
      ['#/settings/clock', 'Settings'],
      ['#/settings/channels', 'Settings'],
    ])('on %s', async (hash, heading) => {
      await show(hash, heading)
      expect(await seriousFlaws(app.page, looks[theme])).toEqual([])
    })

    it('on the table of the fleet', async () => {
      await show('#/fleet', 'Fleet')
      await app.page.getByText('Table', { exact: true }).click()
      await app.page.getByRole('row').nth(1).waitFor()
      expect(await seriousFlaws(app.page, looks[theme])).toEqual([])
      await app.page.getByText('Cards', { exact: true }).click()
    })

    it('on every tab of a robot', async () => {
      await show('#/fleet', 'Fleet')
      await app.page.getByRole('link', { name: 'duckie01', exact: true }).click()
      await app.page.getByRole('figure', { name: 'CPU' }).waitFor()
      const tabs = app.page.getByRole('tab')
      const found: string[] = []
      for (let index = 0; index < (await tabs.count()); index += 1) {
        await tabs.nth(index).click()
        found.push(...(await seriousFlaws(app.page, looks[theme])))
      }
      expect(found).toEqual([])
    })

    it("on a file's panel, the keys and the search of everything", async () => {
      await show('#/logs', 'Logs')
      await app.page.getByRole('link', { name: 'notes.txt', exact: true }).click()
      await app.page.getByRole('complementary', { name: /^File / }).waitFor()
      const found = await seriousFlaws(app.page, looks[theme])
      await app.page.keyboard.press('?')
      await app.page.getByRole('dialog', { name: 'Keys' }).waitFor()
      found.push(...(await seriousFlaws(app.page, looks[theme])))
      await app.page.keyboard.press('Escape')
      await app.page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' })
      await app.page.keyboard.press('Control+k')
      await app.page.getByRole('dialog', { name: 'Search everything' }).waitFor()
      found.push(...(await seriousFlaws(app.page, looks[theme])))
      await app.page.keyboard.press('Escape')
      expect(found).toEqual([])
    })
  })
})
