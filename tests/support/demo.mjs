// The story that daemon/demo tells. It asserts every step that it prints; the exit code is 0 only if all of them hold.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Anvil } from './anvil.mjs'
import { Api } from './api.mjs'
import { Daemon, SCOPES, run } from './daemon.mjs'
import { Sink } from './sink.mjs'
import { toAmount, toUnits, until } from './util.mjs'

const CHAIN = 'local'
const keep = process.argv.includes('--keep')
const began = Date.now()
const say = (what, ...more) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)}s  ${what.padEnd(11)} ${more.join(' ')}`)
const short = id => (id.length > 22 ? `${id.slice(0, 12)}..${id.slice(-6)}` : id)

/** Sets `key` in the first table `header` of a settings file, where it stands or below the header. */
function adjust(text, header, key, value) {
  const lines = text.split('\n')
  const start = lines.findIndex(l => l.trim().startsWith(header))
  if (start < 0) return `${text}\n${header}\n${key} = ${value}\n`
  const length = lines.slice(start + 1).findIndex(l => /^\s*\[/.test(l))
  const end = length < 0 ? lines.length : start + 1 + length
  const at = lines.findIndex((l, i) => i > start && i < end && new RegExp(`^\\s*${key}\\s*=`).test(l))
  lines.splice(at < 0 ? start + 1 : at, at < 0 ? 0 : 1, `${key} = ${value}`)
  return lines.join('\n')
}

const dir = mkdtempSync(join(tmpdir(), 'settled-demo-'))
const daemon = new Daemon()
try {
  const chain = await Anvil.start()
  const { USDC } = chain.tokens
  const [payer] = chain.accounts
  say('chain', `anvil at ${chain.url}, chain id ${chain.chainId}`)
  say('token', `USDC, 6 decimals, at ${USDC.address}`)

  Object.assign(daemon, { dir, data: join(dir, 'data'), log: join(dir, 'daemon.log') })
  const made = await run(['init', '--dir', dir, '--rpc-url', chain.url, '--chain-name', CHAIN, '--chain-id', String(chain.chainId), '--token', `USDC:${USDC.address}:6`])
  assert.equal(made.code, 0, `settled init: ${made.stdout} ${made.stderr}`)
  daemon.config = join(dir, readdirSync(dir).find(f => f.endsWith('.toml')))
  let settings = readFileSync(daemon.config, 'utf8')
  for (const [header, key, value] of [
    ['[daemon]', 'listen', '"127.0.0.1:0"'], ['[[chain]]', 'finality', '4'], ['[[chain]]', 'confirmations', '2'],
    ['[[chain]]', 'poll_interval_ms', '100'], ['[webhooks]', 'allow_private_networks', 'true'],
  ]) settings = adjust(settings, header, key, value)
  writeFileSync(daemon.config, settings)
  const keystore = /^\s*path = "(.*)"/m.exec(settings)[1]
  const hot = `0x${JSON.parse(readFileSync(resolve(dirname(daemon.config), keystore), 'utf8')).address.replace(/^0x/, '')}`
  say('init', `${daemon.config}, hot wallet ${hot}`)
  await chain.setGas(hot, 10n ** 18n)
  await chain.mint('USDC', hot, toUnits('500.00'))
  await chain.mine(6)

  const secret = await daemon.createKey({ name: 'demo', scopes: SCOPES })
  const child = daemon.launch()
  const listen = await until(() => `the daemon listens:\n${daemon.tail()}`, () => {
    assert.equal(child.how, undefined, daemon.tail())
    return readFileSync(join(dirname(daemon.config), /^\s*data_dir = "(.*)"/m.exec(settings)[1], 'listen'), 'utf8').trim()
  })
  daemon.base = `http://${listen}`
  const platform = new Api(daemon.base, secret)
  await until(() => `ready:\n${daemon.tail()}`, async () => (await platform.request('GET', '/readyz')).status === 200)
  chain.mineEvery(500)
  say('daemon', `ready at ${daemon.base}`)

  const merchant = await platform.post('/v1/merchants', { name: 'Tea House' })
  const key = await platform.post('/v1/api_keys', { name: 'shop', merchant: merchant.id, scopes: ['intents', 'payouts', 'ledger.read', 'webhooks'] })
  const api = platform.as(key.secret)
  say('merchant', short(merchant.id), 'with the key', key.id)
  const sink = await Sink.start()
  sink.secret = (await api.post('/v1/webhook_endpoints', { url: sink.url, events: ['*'] })).secret
  say('webhooks', 'go to', sink.url)

  const intent = await api.post('/v1/payment_intents', { amount: '25.00', currency: 'USDC', reference: 'order-42' })
  const [option] = intent.payment_options
  assert.equal(intent.status, 'requires_payment')
  say('intent', short(intent.id), `25.00 USDC to ${option.deposit_address}: ${intent.status}`)
  const paid = await chain.transfer('USDC', option.deposit_address, BigInt(option.base_units))
  say('paid', `from ${payer}, transaction ${short(paid)}`)

  /** Polls the object and prints each status as it comes; ends with `last`, having passed `passing`. */
  async function follow(path, passing, last) {
    const seen = []
    return until(() => `${path} becomes ${last}; it was ${seen.join(', ')}`, async () => {
      const object = await api.get(path)
      if (seen.at(-1) !== object.status) say('', `-> ${object.status}`, `(block ${await chain.head()})`), seen.push(object.status)
      if (object.status !== last) return undefined
      for (const status of passing) assert.ok(seen.includes(status), `${path} was never seen ${status}: ${seen.join(', ')}`)
      return object
    }, { within: 25_000, every: 30 })
  }
  const balance = async () => (await api.get('/v1/balances')).data.find(b => b.currency === 'USDC')
  const settled = await follow(`/v1/payment_intents/${intent.id}`, ['requires_payment', 'processing'], 'succeeded')
  assert.equal(settled.amount_received, '25.00')
  await until('the money is available', async () => (await balance()).available === '25.00')
  say('', `-> available: 25.00 USDC (block ${await chain.head()}, final)`)

  const destination = '0x90F79bf6EB2c4f870365E785982E1f101E93b906'
  const payout = await api.post('/v1/payouts', { amount: '10.00', currency: 'USDC', chain: CHAIN, destination })
  const held = await balance()
  assert.deepEqual([held.available, held.reserved], ['15.00', '10.00'])
  say('payout', short(payout.id), `10.00 USDC to ${destination}: ${payout.status}, held ${held.reserved}`)
  const done = await follow(`/v1/payouts/${payout.id}`, ['submitted'], 'succeeded')
  const after = await balance()
  assert.deepEqual([after.available, after.reserved], ['15.00', '0.00'])
  say('posted', `transaction ${short(done.transactions[0].tx_hash)}, gas ${done.network_fee.amount} ${done.network_fee.currency}, available ${after.available}`)

  const refund = await api.post(`/v1/payment_intents/${intent.id}/refunds`, { amount: '5.00', chain: CHAIN, destination: payer, reason: 'one cup was cold' })
  say('refund', short(refund.id), `5.00 USDC of ${short(intent.id)} to ${payer}: ${refund.status}`)
  await follow(`/v1/refunds/${refund.id}`, [], 'succeeded')
  assert.equal((await api.get(`/v1/payment_intents/${intent.id}`)).amount_refunded, '5.00')
  assert.equal((await balance()).available, '10.00')

  const entries = await platform.get('/v1/ledger/entries?limit=100')
  for (const entry of entries.data.reverse()) {
    say('entry', entry.kind.padEnd(22), entry.lines.map(l => `${l.side} ${l.account} ${l.amount} ${l.currency}`).join(' | '))
  }
  const trial = await platform.get('/v1/ledger/trial_balance')
  for (const { currency, debits, credits } of trial.currencies) {
    assert.equal(debits, credits)
    say('balance', `${currency}: debits ${debits} = credits ${credits}`)
  }
  await sink.delivered('refund.succeeded')
  say('webhooks', 'came, signatures verified:', sink.events().map(e => e.type).join(' '))
  for (const type of ['payment_intent.processing', 'payment_intent.succeeded', 'payout.submitted', 'payout.succeeded']) assert.ok(sink.events().some(e => e.type === type), type)
  const health = await platform.get('/health')
  const [local] = health.chains
  assert.equal(local.state, 'following')
  say('health', `${local.name} ${local.state}, head ${local.head}, final ${local.finalized}, unreconciled ${local.unreconciled}, book at ${health.book.sequence}`)
  const received = await chain.balance('USDC', destination)
  assert.equal(received, toUnits('10.00'))
  say('receiver', `${destination} holds ${toAmount(received)} USDC on the chain`)

  if (keep) {
    console.log(`\nstill running: API ${daemon.base}  checkout ${intent.checkout_url}\n  health ${daemon.base}/health  metrics ${daemon.base}/metrics  node ${chain.url}  webhooks ${sink.url}`)
    console.log(`  platform key ${secret}  merchant key ${key.secret}\n  settings ${daemon.config}; Ctrl-C ends all of it`)
  } else {
    const { code } = await daemon.stop()
    assert.equal(code, 0, 'the daemon ends cleanly')
    const verified = await daemon.cli('verify')
    assert.equal(verified.code, 0, verified.stderr)
    say('verify', 'the log of the book is whole; all as told')
    await chain.stop()
    rmSync(dir, { recursive: true, force: true })
    process.exit(0)
  }
} catch (error) {
  console.error(`not as told: ${error.message}\n${daemon.log ? daemon.tail(2000) : ''}\nleft in ${dir}`)
  process.exit(1)
}
