import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client'
import { ProblemError } from './problem.ts'

/** A link whose carrier can be changed: callers keep one client while sockets and ports come and go. */
export class SwitchLink implements ClientLink<ClientContext> {
  private current: ClientLink<ClientContext> | null = null

  use(link: ClientLink<ClientContext> | null): void {
    this.current = link
  }

  async call(path: readonly string[], input: unknown, options: ClientOptions<ClientContext>): Promise<unknown> {
    if (this.current === null) {
      throw new ProblemError({
        code: 'NO_DAEMON',
        message: `${path.join('.')} could not be asked: the line to the peer is down. It is tried again by itself.`,
      })
    }
    return await this.current.call(path, input, options)
  }
}
