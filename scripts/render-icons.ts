/**
 * Draws the PNGs of resources/icons from their SVGs with an installed Chromium:
 *   node scripts/render-icons.ts
 * electron-builder makes the platforms' own formats (icns, ico) from icon.png.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { ensureBrowser } from './run/browser.mjs'

const folder = resolve(import.meta.dirname, '../resources/icons')

/** A Mac tints a "template" image itself: only its alpha counts. */
const black = (svg: string) => svg.replaceAll('#ffc20e', '#000')
const asIs = (svg: string) => svg

const pictures = [
  ['icon.svg', 'icon.png', 1024, asIs],
  ['tray.svg', 'tray.png', 32, asIs],
  ['tray.svg', 'tray@2x.png', 64, asIs],
  ['tray.svg', 'trayTemplate.png', 16, black],
  ['tray.svg', 'trayTemplate@2x.png', 32, black],
] as const

async function draw(browser: Browser, svg: string, sizePx: number): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: sizePx, height: sizePx } })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`)
  const png = await page.screenshot({ omitBackground: true })
  await page.close()
  return png
}

const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox'] })
try {
  for (const [from, to, sizePx, paint] of pictures) {
    const svg = paint(readFileSync(resolve(folder, from), 'utf8'))
    writeFileSync(resolve(folder, to), await draw(browser, svg, sizePx))
    console.log(`${to}: ${sizePx} px`)
  }
} finally {
  await browser.close()
}
