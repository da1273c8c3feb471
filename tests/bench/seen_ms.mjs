// From a block being mined to the arrival of its transfer.seen webhooks: with a WebSocket that tells of heads, and by polling alone.
import { delay, inParallel, range, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'
import { fsyncs, percentile, report } from './figures.mjs'

const PAYMENTS = 150
const PER_BLOCK = 3
const LIMIT_MS = 60
// Those who poll alone are polled often; those who are told are polled so seldom that it does not count.
const ways = [
  { bench: 'seen_ws_ms_p99', poll: 30_000, ws: true, most: LIMIT_MS, spread: 200 },
  { bench: 'seen_poll_ms_p99', poll: 500, ws: false, most: 500 + LIMIT_MS, spread: 1_000 },
]

for (const { bench, poll, ws, most, spread } of ways) {
  const settings = world => ({ chains: [{ poll_interval_ms: poll, nodes: [{ url: world.chain.url, ...(ws && { ws_url: world.chain.url.replace('http', 'ws') }) }] }] })
  const world = await World.open(null, { mineEvery: 0, settings })
  try {
    const sink = await world.listen({ events: ['transfer.seen'] })
    const synced = fsyncs()
    const intents = await inParallel(range(PAYMENTS), 10, () => world.intent({ amount: '1.00' }))
    const arrived = () => new Map(sink.deliveries.filter(d => d.event?.type === 'transfer.seen').reverse().map(d => [d.event.data.object.tx_hash, d.at]))
    const took = []
    for (let i = 0; i < PAYMENTS; i += PER_BLOCK) {
      const hashes = []
      for (const intent of intents.slice(i, i + PER_BLOCK)) hashes.push(await world.pay(intent))
      // Blocks come at any time between two polls.
      await delay(Math.random() * spread)
      await world.chain.mine()
      const mined = Date.now()
      await until(`the webhooks of block ${i / PER_BLOCK}`, () => hashes.every(hash => arrived().has(hash)), { every: 5, within: 60_000 })
      for (const hash of hashes) took.push(arrived().get(hash) - mined)
    }
    synced.push(...fsyncs())
    const [p50, p99, slowest] = [0.5, 0.99, 1].map(share => percentile(took, share))
    report({
      bench, value: p99, unit: 'ms', reference: most, extra: { p50_ms: p50, max_ms: slowest, fsync_us: percentile(synced, 0.5) },
      text: `p50 ${p50} ms, p99 ${p99} ms, at most ${slowest} ms over ${PAYMENTS} payments, polled every ${poll} ms${ws ? ' and told of heads' : ''}; `
        + `fsync p50 ${percentile(synced, 0.5).toFixed(0)} us`,
    })
  } finally {
    await world.close()
  }
}
process.exit()
