/**
 * `npm start [-- options]`: installs and builds what is missing and opens the desktop app; where that cannot open,
 * says why in one line and serves the same app to a browser.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { desktop } from './desktop.mjs'
import { ensureBuilt, ensureInstalled, nodePath, root, toolEnv } from './ready.mjs'

const usage = `npm start [-- --lab N] [-- --browser] [-- DAEMON OPTIONS]
  --lab N     bring N simulated Duckiebots along (1 to 50)
  --browser   serve the app to a browser even where the desktop app could open
Other options go to the peer as they are: --home DIR, --name NAME, --share DIR, --web HOST:PORT, …
Example: npm start -- --lab 4`

function takeOptions(args) {
  const rest = []
  let lab = 0
  let browser = false
  for (let i = 0; i < args.length; i += 1) {
    if (args[i] === '--help' || args[i] === '-h') {
      console.log(usage)
      process.exit(0)
    } else if (args[i] === '--browser') browser = true
    else if (args[i] === '--lab') {
      lab = Number(args[(i += 1)])
      if (!Number.isInteger(lab) || lab < 1 || lab > 50) {
        console.error(`--lab wants a number of robots from 1 to 50\n${usage}`)
        process.exit(2)
      }
    } else rest.push(args[i])
  }
  return { lab, browser, rest }
}

/** Ends with the child, with its exit code, and hands it the signals that end us. */
function follow(child) {
  // npm's shell dies of a signal without passing it on: when it is gone, so should we be.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)))
}

function openDesktop(file, { lab, rest }) {
  const args = [join(root, 'out/main/index.js'), ...(lab > 0 ? ['--lab', String(lab)] : []), ...rest]
  follow(spawn(file, args, { cwd: root, stdio: 'inherit', env: toolEnv() }))
}

function serveBrowser({ lab, rest }) {
  const program = join(root, 'out/main/cli.js')
  const child = spawn(nodePath(), ['--disable-warning=ExperimentalWarning', program, 'daemon', ...rest], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: toolEnv(),
  })
  follow(child)
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line)
    if (event.event !== 'ready' || !event.web) return
    if (lab > 0) startLab(event.web, lab)
    console.log(`dt-swarm: open ${event.web}`)
  })
}

function startLab(web, robots) {
  const url = new URL(web)
  fetch(new URL('/api/lab/start', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${url.searchParams.get('token')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ robots }),
  })
    .then(async (answer) => {
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
      console.log(`dt-swarm: ${robots} simulated Duckiebots are starting`)
    })
    .catch((error) => console.error(`dt-swarm: the lab did not start: ${error.message}`))
}

const options = takeOptions(process.argv.slice(2))
try {
  await ensureInstalled()
  await ensureBuilt()
} catch (error) {
  console.error(`dt-swarm: ${error.message}`)
  process.exit(1)
}
const app = options.browser ? { reason: 'a browser was asked for' } : desktop()
if (app.file !== undefined) openDesktop(app.file, options)
else {
  console.log(`dt-swarm: the desktop app cannot open here (${app.reason}); serving it to a browser instead`)
  serveBrowser(options)
}
