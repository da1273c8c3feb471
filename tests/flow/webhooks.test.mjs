import assert from 'node:assert/strict'
import test from 'node:test'
import { Sink } from '../support/sink.mjs'
import { until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

test('webhooks', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { api, daemon } = world
  const endpoint = id => api.get(`/v1/webhook_endpoints/${id}`)

  await t.test('signed, the event as the feed has it, the secret shown once', async () => {
    const sink = await world.listen()
    assert.match(sink.secret, /^whsec_[A-Za-z0-9+/]+=*$/)
    const intent = await world.intent()
    const delivery = await sink.delivered('payment_intent.created', { about: intent.id })
    const event = sink.verified(delivery)
    assert.deepEqual((await api.events()).find(e => e.id === event.id), event)
    assert.match(delivery.headers['content-type'], /^application\/json/)
    assert.throws(() => sink.verified(delivery, `whsec_${Buffer.alloc(24).toString('base64')}`))
    assert.equal((await endpoint(sink.endpoint.id)).secret, undefined)
    await api.delete(`/v1/webhook_endpoints/${sink.endpoint.id}`)
  })

  await t.test('a redelivery is done once under its key, ended or not, and again under another', async () => {
    const sink = await world.listen({ events: ['payment_intent.created'] })
    const intent = await world.intent()
    const { event } = await sink.delivered('payment_intent.created', { about: intent.id })
    const path = `/v1/events/${event.id}/redeliver`
    const ended = count => until(`${count} deliveries have ended`, async () => {
      const { data } = await api.get(`/v1/webhook_endpoints/${sink.endpoint.id}/deliveries`)
      return data.filter(d => d.status === 'delivered').length === count
    })
    await ended(1)
    const first = await api.request('POST', path, {}, { key: 'again' })
    assert.equal(first.body.redelivery.queued, 1)
    await ended(2)
    await daemon.kill9()
    await daemon.start()
    const second = await api.request('POST', path, {}, { key: 'again' })
    assert.equal(second.headers.get('idempotent-replayed'), 'true')
    assert.equal(second.text, first.text)
    await api.refused(422, 'idempotency_mismatch', 'POST', '/v1/payment_intents', { amount: '1.00', currency: 'USDC' }, { key: 'again' })
    assert.equal((await api.post(path, {}, { key: 'another' })).redelivery.queued, 1)
    await ended(3)
    assert.equal(sink.deliveries.filter(d => d.event.id === event.id).length, 3)
    await api.delete(`/v1/webhook_endpoints/${sink.endpoint.id}`)
  })

  await t.test('only the events asked for', async () => {
    const sink = await world.listen({ events: ['payment_intent.canceled'] })
    const intent = await world.intent()
    await api.post(`/v1/payment_intents/${intent.id}/cancel`)
    await sink.delivered('payment_intent.canceled', { about: intent.id })
    assert.deepEqual(sink.deliveries.map(d => d.event.type), ['payment_intent.canceled'])
    await api.delete(`/v1/webhook_endpoints/${sink.endpoint.id}`)
  })

  await t.test('a failing delivery is retried with the same id and does not hold back later events', async () => {
    const failing = new Set()
    const sink = await world.listen({
      answer: d => {
        const again = failing.has(d.event.id)
        if (d.event.type !== 'payment_intent.created' || again) return { status: 200 }
        failing.add(d.event.id)
        return { status: 500 }
      },
    })
    const intent = await world.intent()
    await api.post(`/v1/payment_intents/${intent.id}/cancel`)
    const first = await until('the first attempt', () => sink.deliveries.find(d => d.status === 500))
    await sink.delivered('payment_intent.canceled', { about: intent.id })
    const second = await sink.delivered('payment_intent.created', { about: intent.id })
    assert.equal(second.headers['webhook-id'], first.headers['webhook-id'])
    assert.equal(second.body, first.body)
    assert.ok(second.at - first.at >= 800, `after ${second.at - first.at} ms`)
    sink.verified(second)
    await api.delete(`/v1/webhook_endpoints/${sink.endpoint.id}`)
  })

  await t.test('one that does not answer runs into the timeout and is retried', async () => {
    const sink = await world.listen({ answer: (d, n) => (n === 1 ? { hang: true } : { status: 200 }) })
    await world.intent()
    await until('a second attempt', () => sink.deliveries.length >= 2, { within: 10_000 })
    assert.equal(sink.deliveries[0].event.id, sink.deliveries[1].event.id)
    await api.delete(`/v1/webhook_endpoints/${sink.endpoint.id}`)
  })

  await t.test('410 disables the endpoint', async () => {
    const sink = await world.listen({ answer: () => ({ status: 410 }) })
    await world.intent()
    const gone = await world.becomes(`/v1/webhook_endpoints/${sink.endpoint.id}`, 'disabled', { api })
    assert.ok(gone.disabled_reason)
    const count = sink.deliveries.length
    const witness = await world.listen()
    const intent = await world.intent()
    await witness.delivered('payment_intent.created', { about: intent.id })
    assert.equal(sink.deliveries.length, count)
    await api.delete(`/v1/webhook_endpoints/${witness.endpoint.id}`)
  })

  await t.test('a redirect is a failure and is not followed', async () => {
    const target = await Sink.start()
    world.closeWith(() => target.stop())
    const sink = await world.listen({ answer: () => ({ status: 302, headers: { location: target.url } }) })
    await world.intent()
    await until('it was retried', () => sink.deliveries.length >= 2)
    assert.equal(target.connections, 0)
    await api.delete(`/v1/webhook_endpoints/${sink.endpoint.id}`)
  })

  await t.test('what is undelivered when the daemon is killed is delivered after the restart', async () => {
    const sink = await world.listen({ answer: () => ({ status: 503 }) })
    const intent = await world.intent()
    await until('an attempt', () => sink.deliveries.length > 0)
    await daemon.kill9()
    sink.answer = () => ({ status: 200 })
    await daemon.start()
    const delivery = await sink.delivered('payment_intent.created', { about: intent.id })
    sink.verified(delivery)
  })
})

test('private networks are refused unless allowed', async t => {
  const world = await World.open(t, { mineEvery: 0, settings: { webhooks: { allow_private_networks: false } } })
  for (const url of [
    'http://example.com/hook', 'https://127.0.0.1/hook', 'https://127.1/hook', 'https://2130706433/hook', 'https://0x7f000001/', 'https://localhost/hook',
    'https://10.0.0.1/', 'https://172.16.0.1/', 'https://192.168.1.1/', 'https://169.254.169.254/latest/meta-data', 'https://[::1]/', 'https://[::ffff:127.0.0.1]/',
    'https://[fd00::1]/', 'https://[fe80::1]/', 'https://0.0.0.0/', 'https://100.64.0.1/', 'https://user:secret@example.com/', 'ftp://example.com/',
  ]) {
    const answer = await world.api.request('POST', '/v1/webhook_endpoints', { url, events: ['*'] })
    assert.ok([400, 422].includes(answer.status), `${url}: ${answer.status} ${answer.text}`)
    if (answer.status === 422) assert.equal(answer.body.code, 'forbidden_url', url)
  }
})
