/** What the window says over its port, besides calls, of each message that it has taken: a port itself does not tell how much waits in it. */
export const takenWord = 'taken'
