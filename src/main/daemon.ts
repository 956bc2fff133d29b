/** The daemon by itself, for service managers and images that start no shell: `node out/main/daemon.js [options]`. */
import { finish, processIo } from './shell/cli/io.ts'
import { runSwarm } from './shell/cli/program.ts'

await finish(await runSwarm(['daemon', ...process.argv.slice(2)], processIo()))
