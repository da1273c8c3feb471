import assert from 'node:assert/strict'
import { fatal, random, until } from './util.mjs'

/** A client of the HTTP API. Every POST has a fresh Idempotency-Key unless `key` is given (null: none). */
export class Api {
  constructor(base, secret) { Object.assign(this, { base, secret }) }
  as(secret) { return new Api(this.base, secret) }

  /** {status, headers, text, body}, whatever the status. `body` goes out as it is when it is text or bytes. */
  async request(method, path, body, { key, headers = {}, timeoutMs = 20_000 } = {}) {
    const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const sent = { ...headers }
    if (this.secret && !sent.authorization) sent.authorization = `Bearer ${this.secret}`
    if (raw !== undefined && !sent['content-type']) sent['content-type'] = 'application/json'
    if (method === 'POST' && key !== null) sent['idempotency-key'] = key ?? random()
    const answer = await fetch(this.base + path, { method, headers: sent, body: raw, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const text = await answer.text()
    let parsed
    try { parsed = JSON.parse(text) } catch { parsed = undefined }
    return { status: answer.status, headers: answer.headers, text, body: parsed, what: `${method} ${path}` }
  }

  async #ok(method, path, body, options) {
    const answer = await this.request(method, path, body, options)
    assert.ok(answer.status >= 200 && answer.status < 300, `${answer.what}: ${answer.status} ${answer.text.slice(0, 500)}`)
    return answer.body
  }
  get(path, options) { return this.#ok('GET', path, undefined, options) }
  post(path, body = {}, options) { return this.#ok('POST', path, body, options) }
  patch(path, body, options) { return this.#ok('PATCH', path, body, options) }
  delete(path, options) { return this.#ok('DELETE', path, undefined, options) }

  /** Asserts that the request is refused with this status and code as RFC 9457 says. */
  async refused(status, code, method, path, body, options) {
    const answer = await this.request(method, path, body, options)
    const told = `${answer.what}: ${answer.status} ${answer.text.slice(0, 300)}`
    assert.equal(answer.status, status, told)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/, told)
    if (code) assert.equal(answer.body.code, code, told)
    assert.equal(answer.body.status, status, told)
    assert.equal(answer.body.request_id, answer.headers.get('request-id'), told)
    return answer.body
  }

  /** Posts with one key until it is answered, through crashes, 429 and 503. */
  insist(path, body, { key = random(), within = 60_000 } = {}) {
    return until(`an answer to POST ${path}`, async () => {
      const answer = await this.request('POST', path, body, { key, timeoutMs: 8_000 })
      if (answer.status === 429 || answer.status === 503 || answer.body?.code === 'idempotency_in_flight') throw new Error(answer.text)
      if (answer.status >= 300) throw fatal(`${answer.what}: ${answer.status} ${answer.text.slice(0, 500)}`)
      return answer.body
    }, { within, every: 100 })
  }

  /** A whole list, oldest page last. */
  async all(path) {
    const items = []
    for (let after = ''; ;) {
      const page = await this.get(`${path}${path.includes('?') ? '&' : '?'}limit=100${after}`)
      items.push(...page.data)
      if (!page.has_more) return items
      after = `&starting_after=${page.data.at(-1).id}`
    }
  }
  async events() {
    const items = []
    for (let after = 0; ; after = items.at(-1).sequence) {
      const page = await this.get(`/v1/events?after=${after}&limit=100`)
      items.push(...page.data)
      if (!page.has_more) return items
    }
  }
}
