import assert from 'node:assert/strict'
import http from 'node:http'
import test from 'node:test'
import { until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

/** Polls so seldom that what is seen soon was seen by the WebSocket. */
const SELDOM = 120_000
const socketOf = async world => {
  const { text } = await world.platform.request('GET', '/metrics')
  return /settled_node_heads_subscribed\{[^}]*\} (\d)/.exec(text)?.[1]
}

test('a new head on the WebSocket is looked at without waiting for the poll', async t => {
  const world = await World.open(t, {
    mineEvery: 0,
    settings: w => ({ chains: [{ poll_interval_ms: SELDOM, nodes: [{ url: w.chain.url, ws_url: w.chain.url.replace('http', 'ws') }] }] }),
  })
  await until('the node is listened to', async () => (await socketOf(world)) === '1')
  const sink = await world.listen()
  const intent = await world.intent()
  await world.pay(intent)
  await world.chain.mine()
  await sink.delivered('transfer.seen')
  await world.chain.mine(4)
  await world.intentBecomes(intent.id, 'succeeded')
})

test('a WebSocket that is not there, or no WebSocket, changes nothing but its metric', async t => {
  const server = http.createServer((_, response) => response.end('no')).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise(resolve => server.once('listening', resolve))
  const world = await World.open(t, {
    settings: w => ({ chains: [{ nodes: [{ url: w.chain.url, ws_url: `ws://127.0.0.1:${server.address().port}` }] }] }),
  })
  const intent = await world.intent()
  await world.pay(intent)
  await world.intentBecomes(intent.id, 'succeeded')
  assert.equal(await socketOf(world), '0')
})
