import assert from 'node:assert/strict'
import test from 'node:test'
import { delay, random, randomAddress, toUnits, until } from '../support/util.mjs'
import { CHAIN, World } from '../support/world.mjs'

const KILLS = Number(process.env.KILLS ?? 50)
const MOST = 300

test(`killed ${KILLS} times at random moments: every payment is credited once, every payout is mined once`, async t => {
  const world = await World.open(t, { mineEvery: 150 })
  const { api, chain, daemon } = world
  await world.earn('1000.00')
  const intents = []
  const payouts = []
  let killing = true
  let killedAtWork = 0
  // Work is spread over all of the kills, so that the last ones do not find an idle daemon.
  const pause = () => delay(Math.random() * 150)

  const pay = async () => {
    while (killing && intents.length < MOST) {
      const intent = await api.insist('/v1/payment_intents', { amount: '2.00', currency: 'USDC' })
      intents.push({ id: intent.id, hash: await world.pay(intent) })
      await pause()
    }
  }
  const payOut = async () => {
    while (killing && payouts.length < MOST) {
      const order = { amount: '1.00', currency: 'USDC', chain: CHAIN, destination: randomAddress() }
      // Known before it is asked for: an answer that the kill swallows must not be a second payout.
      payouts.push(order.destination)
      await api.insist('/v1/payouts', order, { key: random() })
      await pause()
    }
  }
  const kill = async () => {
    try {
      for (let n = 0; n < KILLS; n += 1) {
        if (n % 4 !== 0) {
          await until('it is up again', async () => {
            assert.equal(daemon.process.how, undefined, `it ended by itself:\n${daemon.tail()}`)
            return (await api.request('GET', '/livez', undefined, { timeoutMs: 1000 })).status === 200
          }, { within: 30_000, every: 20 })
        }
        await delay(Math.random() * 900)
        if (intents.length < MOST && payouts.length < MOST) killedAtWork += 1
        await daemon.kill9()
        daemon.launch()
      }
    } finally {
      killing = false
    }
  }
  await Promise.all([pay(), payOut(), kill()])

  await until('ready after the last kill', async () => (await api.request('GET', '/readyz')).status === 200, { within: 40_000 })
  t.diagnostic(`${intents.length} payments, ${payouts.length} payouts, ${killedAtWork} kills under both`)
  assert.ok(killedAtWork >= KILLS * 0.8, `${killedAtWork} kills found payments and payouts under way`)
  assert.ok(intents.length >= Math.min(20, KILLS / 2) && payouts.length >= Math.min(20, KILLS / 2), 'there was work while it was killed')
  const unfinished = async path => (await api.all(path)).filter(o => o.status !== 'succeeded')
  let open = []
  for (const path of ['/v1/payouts', '/v1/payment_intents']) {
    const paid = new Set(intents.map(i => i.id))
    await until(() => `all of ${path} succeeded, not ${JSON.stringify(open[0])}`, async () => {
      // An intent whose answer was lost may exist unpaid: it was never acknowledged.
      open = (await unfinished(path)).filter(o => o.object === 'payout' || paid.has(o.id))
      return open.length === 0
    }, { within: 60_000, every: 200 })
  }

  for (const { id, hash } of intents) {
    const intent = await api.get(`/v1/payment_intents/${id}`)
    assert.deepEqual([intent.amount_received, intent.labels, intent.transfers.length], ['2.00', [], 1], id)
    assert.equal((await chain.receipt(hash)).status, '0x1')
  }
  const logs = await chain.transfers('USDC', { from: daemon.hot })
  assert.equal(logs.length, payouts.length, 'one Transfer from the hot wallet for each payout')
  for (const destination of payouts) assert.equal(await chain.balance('USDC', destination), toUnits('1'), destination)

  await world.balanceBecomes({ available: String(1000 + 2 * intents.length - payouts.length), pending: '0', reserved: '0' })
  await world.audit()
  await world.verifyBooks()
})
