import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import test from 'node:test'
import { random, range, toUnits, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

/** RFC 4180, read by a state machine that knows nothing of who wrote it. Rows of cells; throws on anything else. */
function parseCsv(text) {
  const rows = []
  let row = [], cell = '', state = 'start'
  for (let at = 0; at < text.length; at++) {
    const c = text[at]
    if (state === 'quoted') {
      if (c !== '"') cell += c
      else if (text[at + 1] === '"') { cell += '"'; at++ } else state = 'closed'
    } else if (c === '"') {
      assert.equal(state, 'start', `a quote inside a cell at ${at}`)
      state = 'quoted'
    } else if (c === ',') {
      row.push(cell); cell = ''; state = 'start'
    } else if (c === '\r') {
      assert.equal(text[++at], '\n', 'a row ends with CR LF')
      rows.push([...row, cell]); row = []; cell = ''; state = 'start'
    } else {
      assert.ok(c !== '\n' && state !== 'closed', `${JSON.stringify(c)} at ${at}`)
      cell += c; state = 'plain'
    }
  }
  assert.ok(row.length === 0 && cell === '' && state === 'start', 'the last row is whole')
  const width = rows[0].length
  for (const each of rows) assert.equal(each.length, width, each.join())
  return rows
}
const objects = text => { const [head, ...rows] = parseCsv(text); return rows.map(r => Object.fromEntries(r.map((cell, i) => [head[i], cell]))) }

/** Posted debits less credits by account, from the rows of a journal. */
function balances(rows) {
  const sums = {}
  for (const { phase, account, side, amount } of rows.filter(r => r.phase === 'posted')) {
    sums[account] = (sums[account] ?? 0n) + (side === 'debit' ? 1n : -1n) * toUnits(amount, 18)
  }
  return sums
}

test('exports and statements of a daemon that is paid meanwhile', async t => {
  const world = await World.open(t)
  const { api, platform, daemon } = world
  const port = Number(daemon.base.split(':').pop())
  const text = async (path, client = platform) => {
    const answer = await client.request('GET', `/v1/exports?${path}`)
    assert.equal(answer.status, 200, answer.text)
    return answer.text
  }
  for (const i of range(6)) await world.earn(`${i + 1}.25`)

  await t.test('every export that is made while payments go on is whole and balanced', async () => {
    let paying = true
    const payments = (async () => { while (paying) await world.earn('1.00') })()
    const exports = []
    await until('exports of five different lengths', async () => {
      const one = await text('format=csv')
      if (one.length !== exports.at(-1)?.length) exports.push(one)
      return exports.length >= 5
    }, { within: 60_000 })
    paying = false
    await payments
    for (const [i, each] of exports.entries()) {
      const rows = objects(each)
      const entries = [...new Set(rows.map(r => Number(r.sequence)))]
      assert.deepEqual(entries, range(entries.length, n => n + 1), 'entries 1 to the last, in order')
      assert.ok(i === 0 || each.startsWith(exports[i - 1]), 'a later export begins with an earlier one')
      const sums = {}
      for (const r of rows) sums[`${r.entry} ${r.currency}`] = (sums[`${r.entry} ${r.currency}`] ?? 0n) + (r.side === 'debit' ? 1n : -1n) * toUnits(r.amount, 18)
      assert.ok(Object.values(sums).every(sum => sum === 0n), 'every entry is balanced')
    }
  })

  await t.test('what the formats say is what the API says', async () => {
    const { accounts } = await world.trialBalance()
    const expected = Object.fromEntries(accounts.map(a => [a.code, toUnits(a.posted.debits, 18) - toUnits(a.posted.credits, 18)]).filter(([, sum]) => sum))
    const nonzero = sums => Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum).sort())
    assert.deepEqual(nonzero(balances(objects(await text('format=csv')))), nonzero(expected))
    const entries = (await text('format=jsonl')).trimEnd().split('\n').map(line => JSON.parse(line))
    const listed = (await platform.all('/v1/ledger/entries')).reverse()
    assert.ok(listed.some(entry => entry.hold_status === 'posted'))
    assert.deepEqual(entries, listed.map(({ hold_status, ...entry }) => entry), 'all but what became of a hold since')
    const file = join(daemon.dir, 'books.hledger')
    writeFileSync(file, await text('format=hledger'))
    const hledger = (...args) => execFileSync('hledger', ['-f', file, ...args], { encoding: 'utf8' })
    hledger('check', '--strict')
    const counted = hledger('balance', '--flat', '-N', '--layout=bare', '-O', 'csv').trim().split('\n').slice(1).map(line => JSON.parse(`[${line}]`))
    assert.deepEqual(nonzero(Object.fromEntries(counted.map(([account, , amount]) => [account, toUnits(amount, 18)]))), nonzero(expected))
  })

  await t.test('a statement adds up, as JSON and as CSV', async () => {
    const statement = await api.get('/v1/statements?currency=USDC')
    const sum = statement.lines.reduce((s, l) => s + toUnits(l.amount, 18), toUnits(statement.opening.posted, 18))
    assert.equal(sum, toUnits(statement.closing.posted, 18))
    assert.equal(toUnits(statement.closing.available, 18), toUnits((await world.balance()).available, 18))
    const rows = objects(await text('format=statement&currency=USDC', api))
    assert.deepEqual([rows[0].part, rows.at(-1).part], ['opening', 'closing'])
    assert.deepEqual(rows.slice(1, -1).map(r => [r.entry, r.amount, r.balance]), statement.lines.map(l => [l.entry, l.amount, l.balance]))
    assert.equal(rows.at(-1).balance, statement.closing.posted)
  })

  await t.test('who may not, and what there is not', async () => {
    const path = '/v1/exports?format=csv'
    await api.as(undefined).refused(401, 'unauthenticated', 'GET', path)
    await api.as('sk_wrong').refused(401, 'unauthenticated', 'GET', path)
    const other = await world.addMerchant('another shop')
    await (await world.addKey(world.merchant, ['intents'])).refused(403, 'forbidden', 'GET', path)
    await other.api.refused(404, 'not_found', 'GET', `${path}&merchant=${world.merchant}`)
    await platform.refused(404, 'not_found', 'GET', `${path}&merchant=mer_nobody`)
    for (const query of ['', '?format=xlsx', '?format=csv&from=now', '?format=statement']) await api.refused(400, null, 'GET', `/v1/exports${query}`)
    await api.refused(400, 'unknown_parameter', 'GET', `${path}&x=1`)
    await api.refused(405, null, 'POST', '/v1/exports', {})
    assert.equal(objects(await text('format=csv', other.api)).length, 0)
    const own = objects(await text('format=csv', api))
    assert.ok(own.length > 0 && own.every(r => r.account.startsWith(`liability:merchants:${world.merchant}:`)))
    const head = await platform.request('HEAD', path)
    assert.match(head.headers.get('content-type'), /^text\/csv/)
    assert.equal(head.headers.get('content-disposition'), 'attachment; filename="journal.csv"')
  })

  const connect = () => new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(`GET /v1/exports?format=jsonl HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${platform.secret}\r\n\r\n`)
      resolve(socket)
    })
    socket.on('error', () => {})
  })

  await t.test('a client that reads late gets all of it, and nobody waits for it', async () => {
    const expected = await text('format=jsonl')
    const slow = await connect()
    await Promise.all(range(20, () => api.get('/v1/balances')))
    const received = await new Promise(resolve => {
      let bytes = ''
      slow.on('data', d => { bytes += d }).on('end', () => resolve(bytes))
    })
    const [head, body] = [received.slice(0, received.indexOf('\r\n\r\n')), received.slice(received.indexOf('\r\n\r\n') + 4)]
    assert.match(head, /transfer-encoding: chunked/i)
    let whole = '', at = 0
    for (;;) {
      const end = body.indexOf('\r\n', at), size = parseInt(body.slice(at, end), 16)
      if (size === 0) break
      whole += body.slice(end + 2, end + 2 + size)
      at = end + 4 + size
    }
    assert.ok(body.endsWith('0\r\n\r\n'), 'the last chunk came')
    assert.equal(whole, expected)
  })

  await t.test('clients that go away leave nothing behind', async () => {
    for (const i of range(12)) {
      const socket = await connect()
      if (i % 2) await new Promise(resolve => socket.once('data', resolve))
      socket.destroy()
    }
    await until('an export after them', async () => (await platform.request('GET', '/v1/exports?format=csv')).status === 200)
    assert.equal((await platform.request('GET', '/livez')).status, 200)
  })

  await t.test('a period is closed, and its books stay as they were', async () => {
    const end = new Date().toISOString()
    const period = await until('the period can be closed', () => platform.post('/v1/ledger/periods', { name: 'first', until: end }))
    const first = await platform.get(`/v1/ledger/periods/${period.id}`)
    assert.deepEqual(first.before_closing.currencies.map(c => c.debits), first.before_closing.currencies.map(c => c.credits))
    const statement = await api.get(`/v1/statements?currency=USDC&until=${end}`)
    await world.earn('3.00')
    assert.deepEqual(await platform.get(`/v1/ledger/periods/${period.id}`), first)
    assert.deepEqual(await api.get(`/v1/statements?currency=USDC&until=${end}`), statement)
    await platform.refused(409, 'period_overlaps', 'POST', '/v1/ledger/periods', { name: 'again', until: end })
    await platform.refused(422, 'period_not_over', 'POST', '/v1/ledger/periods', { name: 'soon', until: '2999-01-01T00:00:00Z' })
    await api.refused(403, 'forbidden', 'POST', '/v1/ledger/periods', { name: 'mine', until: end })
  })

  await t.test('the command line writes the same bytes with the daemon up and down, for its owner alone', async () => {
    const file = name => join(daemon.dir, name)
    const write = async (name, ...args) => {
      const ran = await daemon.cli('export', '--to', file(name), ...args)
      assert.equal(ran.code, 0, ran.stderr)
      assert.equal(statSync(file(name)).mode & 0o777, 0o600)
      return readFileSync(file(name), 'utf8')
    }
    const formats = [['csv'], ['hledger'], ['jsonl'], ['statement', '--merchant', world.merchant, '--currency', 'USDC']]
    await world.chain.stopMining()
    const mined = Number(await world.chain.rpc('eth_blockNumber'))
    await until('the daemon has seen the last block', async () => (await platform.get('/health')).chains[0].head === mined)
    const refused = async (...args) => (await daemon.cli('export', ...args)).code
    assert.equal(await refused('--format', 'pdf', '--to', file('x')), 2)
    assert.equal(await refused('--format', 'csv'), 2)
    assert.equal(await refused('--format', 'statement', '--to', file('x')), 1)
    assert.equal(await refused('--format', 'csv', '--merchant', 'mer_nobody', '--to', file('x')), 1)
    assert.equal(await refused('--format', 'csv', '--from', 'monday', '--to', file('x')), 1)
    assert.equal(await refused('--format', 'csv', '--to', file(`none-${random()}/x`)), 1)
    writeFileSync(file('busy.csv.part'), 'another export')
    assert.equal(await refused('--format', 'csv', '--to', file('busy.csv')), 1)
    assert.equal(readFileSync(file('busy.csv.part'), 'utf8'), 'another export')
    assert.ok(!existsSync(file('x')) && !existsSync(file('busy.csv')))

    const up = []
    for (const [format, ...args] of formats) up.push(await write(`up.${format}`, '--format', format, ...args))
    const rows = objects(up[0])
    assert.equal(up[2], await text('format=jsonl'))
    assert.equal((await daemon.stop()).code, 0)
    for (const [i, [format, ...args]] of formats.entries()) {
      assert.equal(await write(`down.${format}`, '--format', format, ...args), up[i], format)
    }
    assert.ok(rows.length > 0)
    assert.deepEqual(readdirSync(daemon.dir).filter(name => name.endsWith('.part')), ['busy.csv.part'])
    await world.verifyBooks()
  })
})
