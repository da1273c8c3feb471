import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { run } from '../support/daemon.mjs'
import { freePort, inParallel, random, range, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

const order = { amount: '1.00', currency: 'USDC' }

test('settings that are wrong are refused with 78 and the line', async t => {
  const world = await World.open(t, { mineEvery: 0, start: false })
  const good = readFileSync(world.daemon.config, 'utf8')
  const check = async text => {
    const file = join(world.daemon.dir, `${random()}.toml`)
    writeFileSync(file, text)
    return run(['check-config', '--config', file], { cwd: world.daemon.dir })
  }
  assert.equal((await check(good)).code, 0)
  const lines = good.split('\n')
  const cases = {
    'an unknown key': [/^confirmations/, 'confirmatoins = 2'],
    'a wrong type': [/^confirmations/, 'confirmations = "two"'],
    'a fraction': [/^confirmations/, 'confirmations = 2.5'],
    'an address that is none': [/^address/, 'address = "0x1234"'],
    'money that is not exact': [/^max_amount/, 'max_amount = "1e4"'],
    'an unknown table': [/^\[intents\]/, '[intentions]'],
    'not TOML': [/^bps/, 'bps = = 3'],
  }
  for (const [name, [at, line]] of Object.entries(cases)) {
    await t.test(name, async () => {
      const number = lines.findIndex(l => at.test(l)) + 1
      const { code, stderr, stdout } = await check(lines.map((l, i) => (i === number - 1 ? line : l)).join('\n'))
      assert.equal(code, 78, `${stdout} ${stderr}`)
      assert.match(stdout + stderr, new RegExp(`\\b${number}\\b`), 'the line is named')
    })
  }
  const { code, stderr } = await (async () => {
    writeFileSync(world.daemon.config, `${good}\nsurprise = 1\n`)
    return world.daemon.cli('run')
  })()
  assert.equal(code, 78)
  assert.match(stderr, /surprise/)
})

test('the command line', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'settled-init-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  assert.equal((await run([])).code, 2)
  assert.equal((await run(['dance'])).code, 2)
  assert.match((await run(['version'])).stdout, /\d+\.\d+\.\d+/)
  const made = await run(['init', '--dir', join(dir, 'new')])
  assert.equal(made.code, 0, made.stderr)
  const config = join(dir, 'new', readdirSync(join(dir, 'new')).find(f => f.endsWith('.toml')))
  const checked = await run(['check-config', '--config', config])
  assert.equal(checked.code, 0, checked.stderr)
  assert.notEqual((await run(['init', '--dir', join(dir, 'new')])).code, 0, 'keys are never overwritten')
  for (const file of readdirSync(join(dir, 'new')).filter(f => /pass|hot.*json|mnemonic|phrase/.test(f))) {
    assert.equal(statSync(join(dir, 'new', file)).mode & 0o077, 0, `${file} is readable by others`)
  }
  const key = await run(['keys', 'create', '--config', config, '--name', 'first', '--scopes', 'admin,intents'])
  assert.match(key.stdout, /^sk_\S+\n$/)
})

test('one data directory, one process', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const other = join(world.daemon.dir, 'other.toml')
  writeFileSync(other, readFileSync(world.daemon.config, 'utf8').replace(world.daemon.base.slice(7), `127.0.0.1:${await freePort()}`))
  const second = await run(['run', '--config', other], { cwd: world.daemon.dir, within: 20_000 })
  assert.equal(second.code, 1, `${second.code} ${second.signal} ${second.stderr}`)
  await world.intent()
  assert.equal((await world.platform.request('GET', '/readyz')).status, 200)
})

test('port 0 picks a port and writes it down', async t => {
  const world = await World.open(t, { mineEvery: 0, start: false, settings: { daemon: { listen: '127.0.0.1:0' } } })
  const child = world.daemon.launch()
  const file = join(world.daemon.data, 'listen')
  const listen = await until('the file', () => !child.how && existsSync(file) && readFileSync(file, 'utf8').trim())
  assert.match(listen, /^127\.0\.0\.1:\d+$/)
  await until('it answers', async () => (await fetch(`http://${listen}/livez`)).status === 200)
})

test('SIGTERM drains: what was acknowledged is kept, the exit code is 0', async t => {
  const world = await World.open(t)
  const { api, daemon } = world
  await world.earn('50.00')
  await world.payout({ amount: '5.00' })
  const acknowledged = []
  let stopping = false
  const load = inParallel(range(400), 8, async () => {
    if (stopping) return
    try {
      const answer = await api.request('POST', '/v1/payment_intents', order, { timeoutMs: 12_000 })
      if (answer.status === 201) acknowledged.push(answer.body.id)
      else assert.equal(answer.status, 503)
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
    }
  })
  await until('under load', () => acknowledged.length > 20)
  const how = await daemon.stop()
  stopping = true
  await load
  assert.equal(how.code, 0, `${how.code} ${how.signal}: ${daemon.tail()}`)
  assert.ok(how.ms < 10_000, `${how.ms} ms`)
  await daemon.start()
  const kept = new Set((await api.all('/v1/payment_intents')).map(i => i.id))
  for (const id of acknowledged) assert.ok(kept.has(id), `${id} was acknowledged`)
})

test('a full disk stops the process, and nothing that was acknowledged is lost', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { api, daemon } = world
  await daemon.stop()
  await daemon.start({ fileLimitKiB: 160 })
  const acknowledged = []
  await inParallel(range(3000), 6, async () => {
    if (daemon.process.how) return
    const answer = await api.request('POST', '/v1/payment_intents', { ...order, description: random(100) }, { timeoutMs: 12_000 }).catch(() => undefined)
    if (answer?.status === 201) acknowledged.push(answer.body.id)
  })
  const how = await Promise.race([daemon.process.ended, until('the process ends', () => daemon.process.how)])
  assert.ok(how.code !== 0, JSON.stringify(how))
  assert.ok(acknowledged.length > 0)
  await daemon.start()
  const kept = new Set((await api.all('/v1/payment_intents')).map(i => i.id))
  for (const id of acknowledged) assert.ok(kept.has(id), `${id} of ${acknowledged.length} was acknowledged`)
  await world.verifyBooks()
})

test('a flipped byte in the store is noticed: by verify, and by the daemon when it reads it', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { api, daemon } = world
  await Promise.all(range(60, () => world.intent({ description: random(40) })))
  const paths = ['/v1/payment_intents?limit=100', '/v1/events?after=0&limit=100', '/v1/webhook_endpoints', '/v1/payouts']
  const read = path => api.request('GET', path).then(({ status, text }) => ({ status, text }), () => ({ status: 0 }))
  const whole = {}
  for (const path of paths) whole[path] = await read(path)
  await world.verifyBooks()

  const [book, pristine] = [join(daemon.data, 'book'), join(daemon.dir, 'pristine')]
  cpSync(book, pristine, { recursive: true })
  const [file] = readdirSync(book).filter(f => /\.(log|ldb)$/.test(f)).map(f => join(book, f)).sort((a, b) => statSync(b).size - statSync(a).size)
  const good = readFileSync(file)
  assert.ok(good.length > 20_000, `${file} has ${good.length} bytes`)
  let stopped = 0
  for (const part of range(8, i => (i + 0.5) / 9)) {
    rmSync(book, { recursive: true })
    cpSync(pristine, book, { recursive: true })
    const bytes = Buffer.from(good)
    bytes[Math.floor(bytes.length * part)] ^= 0x10
    writeFileSync(file, bytes)
    const verified = await daemon.cli('verify')
    assert.equal(verified.code, 1, `at ${part}: ${verified.stdout} ${verified.stderr}`)

    const child = daemon.launch()
    await until('it answers or has ended', async () => child.how || (await read('/livez')).status === 200)
    let refused = false
    for (const path of paths) {
      const answer = await read(path)
      if (answer.status === 200) assert.deepEqual(answer, whole[path], `at ${part} ${path} is whole or not answered`)
      else refused = true
    }
    if (refused) {
      const how = await until('it stops', () => child.how)
      assert.deepEqual(how, { code: 1, signal: null }, `at ${part}: ${daemon.tail()}`)
      stopped += 1
    } else {
      await daemon.kill9()
    }
  }
  assert.ok(stopped > 0, 'some of it was read')
})
