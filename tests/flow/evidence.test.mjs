import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { run } from '../support/daemon.mjs'
import { until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

/** A world whose blocks are proven. Its first node is `world.proxy`; with `honest`, `world.honest` is the second. */
function proven(t, { honest = true, ...options } = {}) {
  return World.open(t, {
    ...options,
    before: async world => {
      world.proxy = await world.addProxy()
      if (honest) world.honest = await world.addProxy()
    },
    settings: world => ({ chains: [{ evidence: 'proven', nodes: [world.proxy.url, ...(honest ? [world.honest.url] : [])], max_lag_s: 3 }] }),
  })
}
const firstNode = async world => (await world.platform.get('/health')).chains[0].nodes[0]
const isTransferTo = address => log => log.topics.length === 3 && log.topics[2].endsWith(address.slice(2).toLowerCase())
const inReceipts = change => (method, result) =>
  (method === 'eth_getBlockReceipts' && Array.isArray(result) ? result.map(r => ({ ...r, logs: r.logs.map(change) })) : result)

/** What a node may do about the payment to `address`, and what it is called. */
const lies = {
  'withholds the payment': [address => ({ dropLog: isTransferTo(address) }), 'receipt_bloom_mismatch'],
  'tells a larger amount': [
    address => ({ forge: inReceipts(log => (isTransferTo(address)(log) ? { ...log, data: `0x${'00'.repeat(24)}${'7f'.repeat(8)}` } : log)) }),
    'receipts_root_mismatch',
  ],
  'tells a block without the payment, blooms and all': [
    address => ({
      forge: (method, result) => {
        const isBlock = method === 'eth_getBlockByNumber' && result?.transactions?.length
        if (isBlock) return { ...result, transactions: [], logsBloom: `0x${'00'.repeat(256)}` }
        return method === 'eth_getBlockReceipts' && result?.some(r => r.logs.some(isTransferTo(address))) ? [] : result
      },
    }),
    'header_hash_mismatch',
  ],
}

for (const [what, [faults, reason]] of Object.entries(lies)) {
  test(`a node that ${what} is named and set aside, and the payment is credited`, async t => {
    const world = await proven(t)
    const { proxy, honest, daemon, platform } = world
    const intent = await world.intent()
    proxy.faults = faults(world.addressOf(intent))
    honest.faults = { down: true } // which of two is asked depends on who was slow before
    await world.pay(intent)
    await until('it is caught', async () => (await firstNode(world)).forgeries > 0)
    honest.faults = {}
    const paid = await world.intentBecomes(intent.id, 'succeeded', { within: 40_000 })
    assert.equal(paid.amount_received, '25.00')
    const node = await firstNode(world)
    assert.ok(node.forgeries >= 1, JSON.stringify(node))
    assert.match(daemon.tail(1 << 20), new RegExp(`incident node_forged: node ${new URL(proxy.url).host} of chain \\w+: set aside: ${reason}`))
    const told = (await platform.events()).filter(event => event.data.object.code === 'node_forged')
    assert.deepEqual(told.map(({ type, data: { object } }) => [type, object.object, object.node]), [['incident.reported', 'incident', new URL(proxy.url).host]])
    assert.match(told[0].data.object.detail, new RegExp(`^set aside: ${reason}`))
    const metrics = (await platform.request('GET', '/metrics')).text
    assert.match(metrics, new RegExp(`settled_node_forgeries_total\\{chain="\\w+",node="${new URL(proxy.url).host}"\\} ${node.forgeries}`))
    await world.audit()
  })
}

test('from a lone node that forges nothing is credited until it tells the truth', async t => {
  const world = await proven(t, { honest: false })
  const { proxy, chain } = world
  const intent = await world.intent()
  proxy.faults = lies['tells a larger amount'][0](world.addressOf(intent))
  const hash = await world.pay(intent)
  const { blockNumber } = await until('mined', () => chain.receipt(hash))
  await until('it is caught', async () => (await firstNode(world)).state === 'distrusted')
  await until('the chain has gone on', async () => await chain.head() > Number(blockNumber) + 10)
  assert.equal((await world.api.get(`/v1/payment_intents/${intent.id}`)).status, 'requires_payment')
  proxy.faults = {}
  const paid = await world.intentBecomes(intent.id, 'succeeded', { within: 60_000 })
  assert.equal(paid.amount_received, '25.00')
  await world.audit()
})

test('payments, payouts and what was missed in a downtime go through where blocks are proven', async t => {
  const world = await proven(t, { honest: false })
  const { proxy, chain, daemon } = world
  await world.earn('50.00')
  const payout = await world.payout({ amount: '10.00' })
  await world.payoutBecomes(payout.id, 'succeeded')
  const intent = await world.intent()
  await daemon.stop()
  await world.pay(intent)
  await chain.mine(120)
  proxy.ranges = []
  proxy.calls = {}
  await daemon.start()
  await world.intentBecomes(intent.id, 'succeeded', { within: 40_000 })
  assert.ok(!proxy.ranges.length && !proxy.calls.eth_getLogs, 'no node is asked for logs')
  assert.ok(proxy.calls.eth_getBlockReceipts < 20, `${proxy.calls.eth_getBlockReceipts} blocks may have held a transfer`)
  assert.equal((await firstNode(world)).forgeries, 0)
  await world.audit()
  await world.verifyBooks()
})

test('what proves a payment is kept, and holds far from daemon and node', async t => {
  const world = await proven(t, { honest: false })
  await world.earn('25.00')
  const [transfer] = await world.api.all('/v1/transfers')
  assert.equal(transfer.evidence, 'proven')
  const answer = await world.api.request('GET', `/v1/transfers/${transfer.id}/proof`)
  assert.equal(answer.status, 200, answer.text)
  await world.daemon.stop()

  const dir = mkdtempSync(join(tmpdir(), 'settled-proofs-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const verify = (text, ...args) => {
    writeFileSync(join(dir, 'proof.json'), text)
    return run(['verify-receipt', 'proof.json', ...args], { cwd: dir })
  }
  const shown = await verify(answer.text)
  assert.equal(shown.code, 0, shown.stdout + shown.stderr)
  assert.match(shown.stdout, /^PROVEN: this transfer is in the block/)
  for (const word of [transfer.id, transfer.to, transfer.from, transfer.token_address, `${transfer.base_units} base units`, transfer.block_hash]) {
    assert.ok(shown.stdout.toLowerCase().includes(word.toLowerCase()), `${word} in ${shown.stdout}`)
  }
  assert.match(shown.stdout, /Compare this hash/)
  const compared = await verify(answer.text, '--block-hash', transfer.block_hash)
  assert.equal(compared.code, 0)
  assert.doesNotMatch(compared.stdout, /Compare this hash/)

  const another = await verify(answer.text, '--block-hash', `0x${'11'.repeat(32)}`)
  assert.equal(another.code, 1)
  assert.match(another.stdout, /^NOT PROVEN/)
  const { proof, ...rest } = JSON.parse(answer.text)
  const bytes = Buffer.from(proof, 'base64')
  for (let at = 0; at < bytes.length; at += 37) {
    const damaged = Buffer.from(bytes)
    damaged[at] ^= 1
    const { code, stdout } = await verify(JSON.stringify({ ...rest, proof: damaged.toString('base64') }), '--block-hash', transfer.block_hash)
    // The index of the log is the one part that may be changed into the proof of something else that is true.
    assert.ok(code === 1 || !stdout.includes(transfer.to), `byte ${at}: ${stdout}`)
  }
  const misplaced = await verify(answer.text, '--key', 'a+b+c')
  assert.equal(misplaced.code, 2)
})
