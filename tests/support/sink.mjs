import http from 'node:http'
import standardwebhooks from 'standardwebhooks'
import { until } from './util.mjs'

/**
 * A webhook receiver. `deliveries` keeps what came; `answer(delivery, n)` gives {status, headers} or
 * {hang: true}. Deliveries are verified with the reference library of Standard Webhooks.
 */
export class Sink {
  deliveries = []
  connections = 0
  answer = () => ({ status: 204 })

  static async start(answer) {
    const sink = new Sink()
    if (answer) sink.answer = answer
    sink.server = http.createServer((request, response) => sink.#take(request, response))
    sink.server.on('connection', () => { sink.connections += 1 })
    await new Promise(resolve => sink.server.listen(0, '127.0.0.1', resolve))
    sink.url = `http://127.0.0.1:${sink.server.address().port}/webhooks`
    return sink
  }
  stop() {
    this.server.closeAllConnections?.()
    return new Promise(resolve => this.server.close(resolve))
  }

  async #take(request, response) {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const delivery = { at: Date.now(), path: request.url, method: request.method, headers: request.headers, body }
    try { delivery.event = JSON.parse(body) } catch { delivery.event = undefined }
    const count = this.deliveries.push(delivery)
    const { status = 204, headers = {}, hang } = this.answer(delivery, count)
    delivery.status = status
    if (!hang) response.writeHead(status, headers).end()
  }

  /** The event of a delivery; throws unless it is signed with the endpoint's secret. */
  verified(delivery, secret = this.secret) {
    const event = new standardwebhooks.Webhook(secret).verify(delivery.body, delivery.headers)
    if (delivery.headers['webhook-id'] !== event.id) throw new Error(`webhook-id is not the event's id ${event.id}`)
    return event
  }
  /** Events in the order in which they came first, each once, signatures checked. */
  events() {
    return [...new Map(this.deliveries.map(d => [d.headers['webhook-id'], this.verified(d)])).values()]
  }
  /** The accepted delivery of an event of this type. */
  delivered(type, { about, within = 20_000 } = {}) {
    const fits = d => d.event?.type === type && d.status < 300 && (!about || d.event.data.object.id === about)
    const came = () => `webhook ${type}; came: ${this.deliveries.map(d => d.event?.type).join(' ') || 'none'}`
    return until(came, () => this.deliveries.find(fits), { within })
  }
}
