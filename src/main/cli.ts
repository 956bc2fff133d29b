/** Entry of `bin/dt-swarm`. */
import { finish, processIo } from './shell/cli/io.ts'
import { runSwarm } from './shell/cli/program.ts'

await finish(await runSwarm(process.argv.slice(2), processIo()))
