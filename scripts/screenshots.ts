/**
 * Takes the pictures in docs/screenshots from a running lab, dark, light and narrow:
 *   npm run screenshots
 * Everything in them is live: a daemon, four simulated robots and the logs that they record.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { openApp } from '../e2e/app/fixture/open-app.ts'
import { openPage, shareByHand } from '../e2e/app/fixture/by-hand.ts'
import { dropPaths } from '../e2e/app/fixture/drop-paths.ts'
import { writeNoise } from '../e2e/app/fixture/files.ts'
import { writeRun } from '../e2e/app/fixture/run-folder.ts'
import { wear } from '../e2e/app/fixture/theme.ts'
import { PinServer } from '../src/main/service/pinning/testing/pin-server.ts'

const folder = resolve(import.meta.dirname, '../docs/screenshots')

const looks = [
  { name: 'dark', theme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'light', theme: 'light', viewport: { width: 1440, height: 900 } },
  { name: 'narrow', theme: 'dark', viewport: { width: 480, height: 900 } },
] as const

/** So long the lab runs before the first picture: charts with something in them. */
const warmUpMs = 90_000

/** The tray stands over the page: it is opened for its own picture alone. */
async function setTray(page: Page, opened: boolean): Promise<void> {
  const button = page.getByRole('button', { name: /transfer/, expanded: !opened })
  if ((await button.count()) > 0) await button.first().click()
}

/** Opens the panel of a file, by way of the search. */
async function openFile(page: Page, name: string): Promise<void> {
  await page.getByRole('searchbox', { name: 'Search files' }).fill(name)
  await page.getByRole('link', { name, exact: true }).click()
  await page.getByRole('heading', { name: 'Copies' }).waitFor()
}

/** Each page, as it is worth a look. */
const pages: readonly (readonly [name: string, open: (page: Page) => Promise<void>])[] = [
  ['fleet', (page) => openPage(page, '#/fleet', 'Fleet')],
  [
    'fleet-table',
    async (page) => {
      await openPage(page, '#/fleet', 'Fleet')
      await page.getByText('Table', { exact: true }).click()
      await page.getByRole('row').nth(2).waitFor()
    },
  ],
  [
    'robot',
    async (page) => {
      await openPage(page, '#/fleet', 'Fleet')
      await page.getByText('Cards', { exact: true }).click()
      await page.getByRole('link', { name: 'duckie01', exact: true }).click()
      await page.getByRole('figure', { name: 'CPU' }).waitFor()
    },
  ],
  [
    'robot-logs',
    async (page) => {
      await page.getByRole('tab', { name: /^Logs/ }).click()
      await page.getByRole('table', { name: 'Shared files' }).getByRole('link').first().waitFor()
    },
  ],
  ['logs', (page) => openPage(page, '#/logs', 'Logs')],
  [
    'log',
    async (page) => {
      await openPage(page, '#/logs', 'Logs')
      await openFile(page, 'run-17/drive.mcap')
      await page.getByRole('figure', { name: 'Messages over time' }).waitFor()
      await page.getByRole('list', { name: 'Pictures' }).scrollIntoViewIfNeeded()
    },
  ],
  [
    'log-topics',
    async (page) => {
      await page.getByRole('group', { name: 'First numbers' }).scrollIntoViewIfNeeded()
    },
  ],
  [
    'log-copies',
    async (page) => {
      await page.getByRole('region', { name: 'Evidence' }).scrollIntoViewIfNeeded()
      await page.getByRole('listitem', { name: 'lab-cluster: pinned' }).scrollIntoViewIfNeeded()
    },
  ],
  [
    'log-text',
    async (page) => {
      await openPage(page, '#/logs', 'Logs')
      await openFile(page, 'run-17/notes.txt')
      await page.getByRole('region', { name: 'Last lines' }).scrollIntoViewIfNeeded()
    },
  ],
  [
    'log-bag',
    async (page) => {
      await openPage(page, '#/logs', 'Logs')
      await openFile(page, 'run-17/turtle.bag')
      await page.getByRole('figure', { name: 'Messages over time' }).scrollIntoViewIfNeeded()
    },
  ],
  [
    'tray',
    async (page) => {
      await openPage(page, '#/logs', 'Logs')
      await setTray(page, true)
    },
  ],
  ['network', (page) => openPage(page, '#/network', 'Network')],
  [
    'graph',
    async (page) => {
      await openPage(page, '#/network/graph', 'Network')
      // The layout settles.
      await page.waitForTimeout(4_000)
    },
  ],
  ['channels', (page) => openPage(page, '#/network/channels', 'Network')],
  [
    'messages',
    async (page) => {
      await openPage(page, '#/network/messages', 'Network')
      await page.getByRole('region', { name: 'Message stream' }).getByRole('button').nth(3).waitFor()
    },
  ],
  [
    'records',
    async (page) => {
      await openPage(page, '#/records/trust', 'Records')
      await page.getByRole('table', { name: 'Records' }).getByRole('link').first().click()
      await page.getByRole('heading', { name: 'Signatures' }).waitFor()
    },
  ],
  [
    'checkpoints',
    async (page) => {
      await openPage(page, '#/checkpoints', 'Checkpoints')
      await page.getByRole('table', { name: 'Checkpoints' }).getByRole('link').first().click()
      await page.getByRole('heading', { name: 'Who speaks for it' }).waitFor()
    },
  ],
  ['settings', (page) => openPage(page, '#/settings', 'Settings')],
  [
    'settings-files',
    async (page) => {
      await openPage(page, '#/settings/files', 'Settings')
      await page.getByRole('figure', { name: 'Room' }).waitFor()
    },
  ],
  [
    'settings-services',
    async (page) => {
      await page.getByRole('button', { name: 'Add a service…' }).scrollIntoViewIfNeeded()
    },
  ],
  ['invites', (page) => openPage(page, '#/settings/swarm', 'Settings')],
  ['trust', (page) => openPage(page, '#/settings/trust', 'Settings')],
]

/** A pinning service of this machine takes a recording. */
async function pinDrive(page: Page): Promise<void> {
  await openPage(page, '#/settings/files', 'Settings')
  await page.getByRole('button', { name: 'Add a service…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a pinning service' })
  await dialog.getByLabel('Name').fill('lab-cluster')
  await dialog.getByLabel('Address').fill(service.endpoint)
  await dialog.getByLabel('Token', { exact: true }).fill(service.token)
  await dialog.getByRole('button', { name: 'Ask and add' }).click()
  await dialog.waitFor({ state: 'detached' })
  await openPage(page, '#/logs', 'Logs')
  await openFile(page, 'run-17/drive.mcap')
  await page.getByRole('button', { name: 'Pin at…' }).click()
  await page.getByRole('menuitem', { name: 'lab-cluster' }).click()
  await page.getByRole('listitem', { name: 'lab-cluster: queued' }).waitFor()
  for (const pin of service.pins) pin.status = 'pinned'
  await page.getByRole('listitem', { name: 'lab-cluster: pinned' }).waitFor()
}

// A plain name: the settings page shows it.
const work = join(tmpdir(), 'dt-swarm')
rmSync(work, { recursive: true, force: true })
mkdirSync(work)
const service = await new PinServer().start()
const app = await openApp('browser', { root: work, lab: 4 })
try {
  const { page } = app
  page.setDefaultTimeout(90_000)
  await page.getByRole('article').filter({ hasText: 'simulated' }).nth(3).waitFor()
  await openPage(page, '#/logs', 'Logs')
  await page
    .getByRole('link', { name: /\.mcap$/ })
    .nth(1)
    .waitFor()
  const file = { name: 'calibration_2026-05-04.bag', sizeBytes: 12_000_000, seed: 3 }
  writeNoise(`${work}/${file.name}`, file)
  await writeRun(`${work}/run-17`, Date.now() - 600_000)
  await dropPaths(page, [`${work}/run-17`])
  // The newest come first, and there are many: it may stand below what is drawn.
  await page.getByRole('searchbox', { name: 'Search files' }).fill('run-17/drive')
  await page.getByRole('link', { name: 'run-17/drive.mcap' }).waitFor()
  await page.getByRole('searchbox', { name: 'Search files' }).fill('')
  await shareByHand(page, `${work}/${file.name}`)
  await page.getByRole('link', { name: file.name }).waitFor()
  await page
    .getByRole('button', { name: /^Fetch / })
    .last()
    .click()
  await pinDrive(page)
  await page.waitForTimeout(warmUpMs)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { name, theme, viewport } of looks) {
    await page.setViewportSize(viewport)
    await wear(page, theme)
    for (const [picture, open] of pages) {
      await setTray(page, false)
      await open(page)
      // Fonts, charts and the ends of transitions.
      await page.waitForTimeout(600)
      await page.screenshot({ path: resolve(folder, `${picture}-${name}.png`) })
      console.log(`${picture}-${name}.png`)
    }
  }
} finally {
  await app.close()
  await service.stop()
  rmSync(work, { recursive: true, force: true })
}
