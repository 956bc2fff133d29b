import { Button } from '@mantine/core'
import { useStore } from 'zustand'
import { plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { followWords } from '../../state/file-query.ts'
import { useAct } from '../../state/use-act.ts'
import { useNameOf } from '../../state/use-name-of.ts'
import { Age } from '../Age.tsx'
import { Dialog } from '../Dialog.tsx'
import { ProblemNote } from '../Problem.tsx'
import { Failed, Loading } from '../States.tsx'

/** What this peer fetches by itself, and an end to each. */
export function FollowsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="What this peer fetches by itself" opened onClose={onClose}>
      <FollowList />
    </Dialog>
  )
}

export function FollowList() {
  const { bridge, follows } = useStores()
  const state = useStore(follows.store)
  const nameOf = useNameOf()
  const { busy, problem, run } = useAct()
  useAsked(follows)
  if (state.phase === 'failed') {
    return <Failed title="It could not be read" problem={state.problem} onRetry={() => void follows.load()} />
  }
  if (state.phase !== 'ready') return <Loading label="Loading what is followed" rows={3} />
  if (state.value.length === 0) {
    return (
      <p className="dim">
        Nothing. On the Logs page search for a robot, a topic or words, and press Follow: what matches is fetched as
        soon as somebody shares it.
      </p>
    )
  }
  return (
    <>
      <ul className="rows" aria-label="Follows">
        {state.value.map((follow) => {
          const words = followWords(follow, nameOf)
          return (
            <li key={follow.id} className="row">
              <span className="row-text">
                {words}
                <br />
                <span className="dim">
                  since <Age atMs={follow.sinceMs} /> · {plural(follow.fetched, 'file')} fetched
                  {follow.to === null ? '' : ` · to ${follow.to}`}
                </span>
              </span>
              <Button
                size="compact-xs"
                variant="default"
                loading={busy}
                aria-label={`Follow no longer: ${words}`}
                onClick={() =>
                  run(async () => {
                    await bridge.api.files.unfollow({ id: follow.id })
                    await follows.load()
                  })
                }
              >
                Follow no longer
              </Button>
            </li>
          )
        })}
      </ul>
      <ProblemNote problem={problem} />
    </>
  )
}
