import type { LogPreview } from '../../../shared/log-views.ts'
import { plural } from '../../format.ts'
import { NumberCharts } from './NumberCharts.tsx'
import { ScrollBox } from './ScrollBox.tsx'

/** Wider or longer tables are read in a program made for that. */
const maxColumns = 30
const maxRows = 30

/** The first rows of a table, and its first numbers as curves. */
export function TablePreview({ preview }: { readonly preview: Extract<LogPreview, { kind: 'table' }> }) {
  const { columns, rows, numbers } = preview
  const shown = columns.slice(0, maxColumns)
  return (
    <>
      <ScrollBox className="sheet" label="First rows">
        <table>
          <thead>
            <tr>
              {shown.map((column, i) => (
                <th key={`${i} ${column}`} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, maxRows).map((row, r) => (
              <tr key={r}>
                {shown.map((column, i) => (
                  <td key={`${i} ${column}`}>{row[i] ?? ''}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {columns.length > maxColumns ? (
        <p className="dim">and {plural(columns.length - maxColumns, 'column')} more</p>
      ) : null}
      {numbers.length > 0 ? <NumberCharts numbers={numbers} /> : null}
    </>
  )
}
