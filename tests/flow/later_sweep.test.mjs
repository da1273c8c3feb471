import assert from 'node:assert/strict'
import test from 'node:test'
import { until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

/** A chain that is believed of one node's word: `silent`'s, while `honest` is down. */
async function openOnOneWord(t) {
  const world = await World.open(t, {
    before: async opened => Object.assign(opened, { silent: await opened.addProxy(), honest: await opened.addProxy() }),
    settings: ({ silent, honest }) => ({ chains: [{ evidence: 'single', nodes: [silent.url, honest.url], max_lag_s: 3 }] }),
  })
  world.honest.faults = { down: true }
  return world
}
/** Pays the intent in a block that is believed final without it: by number, by hash and in the header's bloom nothing says that it is missing. */
async function payUnseen(world, intent) {
  const address = world.addressOf(intent).slice(2).toLowerCase()
  const dropLog = log => log.topics.length === 3 && log.topics[2].endsWith(address)
  const emptyBloom = (method, result) => (method === 'eth_getBlockByNumber' && result ? { ...result, logsBloom: `0x${'00'.repeat(256)}` } : result)
  world.silent.faults = { dropLog, forge: emptyBloom }
  const hash = await world.pay(intent)
  const paidBy = Number(await world.chain.rpc('eth_blockNumber', []))
  await until('the block is final', async () => (await world.platform.get('/health')).chains[0].finalized >= paidBy, { within: 40_000 })
  assert.equal((await world.api.get(`/v1/payment_intents/${intent.id}`)).status, 'requires_payment')
  return hash
}
async function toldAsMissed(world, within) {
  const told = await until('the transfer is missed', async () =>
    (await world.platform.events()).find(event => event.data.object.code === 'transfers_missed'), { within })
  assert.equal(told.type, 'incident.reported')
  assert.equal(told.data.object.node, new URL(world.honest.url).host)
  return told.data.object.detail
}

test('a payment that the one node that was believed left out is told of once another node answers, proven and booked', async t => {
  const world = await openOnOneWord(t)
  const { daemon, honest } = world
  const intent = await world.intent()
  await payUnseen(world, intent)

  honest.faults = {}
  assert.match(await toldAsMissed(world, 150_000),
    /^the node tells transfers of ours that are not in the books: log \d+ of block \d+ \(transaction 0x[0-9a-f]{64}\)$/)
  assert.match(daemon.tail(1 << 20), /incident transfers_missed: node /)
  await world.intentBecomes(intent.id, 'succeeded', { within: 60_000 })
  assert.match(daemon.tail(1 << 20), /what was missed in block \d+ of chain \w+ is proven and booked/)
  const { data: [transfer] } = await world.api.get(`/v1/transfers?payment_intent=${intent.id}`)
  assert.deepEqual([transfer.status, transfer.evidence], ['finalized', 'proven'])
  assert.ok((await world.api.get(`/v1/transfers/${transfer.id}/proof`)).proof)
  await world.audit()
})

test('a payment that was left out is found, proven and booked though the daemon was killed before another node could be asked', async t => {
  const world = await openOnOneWord(t)
  const { daemon, honest, silent } = world
  const missed = await world.intent()
  const hash = await payUnseen(world, missed)

  // Blocks without a payment are handed over late; one that is told of takes all before it into the books.
  silent.faults = { dropLog: silent.faults.dropLog }
  const told = await world.intent({ amount: '7.00' })
  await world.transferBecomes(await world.pay(told), 'finalized', { within: 40_000 })
  assert.equal((await world.api.get(`/v1/payment_intents/${missed.id}`)).status, 'requires_payment')
  assert.deepEqual(await world.transfersOf(hash), [])
  await daemon.kill9()

  honest.faults = {}
  await daemon.start()
  const detail = await toldAsMissed(world, 60_000)
  assert.ok(detail.endsWith(`(transaction ${hash})`), detail)
  await world.intentBecomes(missed.id, 'succeeded', { within: 60_000 })
  const transfer = await world.transferBecomes(hash, 'finalized')
  assert.equal(transfer.evidence, 'proven')
  assert.equal((await world.transfersOf(hash)).length, 1)
  await world.audit()
  await world.verifyBooks()
})
