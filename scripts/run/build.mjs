/** `npm run build`: everything that runs, into out/. */
import { ensureBuilt, ensureInstalled } from './ready.mjs'

await ensureInstalled()
await ensureBuilt()
