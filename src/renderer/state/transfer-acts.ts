import type { ApiClient } from '../../shared/contract/contract.ts'
import type { TransferView } from '../../shared/views.ts'
import { fewAtOnce } from './few-at-once.ts'
import { actableIn, type TrayGroup } from './tray.ts'

export type TransferAct = 'pause' | 'resume' | 'cancel'

/** One deed at one transfer. */
export function actOn(api: ApiClient, act: TransferAct, { id }: TransferView): Promise<unknown> {
  if (act === 'pause') return api.files.pause({ id })
  return act === 'resume' ? api.files.resume({ id }) : api.files.cancel({ id })
}

/** The transfers by which a group is held, let go on, tried again or stopped. */
export function actorsOf(group: TrayGroup, act: TransferAct | 'retry'): readonly TransferView[] {
  const leader = group.leader === null ? [] : actableIn([group.leader], act)
  return leader.length > 0 ? leader : actableIn(group.transfers, act)
}

export async function actOnAll(api: ApiClient, act: TransferAct, transfers: readonly TransferView[]): Promise<void> {
  await fewAtOnce(transfers, (transfer) => actOn(api, act, transfer))
}
