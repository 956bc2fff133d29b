import type { DatabaseSync } from 'node:sqlite'
import { SwarmError } from '../../shared/errors.ts'

/**
 * Each entry brings the schema from its index to the next; `user_version` counts those done. An entry that has
 * been released is never edited.
 *
 * records: a rowid table, its random id in one unique index (three times as fast as a table keyed by it). Ids are
 * the 32 bytes of the digest, authors the 32 bytes of the key. Of a keyed bucket there is at most one row a slot.
 * marks: what is remembered of a keyed record that has ended but still outdates older ones.
 * tallies: records and bytes by author, changed in the same transactions as the records.
 * buried: what is remembered of a dismissed record whose body has gone: who dismissed it.
 * swarm: the id of the one swarm that all of this belongs to.
 * samples: keyed by series and time, so that a chart is one range scan and an append lands at the end of its series.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE records (
    row INTEGER PRIMARY KEY,
    bucket INTEGER NOT NULL,
    id BLOB NOT NULL,
    author BLOB NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    signature BLOB NOT NULL,
    attestations BLOB,
    via TEXT NOT NULL,
    from_peer TEXT,
    received_at INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    UNIQUE (bucket, id)
  );
  CREATE INDEX records_by_slot ON records (bucket, author, key, valid_from);
  CREATE INDEX records_by_end ON records (valid_until);
  CREATE TABLE marks (
    bucket INTEGER NOT NULL,
    author BLOB NOT NULL,
    key TEXT NOT NULL,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    horizon INTEGER NOT NULL,
    PRIMARY KEY (bucket, author, key)
  ) WITHOUT ROWID;
  CREATE INDEX marks_by_horizon ON marks (horizon);
  CREATE TABLE own_seq (bucket INTEGER PRIMARY KEY, seq INTEGER NOT NULL);

  CREATE TABLE metric_peers (no INTEGER PRIMARY KEY, peer TEXT NOT NULL UNIQUE);
  CREATE TABLE metric_names (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE samples (
    peer INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    at INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (peer, metric, at)
  ) WITHOUT ROWID;
  CREATE TABLE minutes (
    peer INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    at INTEGER NOT NULL,
    min REAL NOT NULL,
    sum REAL NOT NULL,
    max REAL NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (peer, metric, at)
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE tallies (
    bucket INTEGER NOT NULL,
    author BLOB NOT NULL,
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (bucket, author)
  ) WITHOUT ROWID;
  INSERT INTO tallies
    SELECT bucket, author, count(*), sum(length(bytes) + 84 + 128 * (coalesce(length(attestations), 0) / 110))
    FROM records GROUP BY bucket, author;
  `,
  `
  ALTER TABLE records ADD COLUMN channel TEXT;
  CREATE INDEX records_attested ON records (row) WHERE attestations IS NOT NULL;
  CREATE TABLE buried (
    bucket INTEGER NOT NULL,
    id BLOB NOT NULL,
    author BLOB NOT NULL,
    valid_until INTEGER NOT NULL,
    attestations BLOB NOT NULL,
    PRIMARY KEY (bucket, id)
  ) WITHOUT ROWID;
  CREATE INDEX buried_by_end ON buried (valid_until);
  CREATE INDEX buried_by_author ON buried (bucket, author, valid_until);
  `,
  `
  CREATE TABLE swarm (id TEXT NOT NULL);
  `,
]

/** Brings the schema up to date, each step in its own transaction. Throws UNSUPPORTED for one of a later release. */
export function migrate(connection: DatabaseSync): void {
  const { user_version: version } = connection.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > migrations.length) {
    throw new SwarmError(
      'UNSUPPORTED',
      `The database was written by a newer dt-swarm (schema ${version}, this one knows ${migrations.length}). Update dt-swarm.`,
      { detail: { version } },
    )
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    connection.exec(`BEGIN IMMEDIATE; ${migration}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}
