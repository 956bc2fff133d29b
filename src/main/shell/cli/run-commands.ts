import { CommanderError, type Command } from 'commander'
import { exitCodeOf, exitCodes, messageOf } from './exit-code.ts'
import type { Io } from './io.ts'
import { printable } from './words.ts'

/**
 * Runs a command line to its end and says how it ended. Help and usage errors come from the parser; any other error
 * is told in one sentence.
 * @param build makes the program; `done` sets an exit code without an error
 */
export async function runCommands(
  io: Io,
  build: (done: (exitCode: number) => void) => Command,
  argv: readonly string[],
): Promise<number> {
  let code: number = exitCodes.ok
  const program = build((exitCode) => (code = exitCode))
  // Subcommands were made before this and would otherwise end the process themselves.
  for (const command of withCommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.note(text.trimEnd()),
    })
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) io.note(`${program.name()}: ${printable(messageOf(error))}`)
    return exitCodeOf(error)
  }
}

/** A command and all below it. */
function withCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withCommands)]
}
