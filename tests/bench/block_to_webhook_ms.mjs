// From the block being mined to the arrival of its transfer.seen webhooks, against the time between two polls.
import { delay, inParallel, range, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'
import { fsyncs, percentile, report } from './figures.mjs'

const PAYMENTS = 150
const PER_BLOCK = 3
const POLL_MS = 50

const world = await World.open(null, { mineEvery: 0, settings: { chains: [{ poll_interval_ms: POLL_MS }] } })
try {
  const sink = await world.listen({ events: ['transfer.seen'] })
  const synced = fsyncs()
  const intents = await inParallel(range(PAYMENTS), 10, () => world.intent({ amount: '1.00' }))
  const arrived = () => new Map(sink.deliveries.filter(d => d.event?.type === 'transfer.seen').reverse()
    .map(d => [d.event.data.object.tx_hash, d.at]))
  const took = []
  for (let i = 0; i < PAYMENTS; i += PER_BLOCK) {
    const hashes = []
    for (const intent of intents.slice(i, i + PER_BLOCK)) hashes.push(await world.pay(intent))
    // Blocks come at any time between two polls.
    await delay(Math.random() * 2 * POLL_MS)
    await world.chain.mine()
    const mined = Date.now()
    await until(`the webhooks of block ${i / PER_BLOCK}`, () => hashes.every(hash => arrived().has(hash)), { every: 10 })
    for (const hash of hashes) took.push(arrived().get(hash) - mined)
  }
  synced.push(...fsyncs())
  const [p50, p99, most] = [0.5, 0.99, 1].map(share => percentile(took, share))
  report({
    bench: 'block_to_webhook_ms', value: p50, unit: 'ms', reference: POLL_MS,
    extra: { p99_ms: p99, max_ms: most, fsync_us: percentile(synced, 0.5) },
    text: `p50 ${p50} ms, p99 ${p99} ms, at most ${most} ms over ${PAYMENTS} payments, ${PER_BLOCK} in a block; polled every ${POLL_MS} ms; `
      + `fsync p50 ${percentile(synced, 0.5).toFixed(0)} us`,
  })
} finally {
  await world.close()
}
process.exit()
