import { Button } from '@mantine/core'
import type { FollowView } from '../../../shared/file-views.ts'
import { plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { followWords } from '../../state/file-query.ts'
import { useAct } from '../../state/use-act.ts'
import { useNameOf } from '../../state/use-name-of.ts'
import { Age } from '../Age.tsx'
import { Asked } from '../Asked.tsx'
import { Dialog } from '../Dialog.tsx'
import { ProblemNote } from '../Problem.tsx'

/** What this peer fetches by itself, and an end to each. */
export function FollowsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="What this peer fetches by itself" opened onClose={onClose}>
      <FollowList />
    </Dialog>
  )
}

export function FollowList() {
  const { follows } = useStores()
  return (
    <Asked of={follows} failed="It could not be read" loading="Loading what is followed" rows={3}>
      {(all) => <Follows all={all} />}
    </Asked>
  )
}

function Follows({ all }: { readonly all: readonly FollowView[] }) {
  const { bridge, follows } = useStores()
  const nameOf = useNameOf()
  const { busy, problem, run } = useAct()
  if (all.length === 0) {
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
        {all.map((follow) => {
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
