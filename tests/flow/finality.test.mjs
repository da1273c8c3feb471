import assert from 'node:assert/strict'
import test from 'node:test'
import { Anvil } from '../support/anvil.mjs'
import { randomAddress, toUnits, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

const chainOf = async world => (await world.platform.get('/health')).chains[0]
const becomes = (world, what, is) => until(what, async () => {
  const chain = await chainOf(world)
  return is(chain) && chain
}, { within: 60_000 })

test('a reorganisation below the final block stops credits and payouts of the chain, and nothing is deleted', async t => {
  const world = await World.open(t, {
    mineEvery: 0,
    before: async opened => {
      opened.proxy = await opened.addProxy()
      // The same contracts at the same addresses, in other blocks.
      opened.other = await Anvil.start()
      opened.closeWith(() => opened.other.stop())
    },
    settings: opened => ({ chains: [{ finality: 4, confirmations: 2, nodes: [opened.proxy.url] }] }),
  })
  const { chain, other, proxy, daemon } = world
  const intent = await world.intent()
  const hash = await world.pay(intent)
  await chain.mine(8)
  await world.balanceBecomes({ available: '25', pending: '0' })

  // Another branch grows from below what is final: no node tells our chain any more.
  await other.mine(await chain.head() - await other.head() + 3)
  proxy.upstream = other.url
  const halted = await becomes(world, 'the chain is halted', c => c.state === 'halted')
  assert.match(JSON.stringify(halted), /finality_violation/)
  const metrics = (await world.platform.request('GET', '/metrics')).text
  assert.match(metrics, /settled_chain_finality_violations_total\{chain="\w+"\} 1/)
  assert.match(daemon.tail(1 << 20), /incident finality_violation: chain \w+: block \d+ was final/)
  assert.match(daemon.tail(1 << 20), /chain \w+ is halted, its credits and payouts stop: finality_violation: block \d+ was final/)
  const told = await until('the incident is an event', async () => {
    const events = (await world.platform.events()).filter(event => event.data.object.code === 'finality_violation')
    return events.length > 0 && events
  })
  assert.deepEqual(told.map(({ type, data: { object } }) => [type, object.chain, object.node]), [['incident.reported', halted.name, null]])

  // Nothing was deleted, and nothing moves.
  await world.transferBecomes(hash, 'finalized')
  await world.balanceBecomes({ available: '25', pending: '0' })
  const late = await world.intent()
  await other.transfer('USDC', world.addressOf(late), toUnits('25'))
  const destination = randomAddress()
  const payout = await world.payout({ amount: '5.00', destination })
  await other.mine(10)
  const waits = () => until('the payout waits for the chain', async () => (await world.api.get(`/v1/payouts/${payout.id}`)).waiting_for === 'chain')
  await waits()
  // A start is no reason to believe the chain.
  await daemon.stop()
  await daemon.start({ probe: '/livez' })
  await becomes(world, 'the chain is halted again', c => c.state === 'halted')
  await waits()
  assert.equal((await world.api.get(`/v1/payment_intents/${late.id}`)).status, 'requires_payment')
  assert.deepEqual(proxy.raws, [])
  assert.equal((await chainOf(world)).state, 'halted')

  // The nodes tell our chain again: it goes on by itself.
  proxy.upstream = chain.url
  await chain.mine(20)
  await becomes(world, 'the chain is followed again', c => c.state === 'following')
  await world.payoutBecomes(payout.id, 'submitted')
  await chain.mine(8)
  await world.payoutBecomes(payout.id, 'succeeded')
  assert.equal(await chain.balance('USDC', destination), toUnits('5'))
  assert.equal((await world.api.get(`/v1/payment_intents/${late.id}`)).status, 'requires_payment')
  await world.audit()
  await world.verifyBooks()
})
