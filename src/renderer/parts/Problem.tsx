import type { Problem } from '../bridge/problem.ts'
import { CopyIcon } from './Copy.tsx'
import { LevelMark } from './StatusMark.tsx'

/** Why something that a person wanted was not done, beside the button they pressed. */
export function ProblemNote({ problem }: { readonly problem: Problem | null }) {
  if (problem === null) return null
  return (
    <div className="warning" role="alert" data-level="act">
      <LevelMark level="act" />
      <span className="warning-text">
        {problem.message} <span className="dim mono">{problem.code}</span>
      </span>
      <CopyIcon text={`${problem.code}: ${problem.message}`} label="Copy details" />
    </div>
  )
}
