/**
 * Parses the text of a file that holds secrets. JSON.parse quotes the text in its errors, and errors are logged: here they
 * tell only that it is no JSON. Throws SyntaxError.
 */
export function parseSecretJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new SyntaxError('it is no JSON')
  }
}
