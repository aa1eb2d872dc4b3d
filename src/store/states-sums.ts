import type { StatesBody } from './record-bodies.ts'

/** Of two processes at the same time. */
export function summedStates(sum: StatesBody, body: StatesBody): StatesBody {
  const states = new Map(sum.states.map((count) => [count.state, count]))
  for (const count of body.states) {
    const known = states.get(count.state)
    states.set(
      count.state,
      known
        ? {
            ...known,
            before: known.before + count.before,
            now: known.now + count.now,
            greatest: (known.greatest ?? 0) + (count.greatest ?? 0),
          }
        : count,
    )
  }
  return { ...sum, states: [...states.values()] }
}

/** Of one step after the other: a state that is not there any more has none. */
export function followedStates(sum: StatesBody, body: StatesBody): StatesBody {
  const later = new Map(body.states.map((count) => [count.state, count]))
  const kept = sum.states.map((count) => {
    const next = later.get(count.state)
    later.delete(count.state)
    return {
      ...count,
      now: next?.now ?? 0,
      peer: next?.peer ?? count.peer,
      greatest: Math.max(count.greatest ?? 0, next?.greatest ?? 0),
    }
  })
  return { ...sum, states: [...kept, ...later.values()] }
}
