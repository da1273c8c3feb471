import assert from 'node:assert/strict'
import test from 'node:test'
import { hex, random, randomAddress, range, toUnits, until } from '../support/util.mjs'
import { CHAIN, World, same } from '../support/world.mjs'

const FEES = { bps: 290, fixed: '0.30' }

test('fees and refunds: what a payment brings, what it costs, and back to the payer', async t => {
  const world = await World.open(t, { mineEvery: 0, settings: { fees: FEES } })
  const { api, chain, platform } = world
  const sink = await world.listen()
  const payer = randomAddress()
  const refund = (intent, fields = {}) => [`/v1/payment_intents/${intent.id}/refunds`, { amount: '10.00', chain: CHAIN, destination: payer, ...fields }]
  const income = async () => {
    const accounts = await platform.all('/v1/ledger/accounts')
    return accounts.find(a => a.code === 'income:fees:USDC')?.posted.credits ?? '0.00'
  }
  const intent = await world.intent({ amount: '25.00' })
  assert.deepEqual(intent.fee, { ...FEES, charged: '0.00' })
  await api.refused(422, 'amount_too_small', 'POST', '/v1/payment_intents', { amount: '0.30', currency: 'USDC' })

  const hash = await world.pay(intent)
  await t.test('confirmed: pending is gross, nothing is charged, nothing can be refunded', async () => {
    await chain.mine(2)
    await world.balanceBecomes({ pending: '25', available: '0' })
    const seen = await world.transferBecomes(hash, 'confirmed')
    assert.equal(seen.fee, null)
    await api.refused(422, 'refund_exceeds_payment', 'POST', ...refund(intent))
  })
  await t.test('final: available is net, the transfer and the intent tell the fee, income has it', async () => {
    await chain.mine(4)
    await world.balanceBecomes({ pending: '0', available: '23.975' })
    assert.equal((await world.transferBecomes(hash, 'finalized')).fee, '1.025')
    assert.equal((await world.intentBecomes(intent.id, 'succeeded')).fee.charged, '1.025')
    same(await income(), '1.025')
    const { event } = await sink.delivered('transfer.finalized')
    assert.equal(event.data.object.fee, '1.025')
    await world.trialBalance()
  })

  await t.test('bad refunds are refused', async () => {
    await api.refused(422, 'refund_exceeds_payment', 'POST', ...refund(intent, { amount: '25.000001' }))
    await api.refused(422, 'insufficient_funds', 'POST', ...refund(intent, { amount: '23.98' }))
    await api.refused(422, 'invalid_destination', 'POST', ...refund(intent, { destination: world.addressOf(intent) }))
    await api.refused(400, 'unknown_field', 'POST', ...refund(intent, { currency: 'USDC' }))
    await api.refused(400, 'idempotency_key_required', 'POST', ...refund(intent), { key: null })
    const stranger = (await world.addMerchant('another')).api
    await stranger.refused(404, 'not_found', 'POST', ...refund(intent))
    await world.balanceBecomes({ available: '23.975', reserved: '0' })
  })

  await t.test('a part goes back to the payer on the chain', async () => {
    const [path, body] = refund(intent, { reason: 'too cold', metadata: { ticket: '7' } })
    const key = random()
    const answers = await Promise.all(range(5, () => api.request('POST', path, body, { key })))
    const made = answers.filter(a => a.status === 201).map(a => a.body)
    assert.equal(new Set(made.map(r => r.id)).size, 1)
    const [first] = made
    assert.match(first.id, /^re_[0-9a-z]{26}$/)
    assert.deepEqual([first.payment_intent, first.reason, first.metadata], [intent.id, 'too cold', { ticket: '7' }])
    same((await api.get(`/v1/payment_intents/${intent.id}`)).amount_refunded, '10')
    await world.payoutBecomes(first.payout, 'submitted')
    await chain.mine()
    await world.becomes(`/v1/refunds/${first.id}`, 'confirming')
    await chain.mine(5)
    await world.becomes(`/v1/refunds/${first.id}`, 'succeeded')
    assert.equal(await chain.balance('USDC', payer), toUnits('10'))
    await world.balanceBecomes({ available: '13.975', reserved: '0' })
    await sink.delivered('refund.succeeded', { about: first.id })
    const told = sink.events().filter(e => e.data.object.id === first.id)
    assert.deepEqual(told.map(e => e.type), ['refund.created', 'refund.submitted', 'refund.succeeded'])
    assert.deepEqual(told.map(e => e.data.object.status), ['queued', 'submitted', 'succeeded'])
    const feed = (await api.events()).map(e => e.type)
    for (const type of ['created', 'submitted', 'succeeded']) assert.equal(feed[feed.indexOf(`payout.${type}`) + 1], `refund.${type}`)
    same(await income(), '1.025', 'the fee stays')
  })

  await t.test('two keys at once for all that is left: one refund', async () => {
    await world.intent({ amount: '40.00' }).then(other => world.pay(other))
    await chain.mine(6)
    await until('the other money is there', async () => toUnits((await world.balance()).available, 18) > toUnits('50', 18))
    const answers = await Promise.all(range(2, () => api.request('POST', ...refund(intent, { amount: '15.00' }))))
    assert.deepEqual(answers.map(a => a.body.code ?? a.status).sort(), [201, 'refund_exceeds_payment'].sort())
    const { id, payout } = answers.find(a => a.status === 201).body
    await world.payoutBecomes(payout, p => p.status !== 'queued')
    await chain.mine(6)
    await world.becomes(`/v1/refunds/${id}`, 'succeeded')
    assert.equal(await chain.balance('USDC', payer), toUnits('25'))
    await api.refused(422, 'refund_exceeds_payment', 'POST', ...refund(intent, { amount: '0.000001' }))
    assert.equal((await api.all(`/v1/payment_intents/${intent.id}/refunds`)).length, 2)
    assert.equal((await api.all(`/v1/refunds?status=succeeded&payment_intent=${intent.id}`)).length, 2)
  })

  await t.test('one that reverts on the chain fails, and can be made again', async () => {
    const third = await world.intent({ amount: '20.00' })
    await world.pay(third)
    await chain.mine(6)
    await world.intentBecomes(third.id, i => i.fee.charged !== '0.00')
    const blocked = randomAddress()
    const before = await world.balance()
    const made = await api.post(...refund(third, { amount: '20.00', destination: blocked }))
    await world.payoutBecomes(made.payout, 'submitted')
    await chain.write(chain.tokens.USDC, 'blacklist', [blocked], undefined, { gasPrice: hex(10n ** 12n) })
    await chain.mine(6)
    await world.becomes(`/v1/refunds/${made.id}`, 'failed')
    assert.equal((await api.get(`/v1/payment_intents/${third.id}`)).amount_refunded, '0.00')
    await world.balanceBecomes({ available: before.available, reserved: '0' })
    const again = await api.post(...refund(third, { amount: '20.00' }))
    await world.payoutBecomes(again.payout, p => p.status !== 'queued')
    await chain.mine(6)
    await world.becomes(`/v1/refunds/${again.id}`, 'succeeded')
    assert.equal(await chain.balance('USDC', payer), toUnits('45'))
  })

  await t.test('the fees of all payments are the income, and the books verify', async () => {
    const transfers = await platform.all('/v1/transfers?direction=in&status=finalized&disposition=matched')
    const fees = transfers.reduce((sum, x) => sum + toUnits(x.fee ?? '0', 18), 0n)
    assert.equal(toUnits(await income(), 18), fees)
    await world.audit()
    await world.verifyBooks()
  })
})

test('a refund needs the approval that a payout needs', async t => {
  const world = await World.open(t, { settings: { payouts: { approvals_required: 1 } } })
  const intent = await world.intent({ amount: '20.00' })
  await world.pay(intent)
  await world.balanceBecomes({ available: '20' })
  const maker = await world.addKey(world.merchant, ['payouts', 'payouts.approve'])
  const checker = await world.addKey(world.merchant, ['payouts.approve'])
  const create = () => maker.post(`/v1/payment_intents/${intent.id}/refunds`, { amount: '20.00', chain: CHAIN, destination: randomAddress() })
  const first = await create()
  assert.equal(first.status, 'pending_approval')
  await maker.refused(403, 'maker_is_checker', 'POST', `/v1/payouts/${first.payout}/approve`, {})
  await checker.post(`/v1/payouts/${first.payout}/reject`)
  assert.equal((await world.api.get(`/v1/refunds/${first.id}`)).status, 'rejected')
  await world.balanceBecomes({ available: '20', reserved: '0' })
  const second = await create()
  await checker.post(`/v1/payouts/${second.payout}/approve`)
  await world.becomes(`/v1/refunds/${second.id}`, 'succeeded', { within: 40_000 })
  assert.equal(await world.chain.balance('USDC', second.destination), toUnits('20'))
})
