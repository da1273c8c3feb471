import assert from 'node:assert/strict'
import test from 'node:test'
import { depositAddress } from '../support/daemon.mjs'
import { range, toUnits } from '../support/util.mjs'
import { CHAIN, World, same } from '../support/world.mjs'

test('a payment goes from the node to the ledger and the webhook, and a payout back to the node', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { api, chain } = world
  const sink = await world.listen()
  const intent = await world.intent({ reference: 'order-42', metadata: { shop: 'north' } })

  await t.test('the intent offers every registered token of its currency at a child of the xpub', () => {
    const [option] = intent.payment_options
    assert.match(intent.id, /^pi_[0-9a-z]{26}$/)
    assert.equal(intent.status, 'requires_payment')
    assert.deepEqual([option.chain, option.chain_id, option.token, option.decimals, option.base_units], [CHAIN, chain.chainId, 'USDC', 6, '25000000'])
    assert.ok(range(10, depositAddress).includes(option.deposit_address), 'in its EIP-55 form, too')
    assert.equal(option.uri.toLowerCase(), `ethereum:${option.token_address}@${chain.chainId}/transfer?address=${option.deposit_address}&uint256=25000000`.toLowerCase())
    assert.ok(intent.checkout_url.startsWith(`${world.daemon.base}/pay/${intent.id}?token=`))
  })

  const hash = await world.pay(intent)
  await t.test('seen in the head block: processing, nothing in the books', async () => {
    await chain.mine()
    await world.intentBecomes(intent.id, 'processing')
    const balance = await world.balance()
    same(balance.pending, '0')
    same(balance.available, '0')
  })
  await t.test('confirmed: succeeded and pending', async () => {
    await chain.mine()
    const paid = await world.intentBecomes(intent.id, 'succeeded')
    assert.deepEqual([paid.amount_received, paid.amount_remaining, paid.labels], ['25.00', '0.00', []])
    await world.balanceBecomes({ pending: '25', available: '0' })
    await world.trialBalance()
  })
  await t.test('one block before finality it is still pending; at finality it is available', async () => {
    await chain.mine(2)
    const mined = Number((await chain.receipt(hash)).blockNumber)
    await world.becomes('/health', h => h.chains[0].head === mined + 3)
    await world.balanceBecomes({ pending: '25', available: '0' })
    await chain.mine()
    await world.balanceBecomes({ pending: '0', available: '25' })
    const transfer = await world.transferBecomes(hash, 'finalized')
    const receipt = await chain.receipt(hash)
    assert.deepEqual(
      [transfer.direction, transfer.disposition, transfer.payment_intent, transfer.block_hash, transfer.block_number, transfer.base_units],
      ['in', 'matched', intent.id, receipt.blockHash, Number(receipt.blockNumber), '25000000'])
  })

  await t.test('webhooks came in order, signed, and are the events of the feed', async () => {
    await sink.delivered('transfer.finalized')
    await sink.delivered('payment_intent.succeeded')
    const events = sink.events()
    const mine = events.filter(e => e.data.object.id === intent.id)
    assert.deepEqual(mine.map(e => e.type), ['payment_intent.created', 'payment_intent.processing', 'payment_intent.succeeded'])
    assert.deepEqual(events.filter(e => e.type.startsWith('transfer.')).map(e => e.type), ['transfer.seen', 'transfer.confirmed', 'transfer.finalized'])
    assert.ok(mine.every((e, i) => i === 0 || e.data.object.sequence > mine[i - 1].data.object.sequence))
    const feed = await api.events()
    assert.deepEqual(feed.map(e => e.sequence), feed.map(e => e.sequence).sort((a, b) => a - b))
    for (const event of events) assert.deepEqual(feed.find(e => e.id === event.id), event)
  })

  await t.test('a payout holds, is mined, posts and is final', async () => {
    const to = '0x00000000000000000000000000000000000A11ce'.toLowerCase()
    const payout = await world.payout({ amount: '10.50', destination: to })
    assert.match(payout.id, /^po_/)
    await world.balanceBecomes({ available: '14.50', reserved: '10.50' })
    const sent = await world.payoutBecomes(payout.id, 'submitted')
    assert.equal(sent.transactions.length, 1)
    await chain.mine()
    await world.payoutBecomes(payout.id, 'confirming')
    await chain.mine(5)
    const done = await world.payoutBecomes(payout.id, 'succeeded')
    assert.equal(await chain.balance('USDC', to), toUnits('10.50'))
    assert.ok(Number(done.network_fee.amount) > 0)
    await world.balanceBecomes({ available: '14.50', reserved: '0' })
    const out = await world.transferBecomes(done.transactions[0].tx_hash, 'finalized')
    assert.deepEqual([out.direction, out.payout], ['out', payout.id])
  })

  await t.test('entries sum to zero one by one, and so does everything', async () => {
    const entries = await world.platform.all('/v1/ledger/entries')
    assert.ok(entries.length >= 4)
    for (const entry of entries) {
      const sums = {}
      for (const line of entry.lines) {
        const amount = toUnits(line.amount, 18)
        sums[line.currency] = (sums[line.currency] ?? 0n) + (line.side === 'debit' ? amount : -amount)
      }
      for (const [currency, sum] of Object.entries(sums)) assert.equal(sum, 0n, `${entry.id} ${currency}`)
    }
    await world.audit()
    await world.verifyBooks()
  })
})
