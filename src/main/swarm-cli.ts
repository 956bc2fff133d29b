/** Entry of `bin/dt-swarm-cli`. */
import { finish, processIo } from './shell/cli/io.ts'
import { runRemote } from './shell/cli/remote-program.ts'

await finish(await runRemote(process.argv.slice(2), processIo()))
