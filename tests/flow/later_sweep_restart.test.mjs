import assert from 'node:assert/strict'
import test from 'node:test'
import { NodeProxy } from '../support/node_proxy.mjs'
import { until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

test('a payment that was left out is found, proven and booked though the daemon was killed before another node could be asked', async t => {
  const world = await World.open(t, {
    before: async world => {
      world.proxies = await Promise.all([0, 1].map(() => NodeProxy.start(world.chain.url)))
      for (const proxy of world.proxies) world.closeWith(() => proxy.stop())
    },
    settings: world => ({ chains: [{ evidence: 'single', nodes: world.proxies.map(proxy => proxy.url), max_lag_s: 3 }] }),
  })
  const { proxies: [silent, honest], chain, daemon, platform } = world
  const missed = await world.intent()
  const address = world.addressOf(missed).slice(2).toLowerCase()
  const dropLog = log => log.topics.length === 3 && log.topics[2].endsWith(address)
  const emptyBloom = (method, result) => (method === 'eth_getBlockByNumber' && result ? { ...result, logsBloom: `0x${'00'.repeat(256)}` } : result)
  silent.faults = { dropLog, forge: emptyBloom }
  honest.faults = { down: true }
  const hash = await world.pay(missed)
  const paidBy = Number(await chain.rpc('eth_blockNumber', []))
  await until('the block was read', async () => (await platform.get('/health')).chains[0].finalized >= paidBy, { within: 40_000 })

  // Blocks without a payment are handed over late; one that is told of takes all before it into the books.
  silent.faults = { dropLog }
  const told = await world.intent({ amount: '7.00' })
  await world.transferBecomes(await world.pay(told), 'finalized', { within: 40_000 })
  assert.equal((await world.api.get(`/v1/payment_intents/${missed.id}`)).status, 'requires_payment')
  assert.deepEqual(await world.transfersOf(hash), [])
  await daemon.kill9()

  honest.faults = {}
  await daemon.start()
  const incident = await until('the transfer is missed', async () =>
    (await platform.events()).find(event => event.data.object.code === 'transfers_missed'), { within: 60_000 })
  assert.equal(incident.data.object.node, new URL(honest.url).host)
  assert.ok(incident.data.object.detail.endsWith(`(transaction ${hash})`), incident.data.object.detail)
  await world.intentBecomes(missed.id, 'succeeded', { within: 60_000 })
  const transfer = await world.transferBecomes(hash, 'finalized')
  assert.equal(transfer.evidence, 'proven')
  assert.equal((await world.transfersOf(hash)).length, 1)
  await world.audit()
  await world.verifyBooks()
})
