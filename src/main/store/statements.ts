import type { StatementSync } from 'node:sqlite'
import type { Database } from './database.ts'

/** Statements prepared once: preparing costs more than most of them do. */
export class Statements {
  readonly #database: Database
  readonly #prepared = new Map<string, StatementSync>()

  constructor(database: Database) {
    this.#database = database
  }

  /** Rows come as objects. */
  get(text: string): StatementSync {
    return this.#prepared.get(text) ?? this.#prepare(text)
  }

  /** Rows come as arrays, which cost half as much; the same text is not asked for in both forms. */
  getForArrays(text: string): StatementSync {
    const prepared = this.#prepared.get(text)
    if (prepared !== undefined) return prepared
    const statement = this.#prepare(text)
    statement.setReturnArrays(true)
    return statement
  }

  #prepare(text: string): StatementSync {
    const statement = this.#database.connection.prepare(text)
    this.#prepared.set(text, statement)
    return statement
  }
}
