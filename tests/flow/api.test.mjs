import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import net from 'node:net'
import test from 'node:test'
import { random, randomAddress, range, until } from '../support/util.mjs'
import { CHAIN, World } from '../support/world.mjs'

test('the API refuses what is malformed and never shows what is another\'s', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { api, platform, daemon } = world
  const intents = '/v1/payment_intents'
  const good = { amount: '25.00', currency: 'USDC' }

  await t.test('bodies that are not JSON as we take it', async () => {
    const deep = `{"amount":"1.00","currency":"USDC","metadata":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`
    const bodies = {
      'cut off': '{"amount":"25.00"', 'empty': '', 'trailing': '{"amount":"1.00","currency":"USDC"} x', 'an array': '[]', 'a text': '"x"', 'null': 'null',
      'twice': '{"amount":"1.00","amount":"2.00","currency":"USDC"}', 'deep': deep, 'NaN': '{"amount":NaN}',
      'not UTF-8': Buffer.concat([Buffer.from('{"amount":"1.00","currency":"USDC","description":"'), Buffer.from([0xff, 0xfe, 0xc3, 0x28]), Buffer.from('"}')]),
      'lone surrogate': '{"amount":"1.00","currency":"USDC","description":"\\ud800"}',
    }
    for (const [name, body] of Object.entries(bodies)) {
      const answer = await api.request('POST', intents, body)
      assert.equal(answer.status, 400, `${name}: ${answer.status} ${answer.text}`)
      assert.ok(answer.body.code && answer.body.request_id, name)
    }
    await api.refused(413, null, 'POST', intents, JSON.stringify({ ...good, description: 'x'.repeat(300 * 1024) }))
    await api.refused(415, null, 'POST', intents, 'amount=1', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    await api.refused(400, 'unknown_field', 'POST', intents, { ...good, amonut: '1.00' })
  })

  await t.test('money that is not exact decimal text', async () => {
    for (const amount of [25, 25.5, 1e3, null, true, {}, '', ' 1.00', '1.00 ', '+1.00', '-1.00', '1e3', '1E3', '0x10', '1,00', '1.', '.5', 'NaN', 'Infinity', '١.00']) {
      const answer = await api.request('POST', intents, { ...good, amount })
      assert.equal(answer.status, 400, `${JSON.stringify(amount)}: ${answer.status} ${answer.text}`)
    }
    for (const amount of ['0', '0.00']) assert.ok([400, 422].includes((await api.request('POST', intents, { ...good, amount })).status), amount)
    await api.refused(400, 'amount_too_precise', 'POST', intents, { ...good, amount: '1.0000001' })
    assert.ok([400, 422].includes((await api.request('POST', intents, { ...good, amount: '9'.repeat(60) })).status))
    assert.equal((await api.post(intents, { ...good, amount: '1' })).amount, '1.00')
    assert.equal((await api.post(intents, { ...good, amount: '01.00' })).amount, '1.00', 'decimal for all its zeros')
    assert.equal((await api.post(intents, { ...good, amount: '1.234567' })).amount, '1.234567')
  })

  await t.test('currencies, chains and limits of fields', async () => {
    for (const fields of [{ currency: 'XYZ' }, { currency: 7 }, { accept: [{ chain: 'mars', token: 'USDC' }] }, { accept: [] }, { expires_in: 0 }, { expires_in: 2_592_001 }, { expires_in: -1 }, { expires_in: '60' },
      { metadata: Object.fromEntries(range(51, i => [`k${i}`, 'v'])) }, { metadata: { ['k'.repeat(41)]: 'v' } }, { metadata: { k: 'v'.repeat(501) } }, { metadata: { k: 1 } }]) {
      const answer = await api.request('POST', intents, { ...good, ...fields })
      assert.ok([400, 422].includes(answer.status), `${JSON.stringify(fields).slice(0, 80)}: ${answer.status} ${answer.text}`)
    }
  })

  await t.test('keys: none, wrong, of too small a scope, revoked', async () => {
    await api.as(undefined).refused(401, 'unauthenticated', 'GET', intents)
    await api.as('sk_wrong').refused(401, 'unauthenticated', 'GET', intents)
    await api.refused(401, 'unauthenticated', 'GET', intents, undefined, { headers: { authorization: 'Basic c2s6' } })
    const reader = await world.addKey(world.merchant, ['ledger.read'])
    await reader.get(intents)
    await reader.refused(403, 'forbidden', 'POST', intents, good)
    await reader.refused(403, 'forbidden', 'POST', '/v1/merchants', { name: 'x' })
    await api.refused(403, 'forbidden', 'POST', '/v1/api_keys', { name: 'x', scopes: ['admin'] })
    const revoked = await daemon.cli('keys', 'revoke', reader.id)
    assert.equal(revoked.code, 0, revoked.stderr)
    await reader.refused(401, 'unauthenticated', 'GET', intents)
    const listed = await daemon.cli('keys', 'list')
    assert.ok(listed.stdout.includes(reader.id) && !listed.stdout.includes(reader.secret))
  })

  await t.test('another merchant\'s objects are not found', async () => {
    const { api: stranger } = await world.addMerchant('the stranger')
    const sink = await world.listen()
    const intent = await world.intent()
    for (const path of [`${intents}/${intent.id}`, `/v1/webhook_endpoints/${sink.endpoint.id}`, `/v1/explain/${intent.id}`]) {
      await stranger.refused(404, 'not_found', 'GET', path)
    }
    await stranger.refused(404, 'not_found', 'POST', `${intents}/${intent.id}/cancel`, {})
    await stranger.refused(404, 'not_found', 'DELETE', `/v1/webhook_endpoints/${sink.endpoint.id}`)
    assert.deepEqual((await stranger.get(intents)).data, [])
    assert.deepEqual((await stranger.events()).filter(e => e.data.object.id === intent.id), [])
    assert.equal((await platform.get(`${intents}/${intent.id}`)).id, intent.id)
    for (const id of ['pi_', 'pi_zzz', `pi_${'0'.repeat(26)}`, '../../etc/passwd', '%00', 'x'.repeat(3000)]) {
      const answer = await api.request('GET', `${intents}/${id}`)
      assert.ok([400, 404, 414, 431].includes(answer.status), `${id.slice(0, 20)}: ${answer.status}`)
    }
  })

  await t.test('lists page both ways and refuse what they do not know', async () => {
    const { api: own } = await world.addMerchant('the lister')
    const made = []
    for (const i of range(7)) made.push((await own.post(intents, { ...good, reference: `r${i % 2}` })).id)
    const newest = [...made].reverse()
    const page = await own.get(`${intents}?limit=3`)
    assert.deepEqual([page.object, page.has_more, page.data.map(i => i.id)], ['list', true, newest.slice(0, 3)])
    const second = await own.get(`${intents}?limit=3&starting_after=${newest[2]}`)
    assert.deepEqual(second.data.map(i => i.id), newest.slice(3, 6))
    const back = await own.get(`${intents}?limit=2&ending_before=${newest[3]}`)
    assert.deepEqual(back.data.map(i => i.id), newest.slice(1, 3))
    assert.equal((await own.get(`${intents}?reference=r1`)).data.length, 3)
    assert.equal((await own.get(`${intents}?status=succeeded`)).data.length, 0)
    await own.refused(400, 'unknown_parameter', 'GET', `${intents}?colour=red`)
    await own.refused(400, 'invalid_cursor', 'GET', `${intents}?starting_after=pi_nothing`)
    for (const limit of ['0', '101', 'x', '-1']) assert.equal((await own.request('GET', `${intents}?limit=${limit}`)).status, 400, limit)
  })

  await t.test('one key and body is one object, whatever the weather', async () => {
    const key = random()
    const answers = await Promise.all(range(10, () => api.request('POST', intents, good, { key })))
    const ids = new Set(answers.filter(a => a.status === 201).map(a => a.body.id))
    assert.equal(ids.size, 1)
    assert.ok(answers.every(a => a.status === 201 || a.body.code === 'idempotency_in_flight'))
    const again = await api.request('POST', intents, good, { key })
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    await api.refused(422, 'idempotency_mismatch', 'POST', intents, { ...good, amount: '26.00' }, { key })
    await api.refused(400, null, 'POST', intents, good, { key: 'k'.repeat(256) })
    const fresh = random()
    await api.refused(400, 'unknown_field', 'POST', intents, { ...good, x: 1 }, { key: fresh })
    assert.equal((await api.request('POST', intents, good, { key: fresh })).status, 201, 'a refusal is not stored')
  })

  await t.test('methods and paths', async () => {
    await api.refused(405, null, 'PUT', intents, good)
    await api.refused(404, 'not_found', 'GET', '/v1/nothing')
    await api.refused(404, 'not_found', 'POST', '/v1/payouts/po_nothing/cancel', {})
    assert.ok((await api.request('GET', intents)).headers.get('request-id'))
  })

  await t.test('HTTP that is not HTTP, too long or never ends', async () => {
    const talk = bytes => new Promise(resolve => {
      const socket = net.connect(Number(daemon.base.split(':').pop()), '127.0.0.1', () => socket.write(bytes))
      let text = ''
      socket.setTimeout(5000, () => socket.destroy())
      socket.on('data', d => { text += d; if (text.includes('\r\n\r\n')) socket.destroy() }).on('error', () => {}).on('close', () => resolve(text))
    })
    assert.match(await talk('\x16\x03\x01\x02\x00\r\n\r\n'), /^(HTTP\/1\.1 4\d\d|$)/)
    assert.match(await talk(`GET /v1/payment_intents HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`), /^(HTTP\/1\.1 4\d\d|$)/)
    const smuggled = await talk('POST /v1/payment_intents HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
    assert.match(smuggled, /^(HTTP\/1\.1 4\d\d|$)/)
    assert.equal((await api.request('GET', '/livez')).status, 200)
  })

  await t.test('health, metrics and the description', async () => {
    const health = await platform.get('/health')
    assert.equal(health.chains[0].name, CHAIN)
    assert.equal(health.chains[0].state, 'following')
    assert.ok(health.book.sequence > 0 && health.book.hash)
    const metrics = (await platform.request('GET', '/metrics')).text
    assert.match(metrics, /^# TYPE settled_/m)
    for (const line of metrics.split('\n').filter(l => l && !l.startsWith('#'))) {
      // A label's text may itself hold braces: route="/v1/payment_intents/{id}".
      assert.match(line, /^[a-z_:][a-z0-9_:]*(\{([a-z_]\w*="([^"\\]|\\.)*",?)*\})? (-?[\d.e+-]+|NaN|[+-]Inf)$/i)
    }
    try {
      execFileSync('promtool', ['check', 'metrics'], { input: metrics, stdio: ['pipe', 'pipe', 'pipe'] })
    } catch (error) {
      if (error.code !== 'ENOENT') assert.fail(`promtool: ${error.stderr}`)
    }
    const description = await platform.get('/openapi.json')
    assert.match(description.openapi, /^3\.1/)
    for (const path of [intents, '/v1/payouts', '/v1/transfers', '/v1/events', '/v1/webhook_endpoints', '/v1/balances']) assert.ok(description.paths[path], path)
  })

  await t.test('after all this the daemon still works', async () => {
    const intent = await world.intent()
    await world.pay(intent)
    await world.chain.mine(6)
    await world.intentBecomes(intent.id, 'succeeded')
    await world.audit()
    assert.equal((await until('balances', () => world.balance())).available, '25.00')
    await world.api.refused(422, 'insufficient_funds', 'POST', '/v1/payouts', { amount: '26.00', currency: 'USDC', chain: CHAIN, destination: randomAddress() })
  })
})
