import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runToEnd } from './wirelag.ts'

const refusals: [args: string, message: string][] = [
  ['trace --bad', "unknown option '--bad'"],
  ['nosuch', "there is no command 'nosuch'"],
  ['trace -p 0', '--pid: 0 is out of range: 1 to 4194304'],
  ['trace -p abc', "--pid: 'abc' is neither a number nor a range"],
  ['trace -p -5', "--pid: '-5' is neither a number nor a range"],
  ['trace --port 70000', '--port: 70000 is out of range: 0 to 65535'],
  ['trace --port 90-80', '--port: the range 90-80 runs backwards'],
  ['trace --port 80,', "--port: '80,' has an empty value"],
  ['trace --peer 10.0.0.0/33', "--peer: '10.0.0.0/33' is not a network: the prefix is a number from 0 to 32"],
  ['trace --host example', "--host: 'example' is not an IP address"],
  ['trace --slow 5', "--slow: '5' is not a duration: a number with its unit, as 5ms, 1.5s, 10m"],
  ['trace --netns nosuch', "--netns: there is no network namespace 'nosuch'"],
  ['trace -4 -6', '-4 and -6 exclude each other'],
  ['trace --count 0', "--count: '0' is not a number of rows"],
  ['trace --ring-size 5000', "--ring-size: '5000' is no power of two from 4K to 1G"],
  [`trace --port ${Array.from({ length: 33 }, (_, i) => i + 1).join(',')}`, '--port takes 32 values at most'],
  ['trace --cpu-budget x', "--cpu-budget: 'x' is not a percentage of a CPU"],
  ['pktlat 0', "MIN_US: '0' is not a delay in microseconds"],
  ['pktlat x', "MIN_US: 'x' is not a delay in microseconds"],
  ['pktlat 5 6', "too many arguments for 'pktlat'. Expected 1 argument but got 2: 5, 6."],
  ['pktlat -p x', "--pid: 'x' is neither a number nor a range"],
  ['pktlat -t 0', '--tid: 0 is out of range: 1 to 4194304'],
  ['pktlat -l 70000', '--lport: 70000 is out of range: 0 to 65535'],
  ['pktlat -p', "option '-p, --pid <PID>' argument missing"],
  ['--', 'there is no command after --'],
]

for (const [args, message] of refusals) {
  test(`usage error: wirelag ${args.length > 60 ? `${args.slice(0, 60)}…` : args}`, async () => {
    const { exitCode, stdout, stderr } = await runToEnd(args.split(' '))
    assert.deepEqual(
      { exitCode, stdout, firstLine: stderr.split('\n')[0] },
      { exitCode: 2, stdout: '', firstLine: `wirelag: ${message}` },
    )
    assert.doesNotMatch(stderr, /\n {4}at /)
  })
}

test('a PID that no process has is told, and is no usage error', async () => {
  const { exitCode, stderr } = await runToEnd(['trace', '-p', '4194304'])
  assert.deepEqual([exitCode, stderr], [1, 'wirelag: --pid 4194304: no such process is running\n'])
})

test('tcppktlat: -? --help --usage -h -V end well', async () => {
  for (const flag of ['-?', '--help', '-h']) {
    const { exitCode, stdout } = await runToEnd(['pktlat', flag])
    assert.equal(exitCode, 0)
    for (const option of [
      '-p, --pid',
      '-t, --tid',
      '-l, --lport',
      '-r, --rport',
      '-T, --timestamp',
      '-w, --wide',
      '-v, --verbose',
    ])
      assert.ok(stdout.includes(option), `${flag} shows ${option}`)
  }
  assert.match((await runToEnd(['pktlat', '--usage'])).stdout, /^Usage: wirelag pktlat \[-TwvV\?]/)
  assert.match((await runToEnd(['pktlat', '-V'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

test('help names every command and gives examples', async () => {
  const { exitCode, stdout } = await runToEnd(['--help'])
  assert.equal(exitCode, 0)
  for (const word of ['trace', 'pktlat', 'doctor', 'Examples:', '-- PROGRAM']) assert.ok(stdout.includes(word), word)
})
