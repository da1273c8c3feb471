import assert from 'node:assert/strict'
import test from 'node:test'
import { depositAddress } from '../support/daemon.mjs'
import { range, toUnits, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

test('payments that are not as asked', async t => {
  const world = await World.open(t, { settings: { intents: { late_window_s: 60 } } })
  const { api, chain } = world
  /** Late is judged by the block's time, which counts whole seconds and so trails the daemon's clock. */
  const chainIsPast = async intent => {
    await until('the chain\'s clock is past the expiry', async () =>
      Number((await chain.rpc('eth_getBlockByNumber', ['latest', false])).timestamp) * 1000 > Date.parse(intent.expires_at))
    return intent
  }
  const expired = async seconds => {
    const intent = await world.intent({ expires_in: seconds })
    return chainIsPast(await world.intentBecomes(intent.id, 'expired'))
  }
  const suspended = (hash, reason) => world.transferBecomes(hash, x => x.status === 'finalized' && x.disposition === 'suspense' && x.reason === reason)

  await t.test('two transfers in one transaction both count', async () => {
    const intent = await world.intent()
    const to = world.addressOf(intent)
    const hash = await chain.transferMany([['USDC', to, toUnits('10')], ['ROGUE', to, 99n], ['USDC', to, toUnits('15')]])
    const paid = await world.intentBecomes(intent.id, 'succeeded')
    assert.deepEqual([paid.amount_received, paid.labels], ['25.00', []])
    assert.equal((await world.transfersOf(hash)).length, 2, 'the unregistered token is not money')
  })

  await t.test('a part, then the rest', async () => {
    const intent = await world.intent()
    await world.pay(intent, '10')
    const part = await world.intentBecomes(intent.id, i => i.status === 'partially_paid' && i.amount_received === '10.00')
    assert.equal(part.amount_remaining, '15.00')
    await world.pay(intent, '15')
    const paid = await world.intentBecomes(intent.id, 'succeeded')
    assert.deepEqual([paid.amount_remaining, paid.transfers.length, paid.labels], ['0.00', 2, []])
  })

  await t.test('too much is the merchant\'s, labelled overpaid, and so is a second payment', async () => {
    const intent = await world.intent()
    await world.pay(intent, '30')
    const over = await world.intentBecomes(intent.id, 'succeeded')
    assert.deepEqual([over.amount_received, over.amount_remaining, over.labels], ['30.00', '0.00', ['overpaid']])
    await world.pay(intent, '5')
    await world.intentBecomes(intent.id, i => i.amount_received === '35.00')
  })

  await t.test('a part of an expired intent is underpaid, and paid in full later it is late', async () => {
    const intent = await world.intent({ expires_in: 2 })
    await world.pay(intent, '10')
    await chainIsPast(await world.intentBecomes(intent.id, i => i.status === 'expired' && i.labels.includes('underpaid')))
    await world.pay(intent, '15')
    const late = await world.intentBecomes(intent.id, 'succeeded')
    assert.ok(late.labels.includes('late'), late.labels.join())
  })

  await t.test('late inside the window succeeds with the label late', async () => {
    const intent = await expired(1)
    await world.pay(intent)
    const late = await world.intentBecomes(intent.id, 'succeeded')
    assert.deepEqual(late.labels, ['late'])
  })

  await t.test('a canceled intent takes no money: suspense, canceled', async () => {
    const intent = await world.intent()
    const canceled = await api.post(`/v1/payment_intents/${intent.id}/cancel`)
    assert.equal(canceled.status, 'canceled')
    const transfer = await suspended(await world.pay(intent), 'canceled')
    assert.equal(transfer.amount, '25.00')
    assert.equal((await api.get(`/v1/payment_intents/${intent.id}`)).status, 'canceled')
  })

  await t.test('a registered token that the intent does not accept: suspense', async () => {
    const intent = await world.intent()
    await suspended(await world.pay(intent, '25', 'DAI'), 'token_not_accepted')
    assert.equal((await api.get(`/v1/payment_intents/${intent.id}`)).status, 'requires_payment')
  })

  await t.test('an address of ours without an intent: suspense, no_intent', async () => {
    const handedOut = (await world.platform.all('/v1/payment_intents')).map(i => world.addressOf(i))
    const next = Math.max(...range(60, depositAddress).map((a, i) => (handedOut.includes(a) ? i : -1))) + 1
    const transfer = await suspended(await chain.transfer('USDC', depositAddress(next + 3), toUnits('7')), 'no_intent')
    assert.equal(transfer.payment_intent, null)
  })

  await t.test('nothing moves for nothing: transfers of zero', async () => {
    const intent = await world.intent()
    const hash = await world.pay(intent, '0')
    const marker = await world.intent({ amount: '1.00' })
    await world.pay(marker)
    await world.intentBecomes(marker.id, 'succeeded')
    assert.deepEqual(await world.transfersOf(hash), [])
  })

  await t.test('18 decimals are exact', async () => {
    const intent = await world.intent({ currency: 'DAI', amount: '1.000001' })
    await chain.transfer('DAI', world.addressOf(intent), 1_000_001_000_000_000_001n)
    const paid = await world.intentBecomes(intent.id, 'succeeded')
    assert.equal(paid.amount_received, '1.000001000000000001')
    assert.deepEqual(paid.labels, ['overpaid'])
  })

  await t.test('the books equal the chain', async () => {
    const head = await chain.head()
    await world.becomes('/health', h => h.chains[0].finalized >= head)
    await world.audit()
  })

  await t.test('beyond the window: suspense, late', async () => {
    const intent = await expired(1)
    // The block's time judges. From here on the chain's clock is ahead, so this comes last.
    await chain.rpc('evm_increaseTime', [3600])
    await suspended(await world.pay(intent), 'late')
    assert.equal((await api.get(`/v1/payment_intents/${intent.id}`)).status, 'expired')
    await world.trialBalance()
  })
})

test('many payments at once, each counted once', async t => {
  const world = await World.open(t)
  const intents = await Promise.all(range(30, i => world.intent({ amount: `${i + 1}.00` })))
  for (const intent of intents) await world.pay(intent)
  await until('all have succeeded', async () => {
    const list = await world.platform.all('/v1/payment_intents')
    return list.every(i => i.status === 'succeeded' && i.labels.length === 0)
  })
  await world.balanceBecomes({ available: '465' })
  await world.audit()
})
