import assert from 'node:assert/strict'
import test from 'node:test'
import { until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

/** A world in which two nodes must say the same. `world.proxies` may lie; the chain itself is the last node. */
function quorum(t, proxies) {
  return World.open(t, {
    before: async world => {
      world.proxies = []
      for (let i = 0; i < proxies; ++i) world.proxies.push(await world.addProxy())
    },
    settings: world => ({
      chains: [{ evidence: 'quorum', min_agreeing_nodes: 2, nodes: [...world.proxies.map(p => p.url), world.chain.url], max_lag_s: 3 }],
    }),
  })
}
const isTransferTo = address => log => log.topics.length === 3 && log.topics[2].endsWith(address.slice(2).toLowerCase())
const chainOf = async world => (await world.platform.get('/health')).chains[0]

test('what one of three nodes withholds is credited, and the node is named with what it withholds', async t => {
  const world = await quorum(t, 2)
  const { proxies: [liar], daemon, platform } = world
  const intent = await world.intent()
  liar.faults = { dropLog: isTransferTo(world.addressOf(intent)) }
  await world.pay(intent)
  const paid = await world.intentBecomes(intent.id, 'succeeded', { within: 40_000 })
  assert.equal(paid.amount_received, '25.00')
  const node = new URL(liar.url).host
  await until('the liar is named', async () => (await chainOf(world)).nodes[0].disagreements > 0)
  const { nodes } = await chainOf(world)
  assert.equal(nodes[0].name, node)
  assert.deepEqual(nodes.slice(1).map(n => n.disagreements), [0, 0], JSON.stringify(nodes))
  assert.match(daemon.tail(1 << 20), new RegExp(`incident nodes_disagree: node ${node} of chain \\w+: .*it withholds log \\d+ of block \\d+ \\(transaction 0x`))
  const metrics = (await platform.request('GET', '/metrics')).text
  assert.match(metrics, new RegExp(`settled_node_disagreements_total\\{chain="\\w+",node="${node}"\\} [1-9]`))
  const [transfer] = (await world.api.get('/v1/transfers')).data
  assert.equal(transfer.evidence, 'quorum')
  liar.faults = {}
  await world.audit()
})

test('while two nodes that must agree do not, nothing is credited, and it is told who says what', async t => {
  const world = await quorum(t, 1)
  const { proxies: [liar] } = world
  const intent = await world.intent()
  liar.faults = { dropLog: isTransferTo(world.addressOf(intent)) }
  await world.pay(intent)
  const disagreeing = await until('the nodes disagree', async () => {
    const chain = await chainOf(world)
    return chain.detail.startsWith('nodes_disagree') && chain
  })
  assert.match(disagreeing.detail, /2 nodes must say the same; .* with [01] logs, digest 0x.*; .* with [01] logs/)
  assert.equal((await world.api.get(`/v1/payment_intents/${intent.id}`)).status, 'requires_payment')
  liar.faults = {}
  const paid = await world.intentBecomes(intent.id, 'succeeded', { within: 40_000 })
  assert.equal(paid.amount_received, '25.00')
  await world.audit()
})

test('one of three nodes that hangs or is down delays neither payments nor payouts for good', async t => {
  const world = await quorum(t, 2)
  const { proxies: [bad] } = world
  for (const faults of [{ hang: true }, { down: true }]) {
    bad.faults = faults
    await world.earn('50.00')
    const payout = await world.payout({ amount: '10.00' })
    await world.payoutBecomes(payout.id, 'succeeded')
  }
  bad.faults = {}
  await world.audit()
  await world.verifyBooks()
})
