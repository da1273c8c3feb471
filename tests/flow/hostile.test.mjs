import assert from 'node:assert/strict'
import net from 'node:net'
import test from 'node:test'
import { range } from '../support/util.mjs'
import { World } from '../support/world.mjs'

const order = { amount: '1.00', currency: 'USDC' }

/** A connection that says nothing. */
function stranger(port) {
  return new Promise((done, failed) => {
    const socket = net.connect({ host: '127.0.0.1', port })
    socket.once('error', failed).once('connect', () => {
      socket.removeAllListeners('error')
      socket.on('error', () => {})
      done(socket)
    })
  })
}

test('strangers who connect and say nothing neither end the daemon nor keep customers out', async t => {
  const world = await World.open(t, { mineEvery: 0, start: false })
  const { daemon } = world
  await daemon.start({ openFiles: 1024 })
  const key = await daemon.createKey({ name: 'after the start' })
  const port = Number(new URL(daemon.base).port)
  const strangers = []
  t.after(() => { for (const socket of strangers) socket.destroy() })
  for (const _ of range(20)) strangers.push(...await Promise.all(range(60).map(() => stranger(port))))
  assert.ok(strangers.length > 1024)
  const merchant = await fetch(`${daemon.base}/v1/merchants`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': 'one' }, body: JSON.stringify({ name: 'one' }) })
  assert.equal(merchant.status, 201)
  const { id } = await merchant.json()
  const answers = await Promise.all(range(50).map(() => fetch(`${daemon.base}/v1/payment_intents`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ ...order, merchant: id }) })))
  assert.deepEqual([...new Set(answers.map(a => a.status))], [201])
  assert.equal(daemon.process.how, undefined, daemon.tail())
  assert.match(daemon.tail(100_000), /may open only 1024 files/)
  assert.equal((await daemon.stop()).code, 0, daemon.tail())
})

test('a process that may open too few files says so instead of starting', async t => {
  const world = await World.open(t, { mineEvery: 0, start: false })
  const { daemon } = world
  const how = await daemon.launch({ openFiles: 256 }).ended
  assert.notEqual(how.code, 0)
  assert.match(daemon.tail(), /too_few_descriptors/)
})
