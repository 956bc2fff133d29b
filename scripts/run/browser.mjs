import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodePath, root, toolEnv } from './ready.mjs'

const installed = [
  process.env.DT_SWARM_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** An installed Chromium or Chrome; null when there is none. */
export function findBrowser() {
  return installed.find((file) => file !== undefined && existsSync(file)) ?? null
}

const debianRoot = () => existsSync('/usr/bin/apt-get') && process.getuid?.() === 0

function apt(packages) {
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  spawnSync('apt-get', ['update', '-qq'], quiet)
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet)
}

/** The browser for the end-to-end tests: an installed one, else Debian's, else Playwright's own. */
export function ensureBrowser() {
  const found = findBrowser()
  if (found !== null) return found
  if (debianRoot()) {
    console.error('dt-swarm: installing chromium …')
    apt(['chromium'])
    const debians = findBrowser()
    if (debians !== null) return debians
  }
  console.error("dt-swarm: installing Playwright's chromium …")
  const cli = join(root, 'node_modules', 'playwright-core', 'cli.js')
  spawnSync(nodePath(), [cli, 'install', 'chromium'], { stdio: 'inherit', env: toolEnv() })
  const shown = spawnSync(
    nodePath(),
    ['-e', "import('playwright-core').then(p => console.log(p.chromium.executablePath()))"],
    { cwd: root, encoding: 'utf8' },
  )
  const file = shown.stdout?.trim() ?? ''
  if (file === '' || !existsSync(file)) {
    throw new Error('no Chromium for the end-to-end tests: install one, or name it in DT_SWARM_CHROMIUM')
  }
  return file
}

/** Tools of the network tests (namespaces): installed where that is possible; without them those tests say that they are skipped. */
export function ensureNetworkTools() {
  if (process.platform !== 'linux' || !debianRoot()) return
  const missing = [
    ['/usr/sbin/ip', '/sbin/ip', 'iproute2'],
    ['/usr/sbin/nft', '/sbin/nft', 'nftables'],
  ].filter(([a, b]) => !existsSync(a) && !existsSync(b))
  if (missing.length > 0) apt(missing.map(([, , name]) => name))
}

/** What the docs' Python example imports, for the test that runs it; without it that test says that it is skipped. */
export function ensurePython() {
  const hasRequests = spawnSync('python3', ['-c', 'import requests'], { stdio: 'ignore' }).status === 0
  if (!hasRequests && debianRoot()) apt(['python3-requests'])
}
