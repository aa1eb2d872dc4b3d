import type { PointName } from './probe-points.ts'

/** Something wirelag tells, and the points it comes from. */
export interface SignalSpec {
  title: string
  /** Without one of these the signal is off. */
  requires: readonly PointName[]
  /** Without one of these it is on, and something is lost. */
  improves: Partial<Record<PointName, string>>
  lostWithout: string
}

export const signalSpecs = {
  connect: {
    title: 'connections opened from here',
    requires: ['connectionState'],
    improves: {
      connectCall: 'connects that fail before a SYN is sent (no route, no free port) are not seen',
      existingSockets: 'connects that were under way at start have no owner',
    },
    lostWithout: 'who connects to whom, how long the handshake took, which connects fail',
  },
  accept: {
    title: 'connections accepted here',
    requires: ['connectionState'],
    improves: {
      acceptCall: 'the accept queue wait is unknown, and the owner known only from its first read',
      acceptFirstUse: 'what io_uring accepts has no owner',
      connectionDestroyed: 'connections that end before they are accepted stay in the table',
    },
    lostWithout: 'who accepts from whom, and how long connections wait in the accept queue',
  },
  close: {
    title: 'connections closed',
    requires: ['connectionState'],
    improves: {
      existingSockets: 'connections that were open at start have no known owner',
      existingOwners: 'connections that were open at start have no known owner',
    },
    lostWithout: 'how long connections live, their bytes, retransmits and round-trip time',
  },
  state: {
    title: 'changes of state',
    requires: ['connectionState'],
    improves: {
      acceptCall: 'connections that were accepted have no known owner until this side closes them',
      acceptFirstUse: 'what io_uring accepts has no owner',
      connectionDestroyed: 'connections that end before they are accepted stay in the table',
      existingSockets: 'connections that were open at start have no known owner',
      existingOwners: 'connections that were open at start have no known owner',
    },
    lostWithout: 'how sockets go from state to state',
  },
  pickup: {
    title: 'receive pickup',
    requires: ['receiveQueued', 'receiveRead'],
    improves: {
      existingSockets: 'data that was unread at start is not seen',
      receiveForgotten: 'a new socket may be told the wait of one that is gone',
    },
    lostWithout: 'how long received data waits for its reader',
  },
  send: {
    title: 'send block',
    requires: ['sendCall'],
    improves: {
      sendPage: 'what is sent by sendfile() is not seen',
      receiveForgotten: 'a new socket may be told a send of one that is gone',
    },
    lostWithout: 'how long programs are held up when they send, and by whom',
  },
  udpPickup: {
    title: 'receive pickup of UDP',
    requires: ['datagramQueued', 'datagramRead'],
    improves: {
      datagramDropped: 'datagrams dropped for want of receive buffer are not counted by process',
      datagramForgotten: 'a new socket may be told the wait of one that is gone',
    },
    lostWithout: 'how long received datagrams wait for their reader',
  },
  udpSend: {
    title: 'send calls of UDP',
    requires: ['datagramSent'],
    improves: { datagramForgotten: 'a new socket may be told a send of one that is gone' },
    lostWithout: 'how long programs are held up when they send datagrams',
  },
  retransmit: {
    title: 'retransmits',
    requires: ['retransmit'],
    improves: { retransmitSynAck: 'SYN-ACKs that are sent again are not seen' },
    lostWithout: 'which segments are sent again, why, and how long they stalled their connection',
  },
  reset: {
    title: 'resets',
    requires: ['resetReceived'],
    improves: { resetSent: 'resets that go out are not seen' },
    lostWithout: 'who resets connections',
  },
  drop: {
    title: 'dropped packets',
    requires: ['packetDropped'],
    improves: {},
    lostWithout: 'which packets the kernel drops, and why',
  },
  cgroup: {
    title: 'containers and units that come and go',
    requires: ['cgroupChanged'],
    improves: {},
    lostWithout: 'whose the sockets are of containers and units that end at once',
  },
  command: {
    title: 'a traced command (wirelag -- COMMAND)',
    requires: ['commandProcesses'],
    improves: {},
    lostWithout: 'following the children of a command',
  },
} as const satisfies Record<string, SignalSpec>

export type ProbeSignal = keyof typeof signalSpecs

export const probeSignals = Object.keys(signalSpecs) as ProbeSignal[]

/** Every point that some of the signals need or can use. */
export function pointsOf(signals: readonly ProbeSignal[]): PointName[] {
  const names = signals.flatMap((signal) => {
    const spec: SignalSpec = signalSpecs[signal]
    return [...spec.requires, ...(Object.keys(spec.improves) as PointName[])]
  })
  return [...new Set(names)]
}
