import assert from 'node:assert/strict'
import test from 'node:test'
import { keccak256, parseTransaction } from 'viem'
import { hex, inParallel, random, randomAddress, range, toUnits, until } from '../support/util.mjs'
import { CHAIN, World, same } from '../support/world.mjs'

const order = (fields = {}) => ({ amount: '10.00', currency: 'USDC', chain: CHAIN, destination: randomAddress(), ...fields })

test('payouts', async t => {
  const world = await World.open(t)
  const { api, chain, daemon } = world
  await world.earn('1000.00')
  await world.earn('100.00', 'USDT')

  await t.test('a token that returns nothing is paid, too', async () => {
    const payout = await world.payout({ currency: 'USDT', amount: '12.34' })
    await world.payoutBecomes(payout.id, 'succeeded')
    assert.equal(await chain.balance('USDT', payout.destination), toUnits('12.34'))
  })

  await t.test('forty in flight: each is paid once, nonces have no gap', async () => {
    const payouts = await inParallel(range(40), 10, () => world.payout({ amount: '1.00' }))
    await until('all have succeeded', async () => {
      const list = await api.all('/v1/payouts?status=succeeded')
      return payouts.every(p => list.some(done => done.id === p.id))
    }, { within: 60_000 })
    for (const { destination } of payouts) assert.equal((await chain.transfers('USDC', { from: daemon.hot, to: destination })).length, 1)
    const nonces = (await api.all('/v1/payouts')).flatMap(p => p.transactions.map(x => x.nonce)).sort((a, b) => a - b)
    assert.deepEqual(nonces, range(nonces.length))
  })

  await t.test('reverted on the chain: failed, everything back, gas is the platform\'s', async () => {
    const before = await world.balance()
    await chain.stopMining()
    const payout = await world.payout({ amount: '20.00' })
    const { transactions: [{ tx_hash: hash }] } = await world.payoutBecomes(payout.id, 'submitted')
    // The blacklisting is mined first, since it pays more for its place.
    await chain.write(chain.tokens.USDC, 'blacklist', [payout.destination], undefined, { gasPrice: hex(10n ** 12n) })
    await chain.mine()
    assert.equal((await chain.receipt(hash)).status, '0x0', 'the transaction reverted')
    chain.mineEvery(100)
    const failed = await world.payoutBecomes(payout.id, 'failed')
    assert.ok(failed.failure.code, JSON.stringify(failed.failure))
    assert.ok(Number(failed.network_fee.amount) > 0)
    await world.balanceBecomes({ available: before.available, reserved: '0' })
    assert.equal(await chain.balance('USDC', payout.destination), 0n)
    await world.trialBalance()
  })

  await t.test('more than is available is refused and changes nothing', async () => {
    const before = await world.balance()
    await api.refused(422, 'insufficient_funds', 'POST', '/v1/payouts', order({ amount: '5000.00' }))
    assert.deepEqual(await world.balance(), before)
  })

  await t.test('destinations that would lose the money are refused', async () => {
    const intent = await world.intent()
    const destinations = {
      'zero': `0x${'00'.repeat(20)}`, 'the token contract': chain.tokens.USDC.address, 'a deposit address of ours': world.addressOf(intent),
      'a failed checksum': '0x52908400098527886E0F7030069857D2E4169Ee7', 'too short': '0x1234',
    }
    for (const destination of Object.values(destinations)) {
      const answer = await api.request('POST', '/v1/payouts', order({ destination }))
      assert.ok([400, 422].includes(answer.status), answer.text)
      if (destination.length === 42) assert.equal(answer.body.code, 'invalid_destination', answer.text)
    }
  })

  await t.test('a key is required, and ten requests with one key are one payout', async () => {
    await api.refused(400, 'idempotency_key_required', 'POST', '/v1/payouts', order(), { key: null })
    const [key, body] = [random(), order({ amount: '3.00' })]
    const answers = await Promise.all(range(10, () => api.request('POST', '/v1/payouts', body, { key })))
    for (const answer of answers) assert.ok(answer.status === 201 || answer.body.code === 'idempotency_in_flight', answer.text)
    const ids = new Set(answers.filter(a => a.status === 201).map(a => a.body.id))
    assert.equal(ids.size, 1)
    const again = await api.request('POST', '/v1/payouts', body, { key })
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    assert.ok(ids.has(again.body.id))
    await api.refused(422, 'idempotency_mismatch', 'POST', '/v1/payouts', { ...body, amount: '4.00' }, { key })
    await world.payoutBecomes([...ids][0], 'succeeded')
    assert.equal(await chain.balance('USDC', body.destination), toUnits('3'))
  })

  await t.test('over the limit of the settings is refused', async () => {
    const answer = await api.request('POST', '/v1/payouts', order({ amount: '10000.01' }))
    assert.equal(answer.status, 422, answer.text)
  })

  await t.test('the books equal the chain and verify', async () => {
    const head = await chain.head()
    await world.becomes('/health', h => h.chains[0].finalized >= head)
    await world.audit()
    await world.verifyBooks()
  })
})

test('a payout that the hot wallet cannot fund waits, and can be canceled until it is signed', async t => {
  const world = await World.open(t, { treasury: '5' })
  await world.earn('100.00')
  const payout = await world.payout({ amount: '50.00' })
  await world.payoutBecomes(payout.id, p => p.status === 'queued' && p.waiting_for === 'liquidity')
  const canceled = await world.api.post(`/v1/payouts/${payout.id}/cancel`)
  assert.equal(canceled.status, 'canceled')
  await world.balanceBecomes({ available: '100', reserved: '0' })

  const second = await world.payout({ amount: '50.00' })
  await world.payoutBecomes(second.id, p => p.waiting_for === 'liquidity')
  await world.chain.mint('USDC', world.daemon.hot, toUnits('100'))
  await world.payoutBecomes(second.id, 'succeeded')
  await world.api.refused(409, 'not_cancelable', 'POST', `/v1/payouts/${second.id}/cancel`)
  await world.audit()
})

test('killed between record and broadcast: the same bytes are sent after the restart, once', async t => {
  const world = await World.open(t, {
    before: async w => { w.proxy = await w.addProxy() },
    settings: w => ({ chains: [{ nodes: [w.proxy.url] }] }),
  })
  const { proxy, chain, daemon } = world
  await world.earn('100.00')
  proxy.faults = { swallowRaw: true }
  const payouts = await Promise.all(range(3, () => world.payout({ amount: '7.00' })))
  await until('three were sent and lost', () => new Set(proxy.raws).size >= 3)
  const sent = new Set(proxy.raws)
  await daemon.kill9()
  assert.equal(sent.size, 3)
  for (const { destination } of payouts) assert.equal(await chain.balance('USDC', destination), 0n)
  proxy.faults = {}
  proxy.raws = []
  await daemon.start()
  for (const { id, destination } of payouts) {
    const done = await world.payoutBecomes(id, 'succeeded')
    assert.equal(done.transactions.length, 1)
    const raw = [...sent].find(bytes => keccak256(bytes) === done.transactions[0].tx_hash)
    assert.ok(raw, 'mined is what was recorded before the kill')
    assert.equal(parseTransaction(raw).nonce, done.transactions[0].nonce)
    assert.equal(await chain.balance('USDC', destination), toUnits('7'))
  }
  assert.ok(proxy.raws.every(bytes => sent.has(bytes)), 'nothing else was signed')
  same((await world.balance()).available, '79')
  await world.audit()
  await world.verifyBooks()
})

test('approval: another key than the maker\'s approves, a rejected payout gives the money back', async t => {
  const world = await World.open(t, { settings: { payouts: { approvals_required: 1 } } })
  await world.earn('100.00')
  const maker = await world.addKey(world.merchant, ['payouts', 'payouts.approve'])
  const checker = await world.addKey(world.merchant, ['payouts.approve', 'payouts'])
  const create = () => maker.post('/v1/payouts', order())
  const payout = await create()
  assert.equal(payout.status, 'pending_approval')
  await maker.refused(403, 'maker_is_checker', 'POST', `/v1/payouts/${payout.id}/approve`, {})
  await world.api.refused(403, 'forbidden', 'POST', `/v1/payouts/${payout.id}/approve`, {})
  await checker.post(`/v1/payouts/${payout.id}/approve`)
  const done = await world.payoutBecomes(payout.id, 'succeeded')
  assert.deepEqual(done.approvals.map(a => a.key), [checker.id])

  const other = await create()
  assert.equal((await checker.post(`/v1/payouts/${other.id}/reject`)).status, 'rejected')
  await world.balanceBecomes({ available: '90', reserved: '0' })
  assert.equal(await world.chain.balance('USDC', other.destination), 0n)
})
