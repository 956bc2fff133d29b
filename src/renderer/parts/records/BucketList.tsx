import type { BucketSummaryView } from '../../../shared/record-views.ts'
import { formatBytes, formatCount, plural } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { Sparkline } from '../Sparkline.tsx'

interface BucketListProps {
  readonly buckets: readonly BucketSummaryView[]
  readonly chosen: string | null
}

/** The buckets, each with its size and how it grew. */
export function BucketList({ buckets, chosen }: BucketListProps) {
  const records = buckets.reduce((sum, bucket) => sum + bucket.records, 0)
  const bytes = buckets.reduce((sum, bucket) => sum + bucket.bytes, 0)
  return (
    <nav className="buckets" aria-label="Buckets">
      <ul>
        <li>
          <a
            className="bucket"
            href={hrefOf({ page: 'records', bucket: null, record: null })}
            aria-current={chosen === null ? 'true' : undefined}
          >
            <span className="bucket-name">All buckets</span>
            <span className="live">{formatCount(records)}</span>
            <span className="dim bucket-about">{formatBytes(bytes)}</span>
          </a>
        </li>
        {buckets.map((bucket) => (
          <li key={bucket.bucket}>
            <a
              className="bucket"
              href={hrefOf({ page: 'records', bucket: bucket.bucket, record: null })}
              aria-current={chosen === bucket.bucket ? 'true' : undefined}
              title={bucket.rule}
            >
              <span className="bucket-name">{bucket.bucket}</span>
              <span className="live">
                {formatCount(bucket.records)}
                <span className="sr-only"> records</span>
              </span>
              <span className="dim bucket-about">{formatBytes(bucket.bytes)}</span>
              <span className="bucket-spark">
                <Growth bucket={bucket} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function Growth({ bucket }: { readonly bucket: BucketSummaryView }) {
  const values = bucket.growth.map((point) => point.records)
  if (values.length < 2) return null
  const high = Math.max(1, ...values)
  return <Sparkline values={values} low={0} high={high * 1.05} />
}

/** The chosen bucket: its rule and its fingerprint. */
export function BucketHead({ bucket }: { readonly bucket: BucketSummaryView }) {
  return (
    <section className="bucket-head" aria-label={`Bucket ${bucket.bucket}`}>
      <p>
        <strong>Rule</strong> {bucket.rule}
      </p>
      <p className="dim">
        {bucket.kind === 'keyed'
          ? 'Per author and key the newest counts.'
          : 'A set: each record is kept until its time is over.'}{' '}
        {plural(bucket.records, 'live record')}, {formatBytes(bucket.bytes)}. Fingerprint{' '}
        <span className="mono" title="the same for every peer that holds the same records with the same signatures">
          {bucket.fingerprint.slice(-16)}
        </span>
      </p>
    </section>
  )
}
