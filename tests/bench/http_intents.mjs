// Payment intents created over HTTP by 64 keep-alive connections, against the book alone with 64 in flight.
import net from 'node:net'
import { World } from '../support/world.mjs'
import { random, range } from '../support/util.mjs'
import { fsyncs, measuredBefore, percentile, report } from './figures.mjs'

const CONNECTIONS = 64
const WARM_UP_MS = 1000
const MEASURED_MS = 8000

/** One connection that always has one request open until `end`; `answered(status, began, ended)` for each. */
function client({ port, hostname }, secret, end, answered) {
  const body = JSON.stringify({ amount: '25.00', currency: 'USDC', reference: 'order-42' })
  const head = `POST /v1/payment_intents HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${secret}\r\n`
    + `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nIdempotency-Key: `
  return new Promise((done, failed) => {
    let received = ''
    let began
    const socket = net.connect({ host: hostname, port: Number(port), noDelay: true })
    const send = () => {
      began = performance.now()
      if (began >= end) return socket.end()
      socket.write(`${head}${random(12)}\r\n\r\n${body}`)
    }
    socket.setEncoding('latin1').on('connect', send).on('error', failed).on('close', done)
    socket.on('data', text => {
      received += text
      const blank = received.indexOf('\r\n\r\n')
      if (blank < 0) return
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, blank))?.[1])
      if (received.length < blank + 4 + length) return
      answered(Number(received.slice(9, 12)), began, performance.now())
      received = ''
      send()
    })
  })
}

const world = await World.open(null, { mineEvery: 1000, settings: { daemon: { requests_per_second: 0 } } })
try {
  const synced = fsyncs()
  const start = performance.now() + WARM_UP_MS
  const end = start + MEASURED_MS
  const latencies = []
  const statuses = {}
  await Promise.all(range(CONNECTIONS, () => client(new URL(world.daemon.base), world.api.secret, end, (status, began, ended) => {
    if (began < start || ended > end) return
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status === 201) latencies.push(ended - began)
  })))
  synced.push(...fsyncs())
  const rate = latencies.length / (MEASURED_MS / 1000)
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)]
  report({
    bench: 'http_intents', value: rate, unit: 'requests/s', reference: measuredBefore('book_64'),
    extra: { p50_ms: p50, p99_ms: p99, fsync_us: percentile(synced, 0.5) },
    text: `${rate.toFixed(0)} created a second by ${CONNECTIONS} connections in ${MEASURED_MS / 1000} s; p50 ${p50.toFixed(1)} ms, `
      + `p99 ${p99.toFixed(1)} ms; answers ${JSON.stringify(statuses)}; fsync p50 ${percentile(synced, 0.5).toFixed(0)} us`,
  })
} finally {
  await world.close()
}
process.exit()
