import type { Cause } from '../model/finding.ts'

/** What a finding means, for who reads it for the first time. */
export interface Explanation {
  title: string
  /** What happens, and why it hurts. */
  meaning: string
  /** What wirelag looks at. */
  evidence: string
  /** What to do. */
  fix: string
}

export const explanations: Record<Cause, Explanation> = {
  'slow-reader-busy': {
    title: 'A reader that computes',
    meaning:
      'Data has arrived and lies in the receive queue, but the thread that should read it is computing. The peer sees a slow server; the network is innocent.',
    evidence:
      'the wait of the oldest unread byte (pickup) over 10 ms, and a thread that was on a CPU for most of the time',
    fix: 'Profile the thread. Let another thread read, or split the work between two reads.',
  },
  'slow-reader-asleep': {
    title: 'A reader that does something else',
    meaning:
      'Data lies in the receive queue while the thread that should read it sleeps, or waits for a disk, a lock, or another peer.',
    evidence: 'pickup over 10 ms, and a thread that neither ran nor wanted a CPU',
    fix: 'Look what the thread waits for: /proc/PID/task/TID/wchan, strace -p. Read in a thread of its own.',
  },
  'slow-reader-no-cpu': {
    title: 'A reader without a CPU',
    meaning: 'The thread that should read is runnable, but others have the CPUs it may use.',
    evidence: "pickup over 10 ms, and the kernel's own run-queue delay of the thread (schedstat)",
    fix: 'Give it other CPUs or more weight, or move what competes with it.',
  },
  'slow-reader-throttled': {
    title: 'A reader whose CPU quota is used up',
    meaning: 'The cgroup of the thread has a CPU limit and has used it up: until the next period it may not run.',
    evidence: "pickup over 10 ms, and the cgroup's throttled time (cpu.stat)",
    fix: 'Raise the limit (docker update --cpus, CPUQuota=, resources.limits.cpu), or have it do less at once.',
  },
  'slow-accept': {
    title: 'Connections that are accepted late',
    meaning:
      'The kernel has completed the handshake, and the connection waits in the accept queue until the application calls accept(). Clients see a quick connect and a slow first answer.',
    evidence: 'the time from ESTABLISHED to the return of accept(), of each connection',
    fix: 'Accept in a thread of its own, or accept all that are there at once; do no work between two accepts.',
  },
  'accept-queue-overflow': {
    title: 'A full accept queue',
    meaning:
      'The application accepts so slowly that the accept queue is full. The kernel drops new SYNs and the last ACK of handshakes: clients wait 1, 3, 7 s.',
    evidence: 'ListenOverflows and ListenDrops of the namespace, while it was watched',
    fix: 'Accept faster. A longer queue (the backlog of listen(), net.core.somaxconn) helps against bursts only.',
  },
  'syn-filtered': {
    title: 'SYNs without an answer',
    meaning:
      'A SYN, or the SYN-ACK that answers it, is lost each time: a firewall that drops in silence, a wrong route, a host that is down. The SYN is sent again after 1, 3, 7 s.',
    evidence: 'SYNs that were sent again, with their owner, and no overflow of a listener on this host',
    fix: 'Look at firewalls and security groups on both sides, and at the route; try from another host.',
  },
  'connection-refused': {
    title: 'Nobody listens',
    meaning: 'The peer answers the SYN with a reset: no socket listens on that port, or a firewall rejects.',
    evidence: 'connects that ended with ECONNREFUSED, with who made them',
    fix: 'Start what should listen there, or correct the address.',
  },
  'packet-loss': {
    title: 'Packets are lost on the way',
    meaning:
      'Segments are not acknowledged and are sent again: after a timer of 200 ms that doubles, or at once where later segments tell of the loss. This host dropped none of them.',
    evidence: 'retransmits by type, the time of the timers, and no drop by this host',
    fix: 'Compare with other peers on the same path; look for full links, policers, bad cables.',
  },
  'local-drop': {
    title: 'This host drops packets itself',
    meaning:
      'A full queue of a device, a firewall or traffic control rule, or a full buffer of this very host drops packets.',
    evidence: "the kernel's own reasons for the packets that it dropped",
    fix: 'tc -s qdisc shows drops of queues, counters in nft list ruleset those of rules.',
  },
  'conntrack-full': {
    title: 'Connection tracking at its limit',
    meaning:
      'Every flow through a firewall or NAT has an entry in a table of limited size. When it is full, packets of new connections are dropped, while open ones go on: it looks like a flaky network.',
    evidence: 'nf_conntrack_count against nf_conntrack_max, and the drop and insert_failed counters of the namespace',
    fix: 'Raise net.netfilter.nf_conntrack_max and the hash size, shorten timeouts, or exempt traffic from tracking (notrack).',
  },
  'zero-window': {
    title: 'A peer that does not read',
    meaning: 'The peer has closed its window: its buffer is full as it does not read. Who sends is held up in send().',
    evidence: 'time in send calls that was waiting for room, with a closed window of the peer or an idle path',
    fix: 'Look at the peer: why is it slow to read? Do not send from a thread that must not wait; bound the queue before it.',
  },
  'send-buffer-small': {
    title: 'A send buffer that is too small for the path',
    meaning:
      'What is sent must stay in the send buffer until it is acknowledged, a round trip later. A small buffer on a long path lets little through, though the network and the peer could take more.',
    evidence: 'time in send calls that was waiting for room, with an open window and a long round trip',
    fix: 'Do not set SO_SNDBUF, or set it to bandwidth × round trip; see net.ipv4.tcp_wmem.',
  },
  'nagle-delayed-ack': {
    title: 'Nagle and delayed acknowledgements',
    meaning:
      'A request is written in two pieces. The second waits until the first is acknowledged (Nagle), and the peer delays that by 40 ms, as it waits for something to answer.',
    evidence:
      'requests that spend 40 ms on a wire whose round trip is far shorter, and late acknowledgements (DelayedACKs)',
    fix: 'Write the request at once (writev, a buffer), or set TCP_NODELAY.',
  },
  'path-queueing': {
    title: 'A queue on the way',
    meaning:
      'Packets stand in a full queue of a link on the path (bufferbloat): each round trip takes far longer than it could.',
    evidence: 'the smoothed round-trip time against the least that the connection has seen',
    fix: 'Shape what fills the link, use a fair queue (fq_codel, cake), or congestion control that keeps queues short (bbr).',
  },
  'close-wait-leak': {
    title: 'Connections that are never closed',
    meaning:
      'The peer has closed, and the application does not: the sockets stay in CLOSE_WAIT until descriptors run out.',
    evidence: 'sockets in CLOSE_WAIT by owner, and how many more there are than at the begin',
    fix: 'After a read that returns 0 must come close(): look for a path that forgets it.',
  },
  'time-wait-storm': {
    title: 'Thousands of sockets in TIME_WAIT',
    meaning: 'Who closes first keeps a connection in TIME_WAIT for 60 s. Many short connections use up local ports.',
    evidence: 'sockets in TIME_WAIT, against the local ports that there are to one peer',
    fix: 'Keep connections open; let the other side close first; net.ipv4.tcp_tw_reuse for clients.',
  },
  'port-exhaustion': {
    title: 'No local port left',
    meaning: 'Every local port for that peer is in use, or in TIME_WAIT: connect() fails with EADDRNOTAVAIL.',
    evidence: 'connects that failed with EADDRNOTAVAIL',
    fix: 'Use a pool; a wider net.ipv4.ip_local_port_range or more source addresses buy time.',
  },
  'no-pooling': {
    title: 'A connection for each request',
    meaning:
      'A client opens and closes a connection for each request: each costs a handshake, a TIME_WAIT, and slow start anew.',
    evidence: 'connections opened a second to one peer, how long they lived, and how little they carried',
    fix: 'Use a connection pool, or keep-alive.',
  },
  'syn-flood': {
    title: 'SYNs that never become connections',
    meaning:
      'Somebody sends SYNs and never ends the handshake, until the SYN queue is full and others are turned away.',
    evidence: 'half-open connections, SYN cookies sent, SYNs dropped',
    fix: 'Leave net.ipv4.tcp_syncookies at 1, raise tcp_max_syn_backlog, have the flood filtered upstream.',
  },
  'cpu-starvation': {
    title: 'Too few CPUs',
    meaning: 'Runnable tasks wait for CPUs: everything is late, and the network only looks slow.',
    evidence: 'CPU pressure (PSI), and several threads with sockets that lacked a CPU',
    fix: 'Find what computes, bound it, or give the host more.',
  },
  'memory-pressure': {
    title: 'Too little memory',
    meaning: 'Tasks wait for memory to be freed, or for pages from swap.',
    evidence: 'memory pressure (PSI), pages to and from swap, how often a cgroup was at its limit',
    fix: 'Find what takes the memory, bound it, or give the host more.',
  },
  'disk-full': {
    title: 'A full disk',
    meaning: 'Programs that cannot write logs or data stall or fail, which looks like a network fault from outside.',
    evidence: 'free bytes and inodes of the mounted file systems',
    fix: 'Free some: logs, images of containers, core dumps.',
  },
  'periodic-spike': {
    title: 'A spike that comes again and again',
    meaning: 'Every few minutes something is slow for a moment: a batch job, a log rotation, a backup.',
    evidence: 'slow samples at even distances, and a process whose activity falls on them',
    fix: 'Spread the job, bound its bandwidth or CPU, or move it.',
  },
}
