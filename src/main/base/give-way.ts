import { readFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/**
 * So many steps of niceness: where a core is wanted by others too, such a thread gets a third of its share. More, and a file
 * would hardly come in on a machine that is always busy.
 */
const niceSteps = 5
/** The nicest that Linux knows. */
const nicest = 19

/**
 * Lets the calling thread, and no other, give way to whatever else wants its core: for threads that would take one for
 * minutes. On Linux only, where priorities belong to threads; elsewhere this would slow down the whole process. Where
 * the machine does not allow it the thread goes on as it was.
 */
export function giveWay(): void {
  if (process.platform !== 'linux' || isFiltered()) return
  try {
    // To Linux 0 is the calling thread.
    setPriority(0, Math.min(nicest, getPriority(0) + niceSteps))
  } catch {
    // It only runs as fast as the others then.
  }
}

/**
 * Whether we are a service whose system calls systemd filters: most units leave this call out, ours too, and a call that is left
 * out kills the process. Such a service gives way as a whole (`Nice=`, `CPUWeight=`).
 */
function isFiltered(): boolean {
  if (process.env['INVOCATION_ID'] === undefined) return false
  try {
    return /^Seccomp:\s*[12]$/m.test(readFileSync('/proc/self/status', 'utf8'))
  } catch {
    return true
  }
}
