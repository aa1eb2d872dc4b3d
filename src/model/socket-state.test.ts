import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseState, socketStates, stateName } from './socket-state.ts'

test('a state is known by its name, as ss and netstat write it', () => {
  for (const state of socketStates) assert.equal(parseState(state), state)
  assert.deepEqual(['estab', 'TIME-WAIT', 'fin-wait-1', 'FIN_WAIT2', 'syn-recv', 'Listen'].map(parseState), [
    'ESTABLISHED',
    'TIME_WAIT',
    'FIN_WAIT1',
    'FIN_WAIT2',
    'SYN_RECV',
    'LISTEN',
  ])
  assert.throws(() => parseState('open'), SyntaxError)
})

test("the kernel's numbers", () => {
  assert.deepEqual([1, 2, 3, 12, 6, 10].map(stateName), [
    'ESTABLISHED',
    'SYN_SENT',
    'SYN_RECV',
    'SYN_RECV',
    'TIME_WAIT',
    'LISTEN',
  ])
})
