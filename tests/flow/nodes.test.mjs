import assert from 'node:assert/strict'
import test from 'node:test'
import { Anvil } from '../support/anvil.mjs'
import { range, until } from '../support/util.mjs'
import { CHAIN, World } from '../support/world.mjs'

/** A world whose only node is `world.proxy`. */
async function behindProxy(t, options = {}) {
  const { chain: fields, ...rest } = options
  return World.open(t, {
    ...rest,
    before: async world => {
      world.proxy = await world.addProxy()
      await options.before?.(world)
    },
    settings: world => ({ chains: [{ nodes: [world.proxy.url], max_lag_s: 3, ...fields }], ...options.tables }),
  })
}
const settledAfter = async (world, intent) => {
  await world.pay(intent)
  return world.intentBecomes(intent.id, 'succeeded', { within: 30_000 })
}

test('after downtime the missed blocks are caught up in ranges that halve where a node refuses them', async t => {
  const world = await behindProxy(t, { mineEvery: 0 })
  const { chain, proxy, daemon } = world
  const intents = await Promise.all(range(6, () => world.intent()))
  await daemon.stop()
  for (const [at, intent] of intents.entries()) {
    await world.pay(intent)
    await chain.mine(at === 5 ? 1 : 150)
  }
  await chain.mine(60)
  proxy.faults = { maxRange: 50 }
  proxy.ranges = []
  await daemon.start()
  for (const intent of intents) {
    const paid = await world.intentBecomes(intent.id, 'succeeded')
    assert.equal(paid.amount_received, '25.00')
  }
  await world.balanceBecomes({ available: '150' })
  assert.ok(proxy.ranges.some(r => r > 50) && proxy.ranges.some(r => r > 1 && r <= 50), `ranges asked: ${proxy.ranges.join()}`)
  const types = (await world.api.events()).filter(e => e.data.object.id === intents[0].id).map(e => e.type)
  assert.deepEqual(types, ['payment_intent.created', 'payment_intent.processing', 'payment_intent.succeeded'])
  await world.audit()
})

test('a node that fails delays payments and loses none', async t => {
  const world = await behindProxy(t)
  const { proxy, chain, platform } = world
  const ready = async () => (await platform.request('GET', '/readyz')).status

  for (const [name, faults] of [
    ['down', { down: true }],
    ['hanging', { hang: true }],
    ['answering HTML', { html: true }],
    ['answering null for blocks', { nullBlock: true }],
    ['saying another chain id', { chainId: 1 }],
  ]) {
    await t.test(name, async () => {
      const intent = await world.intent()
      proxy.faults = faults
      await world.pay(intent)
      const head = await chain.head()
      await until('the chain has gone on', async () => await chain.head() > head + 8)
      assert.equal((await platform.request('GET', '/livez')).status, 200)
      if (faults.down) await until('readyz says so', async () => await ready() === 503)
      proxy.faults = {}
      await world.intentBecomes(intent.id, 'succeeded', { within: 40_000 })
      await until('ready again', async () => await ready() === 200)
    })
  }

  await t.test('slow', async () => {
    proxy.faults = { slowMs: 300 }
    await settledAfter(world, await world.intent())
    proxy.faults = {}
  })

  await t.test('logs of another block are not believed', async () => {
    const intent = await world.intent()
    proxy.faults = { foreignLogs: true }
    const hash = await world.pay(intent)
    const { blockNumber } = await until('mined', () => chain.receipt(hash))
    await until('the chain has gone on', async () => await chain.head() > Number(blockNumber) + 10)
    assert.equal((await world.api.get(`/v1/payment_intents/${intent.id}`)).status, 'requires_payment')
    proxy.faults = {}
    await world.intentBecomes(intent.id, 'succeeded', { within: 40_000 })
  })

  await t.test('all of it is in the books once', async () => {
    await until('all final', async () => Number((await world.balance()).pending) === 0)
    await world.audit()
    await world.verifyBooks()
  })
})

test('a node of another chain is never believed', async t => {
  const world = await behindProxy(t, { start: false, before: async w => { w.proxy.faults = { chainId: 1 } } })
  await world.daemon.start({ probe: '/livez' })
  const health = await world.becomes('/health', h => h.chains[0].nodes.some(n => n.state !== 'ok'))
  assert.notEqual(health.chains[0].state, 'following')
  assert.equal((await world.platform.request('GET', '/readyz')).status, 503)
  world.proxy.faults = {}
  await until('it follows once the node is right', async () => (await world.platform.request('GET', '/readyz')).status === 200, { within: 40_000 })
})

test('a token whose decimals() disagrees stops its chain and no other', async t => {
  const world = await World.open(t, {
    start: false,
    before: async w => {
      w.second = await Anvil.start({ chainId: 31338 })
      w.closeWith(() => w.second.stop())
    },
    settings: ({ second }) => ({
      chains: [{}, { name: 'wrong', chain_id: 31338, nodes: [second.url], required: false, tokens: [{ ...second.tokens.USDC, decimals: 18 }] }],
    }),
  })
  await world.daemon.start()
  Object.assign(world, await world.addMerchant('the shop'))
  await world.becomes('/health', h => h.chains.find(c => c.name === 'wrong').state === 'halted')
  const intent = await world.intent({ accept: [{ chain: CHAIN, token: 'USDC' }] })
  await settledAfter(world, intent)
  assert.match(world.daemon.tail(1 << 20), /decimals/)
})

test('a token whose contract, decimals or symbol disagrees halts its chain, and both sides are told', async t => {
  const world = await World.open(t, { start: false })
  const { USDC, ROGUE } = world.chain.tokens
  const health = async (token, fits) => {
    world.daemon.write(world.chain, { chains: [{ tokens: [token] }] })
    await world.daemon.start({ probe: '/livez' })
    const { chains: [chain] } = await world.becomes('/health', h => fits(h.chains[0]))
    await world.daemon.stop()
    return chain
  }
  const wrong = [
    [{ ...USDC, address: world.chain.accounts[1] }, /^token_mismatch: USDC at 0x\w{40} has no contract on the chain$/],
    [{ ...USDC, address: world.chain.batch.address }, / has 6 decimals in the settings, but the contract does not tell its own$/],
    [{ ...USDC, decimals: 18 }, / has 18 decimals in the settings, 6 in the contract$/],
    [ROGUE, / has symbol "ROGUE" in the settings, "USDC" in the contract$/],
    [{ ...USDC, contract_symbol: 'USD₮0' }, / has symbol "USD\\xE2\\x82\\xAE0" in the settings, "USDC" in the contract$/],
  ]
  for (const [token, told] of wrong) {
    const chain = await health(token, c => c.state === 'halted')
    assert.match(chain.detail, told)
  }
  // The name of a token is ours, its symbol the contract's.
  assert.equal((await health({ ...ROGUE, contract_symbol: 'USDC' }, c => c.state === 'following')).state, 'following')
})
