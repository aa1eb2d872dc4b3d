/** A stock Debian cloud kernel that the tests boot. To add one, add a line. */
export interface MatrixKernel {
  /** Debian suite whose newest cloud kernel is taken. */
  suite: string
  /** As the tables show it; no patch level, as suites move on. */
  name: string
}

export const matrixKernels: readonly MatrixKernel[] = [
  { suite: 'bullseye', name: '5.10 (bullseye)' },
  { suite: 'bookworm', name: '6.1 (bookworm)' },
  { suite: 'trixie', name: '6.12 (trixie)' },
  { suite: 'sid', name: '7.x (sid)' },
]
