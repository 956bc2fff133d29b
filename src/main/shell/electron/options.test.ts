import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

describe("the desktop app's command line", () => {
  it('is a quiet start at home without any option', () => {
    expect(parseOptions([], {})).toEqual({
      home: join(homedir(), '.dt-swarm'),
      lab: 0,
      join: null,
      web: null,
      logLevel: 'info',
      settings: {},
    })
  })

  it('takes the home of the environment, and --home before it', () => {
    expect(parseOptions([], { DT_SWARM_HOME: '/tmp/env' }).home).toBe(resolve('/tmp/env'))
    expect(parseOptions(['--home', '/tmp/option'], { DT_SWARM_HOME: '/tmp/env' }).home).toBe(resolve('/tmp/option'))
  })

  it('takes channels, a TCP line that others come to among them, and leaves gossip out', () => {
    const { settings } = parseOptions(['--channel', 'listen:/ip4/0.0.0.0/tcp/1/dswarm-line', '--no-gossip'], {})
    expect(settings).toEqual({
      channels: [
        { address: '/ipfs-pubsub/records/dswarm-line', mode: 'dial', enabled: false },
        { address: '/ip4/0.0.0.0/tcp/1/dswarm-line', mode: 'listen', enabled: true },
      ],
    })
  })

  it("takes the daemon's options and the lab", () => {
    const options = parseOptions(
      [
        '--lab',
        '4',
        '--name',
        'desk',
        '--role=server',
        '--share',
        '/tmp/logs',
        '--no-mdns',
        '--web',
        '127.0.0.1:0',
      ].concat([
        '--downloads',
        '/tmp/got',
        '--listen',
        '/ip4/127.0.0.1/tcp/0',
        '--listen',
        '/ip4/127.0.0.1/udp/0/quic-v1',
        '--bootstrap',
        '/ip4/10.0.0.1/tcp/1',
      ]),
      {},
    )
    expect(options).toMatchObject({ lab: 4, web: '127.0.0.1:0' })
    expect(options.settings).toEqual({
      name: 'desk',
      role: 'server',
      shareDir: resolve('/tmp/logs'),
      downloadDir: resolve('/tmp/got'),
      mdns: false,
      listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/udp/0/quic-v1'],
      bootstrap: ['/ip4/10.0.0.1/tcp/1'],
    })
  })

  it("leaves Chromium's switches alone", () => {
    expect(parseOptions(['--no-sandbox', '--lang=de', '--remote-debugging-port=0', '--lab', '2'], {}).lab).toBe(2)
  })

  it.each([
    [['--lab', 'many'], /--lab many: wants a number/],
    [['--lab', '51'], /--lab 51/],
    [['--lab', '2.5'], /--lab 2.5/],
    [['--role', 'king'], /--role king: wants robot/],
    [['--log-level', 'loud'], /--log-level loud/],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(message)
  })
})
