import assert from 'node:assert/strict'
import test from 'node:test'
import { NodeProxy } from '../support/node_proxy.mjs'
import { until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

test('a payment that the one node that was believed left out is told of once another node answers, proven and booked', async t => {
  const world = await World.open(t, {
    before: async world => {
      world.proxies = await Promise.all([0, 1].map(() => NodeProxy.start(world.chain.url)))
      for (const proxy of world.proxies) world.closeWith(() => proxy.stop())
    },
    settings: world => ({ chains: [{ evidence: 'single', nodes: world.proxies.map(proxy => proxy.url), max_lag_s: 3 }] }),
  })
  const { proxies: [silent, honest], chain, daemon, platform } = world
  const chainNow = async () => (await platform.get('/health')).chains[0]
  const intent = await world.intent()
  const address = world.addressOf(intent).slice(2).toLowerCase()
  // By number, by hash, and in the bloom of the header: nothing says that something is missing.
  silent.faults = {
    dropLog: log => log.topics.length === 3 && log.topics[2].endsWith(address),
    forge: (method, result) => (method === 'eth_getBlockByNumber' && result ? { ...result, logsBloom: `0x${'00'.repeat(256)}` } : result),
  }
  honest.faults = { down: true }
  await world.pay(intent)
  const paidBy = Number(await chain.rpc('eth_blockNumber', []))
  await until('the block is final', async () => (await chainNow()).finalized >= paidBy, { within: 40_000 })
  assert.equal((await world.api.get(`/v1/payment_intents/${intent.id}`)).status, 'requires_payment')

  honest.faults = {}
  const told = await until('the transfer is missed', async () =>
    (await platform.events()).find(event => event.data.object.code === 'transfers_missed'), { within: 150_000 })
  assert.equal(told.type, 'incident.reported')
  assert.equal(told.data.object.node, new URL(honest.url).host)
  assert.match(told.data.object.detail, /^the node tells transfers of ours that are not in the books: log \d+ of block \d+ \(transaction 0x[0-9a-f]{64}\)$/)
  assert.match(daemon.tail(1 << 20), /incident transfers_missed: node /)
  await world.intentBecomes(intent.id, 'succeeded', { within: 60_000 })
  assert.match(daemon.tail(1 << 20), /what was missed in block \d+ of chain \w+ is proven and booked/)
  const { data: [transfer] } = await world.api.get(`/v1/transfers?payment_intent=${intent.id}`)
  assert.deepEqual([transfer.status, transfer.evidence], ['finalized', 'proven'])
  assert.ok((await world.api.get(`/v1/transfers/${transfer.id}/proof`)).proof)
  await world.audit()
})
