/** How long a fault or a load goes on that nobody disposes of. */
export const longestSeconds = 120
