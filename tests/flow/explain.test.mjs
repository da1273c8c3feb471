import assert from 'node:assert/strict'
import test from 'node:test'
import { until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

const codes = list => new Set(list.map(each => each.code))
const explain = (api, about) => api.get(`/v1/explain/${about}`)

test('a payment is explained by its hash from the first block to finality', async t => {
  const world = await World.open(t)
  const intent = await world.intent()
  const hash = await world.pay(intent)
  await world.intentBecomes(intent.id, 'succeeded')
  await until('it is final', async () => codes((await explain(world.api, hash)).findings).has('finalized'))
  const told = await explain(world.api, hash)
  assert.equal(told.kind, 'transaction')
  assert.ok(codes(told.findings).has('matched'))
  assert.equal(told.payment_intents.length + told.transfers.length, 1)
  assert.equal(told.transfers[0].payment_intent, intent.id)
  assert.deepEqual(told.chains.map(c => [c.outcome, c.state]), [['found', 'following']])
  const other = await world.addMerchant('another shop')
  assert.deepEqual([...codes((await explain(other.api, hash)).findings)], ['mined', 'not_your_address'])
})

test('what is no payment is explained too', async t => {
  const world = await World.open(t)
  const { chain, api } = world
  const intent = await world.intent()
  const deposit = world.addressOf(intent)

  const coin = await chain.send({ to: deposit, value: '0x3039' })
  await until('the coin is mined', () => chain.receipt(coin))
  const ofCoin = await explain(api, coin)
  assert.ok(codes(ofCoin.findings).has('coin_not_accepted'), JSON.stringify(ofCoin))
  assert.match(ofCoin.findings.find(f => f.code === 'coin_not_accepted').detail, /12345 wei/)
  assert.equal(ofCoin.payment_intents[0].id, intent.id)

  const nothing = await explain(api, `0x${'12'.repeat(32)}`)
  assert.deepEqual([...codes(nothing.findings)], ['transaction_not_found'])
  assert.equal((await explain(api, deposit)).payment_intents[0].id, intent.id)
  assert.equal((await api.request('GET', '/v1/explain/0x12')).status, 400)
})

test('a node that does not answer is named and holds up nobody', async t => {
  const world = await World.open(t, {
    before: async world => { world.proxy = await world.addProxy() },
    settings: world => ({ chains: [{ nodes: [world.proxy.url] }] }),
  })
  const intent = await world.intent()
  const hash = await world.pay(intent)
  await world.intentBecomes(intent.id, 'succeeded')
  world.proxy.faults = { down: true }
  const told = await explain(world.api, hash)
  assert.ok(codes(told.findings).has('matched'), 'the books know it')
  assert.ok(codes(told.findings).has('chain_unavailable'))
  assert.equal(told.chains[0].outcome, 'unavailable')
  assert.ok(codes(told.next).has('ask_again'))
})
