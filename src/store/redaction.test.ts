import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredRecord } from '../model/record.ts'
import { recordsOf } from './observation-records.ts'
import { recordedIncidents, recordedSteps } from './recorded-steps.ts'
import { Redaction } from './redaction.ts'
import { activityOf, container, incident, ledger, namespaceOf, owner, socket, stepOf } from './step-examples.ts'

/** Names that would be found again if one was left anywhere. */
const secrets = {
  host: 'secret-host.example.org',
  comm: 'sécret"comm',
  service: 'secret service $& \\1',
  containerName: 'secret\u001b[31mcontainer',
  image: 'registry.secret.example/app:1',
  project: 'secretproject',
  unit: 'secret.service',
  peer: '203.0.113.77',
  local: '2001:db8:5ec2:e7::1',
  peerName: 'db.secret.example.org',
}

function records(): StoredRecord[] {
  const hidden = {
    ...container,
    name: secrets.containerName,
    image: secrets.image,
    compose: { project: secrets.project, service: 'secretcompose' },
    pod: { uid: 'secretuid', name: 'secretpod', namespace: 'secretns', workload: 'secretworkload' },
  }
  const task = {
    ...owner,
    comm: secrets.comm,
    identity: {
      container: hidden,
      unit: secrets.unit,
      service: secrets.service,
      cgroupPath: `/secret.slice/${hidden.id}`,
    },
  }
  const pair = {
    ...socket,
    local: { address: secrets.local, port: 40_000 },
    peer: { address: secrets.peer, port: 5432, name: secrets.peerName },
  }
  const activity = activityOf(5, [1e6])
  const process = { ...activity.edge.process!, comm: secrets.comm, identity: task.identity }
  const edge = { ...activity.edge, process, peerAddress: secrets.peer, peerName: secrets.peerName }
  return recordsOf(
    stepOf(
      {
        edges: [{ ...activity, edge }],
        failures: [{ owner: task, socket: pair, error: 'ECONNREFUSED', count: 5, firstNs: 12 }],
        drops: [{ reason: 'NO_SOCKET', count: 1, owners: [task], socket: pair, firstNs: 1 }],
        pickups: [{ reader: task, socket: pair, count: 10, waitedNs: 2e9, longestNs: 210e6, firstNs: 5 }],
        exchanges: [{ ...ledger, socket: pair, owner: task }],
        slowTimes: [{ timeNs: 1, owner: task, what: 'send', latencyNs: 6 }],
        series: [{ process, points: [{ timeNs: 1, bytes: 2 }] }],
        states: [{ state: 'CLOSE_WAIT', owner: task, netns: 1, peer: pair.peer, before: 5, now: 45 }],
        namespaces: [{ before: undefined, now: namespaceOf({ inSegs: 5 }) }],
      },
      {
        host: secrets.host,
        incidents: [
          { ...incident, sample: { ...incident.sample, task, socket: pair }, ledger: { ...ledger, owner: task } },
        ],
        diagnosis: {
          findings: [
            {
              cause: 'connection-refused',
              culprit: process,
              sentence: `${secrets.comm} is refused by ${secrets.peer}`,
              sinceNs: undefined,
              evidence: [`5 by ${secrets.peer}`],
              confidence: 1,
              weight: 1,
              confirm: `wirelag trace --peer ${secrets.peer}`,
              advice: `ask ${secrets.service}`,
            },
          ],
          ruledOut: [],
          unjudged: [],
        },
      },
    ),
  )
}

function redacted(originals: readonly StoredRecord[]): StoredRecord[] {
  const redaction = new Redaction(originals)
  return originals.map((record) => redaction.record(record))
}

test('nothing of the original is left', () => {
  const text = JSON.stringify(redacted(records()))
  for (const secret of [...Object.values(secrets), container.id ?? '', '203.0.113']) {
    assert.ok(!text.includes(JSON.stringify(secret).slice(1, -1)), secret)
  }
  assert.ok(!/s[eé]cret|5ec2/i.test(text), /.{40}s[eé]cret.{20}/i.exec(text)?.[0])
})

test('what has one name has one name after, and figures stay', () => {
  const originals = records()
  const [step] = recordedSteps(redacted(originals))
  const [before] = recordedSteps(originals)
  const [edge, failures] = [step!.observation.edges[0]!, step!.observation.failures[0]!]
  assert.equal(edge.edge.process?.comm, failures.owner.comm)
  assert.equal(edge.edge.peerAddress, failures.socket.peer.address)
  assert.match(edge.edge.peerAddress ?? '', /^198\.18\.0\.\d+$/)
  assert.match(failures.socket.local.address, /^2001:db8::/)
  assert.equal(edge.edge.process?.identity?.service, redacted(originals)[1]?.service)
  assert.equal(failures.error, 'ECONNREFUSED')
  assert.equal(failures.socket.peer.port, 5432)
  assert.deepEqual(edge.stages, before?.observation.edges[0]?.stages)
  assert.equal(step?.observation.states[0]?.state, 'CLOSE_WAIT')
  const [found] = recordedIncidents(redacted(originals))
  assert.equal(found?.incident.history?.events[0]?.what, 'receive')
  assert.deepEqual(found.incident.ledger?.stagesNs, ledger.stagesNs)
})

test('pseudonyms follow from the order alone, and are no name that somebody had', () => {
  const originals = records().map((record) => ({ ...record, service: record.service && 'host-1' }))
  const [first, second] = [redacted(originals), redacted(originals)]
  assert.deepEqual(first, second)
  assert.equal(first[0]?.host, 'host-2')
})
