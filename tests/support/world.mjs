import assert from 'node:assert/strict'
import { Anvil } from './anvil.mjs'
import { Api } from './api.mjs'
import { CHAIN, Daemon } from './daemon.mjs'
import { NodeProxy } from './node_proxy.mjs'
import { Sink } from './sink.mjs'
import { Cleanup, hex, randomAddress, toUnits, until } from './util.mjs'

export const MERCHANT_SCOPES = ['intents', 'payouts', 'ledger.read', 'webhooks']
export const same = (actual, expected, what) => assert.equal(toUnits(actual, 18), toUnits(expected, 18), `${what ?? 'amount'}: ${actual}, not ${expected}`)

/** A chain, a daemon that follows it, a platform key and one merchant: what every flow test stands on. */
export class World {
  #cleanup = new Cleanup()

  /**
   * `test` is the node:test context; all is taken down after it. `settings`: see Daemon, or a function of
   * the world; `mineEvery` ms between blocks (0: the test mines); `before(world)` runs once the chain stands.
   */
  static async open(test, { settings = {}, mineEvery = 100, start = true, treasury = '100000', before } = {}) {
    const world = new World()
    if (test) test.after(() => world.close())
    try {
      world.chain = await Anvil.start()
      world.closeWith(() => world.chain.stop())
      await before?.(world)
      world.daemon = await Daemon.prepare(world.chain, typeof settings === 'function' ? settings(world) : settings)
      world.closeWith(() => world.#endDaemon())
      await world.chain.setGas(world.daemon.hot, 10n ** 20n)
      for (const { symbol, decimals } of ['USDC', 'USDT', 'DAI'].map(s => world.chain.tokens[s])) {
        if (toUnits(treasury)) await world.chain.mint(symbol, world.daemon.hot, toUnits(treasury, decimals))
      }
      await world.chain.mine(8)
      world.platform = new Api(world.daemon.base, await world.daemon.createKey())
      if (mineEvery) world.chain.mineEvery(mineEvery)
      if (start) {
        await world.daemon.start()
        Object.assign(world, await world.addMerchant('the shop'))
      }
      return world
    } catch (error) {
      if (!test) await world.close()
      throw error
    }
  }
  closeWith(step) { this.#cleanup.add(step) }
  close() { return this.#cleanup.close() }
  async #endDaemon() {
    if (this.daemon.process && !this.daemon.process.how) await this.daemon.kill9()
    // A report of a sanitizer fails the test that caused it, whatever the test itself looked at.
    const log = this.daemon.tail(1 << 20)
    const report = /.*(?:ERROR: (?:Address|Leak)Sanitizer|runtime error:).*/.exec(log)
    this.daemon.remove()
    if (report) throw new Error(`the daemon's log has: ${log.slice(report.index, report.index + 4000)}`)
  }

  /** A node before the chain's own that lies and fails as it is told. It stops with the world. */
  async addProxy() {
    const proxy = await NodeProxy.start(this.chain.url)
    this.closeWith(() => proxy.stop())
    return proxy
  }
  async addMerchant(name) {
    const { id } = await this.platform.post('/v1/merchants', { name })
    return { merchant: id, api: await this.addKey(id, MERCHANT_SCOPES) }
  }
  async addKey(merchant, scopes, name = 'test') {
    const key = await this.platform.post('/v1/api_keys', { name, scopes, ...(merchant && { merchant }) })
    assert.match(key.secret, /^sk_/)
    return Object.assign(this.platform.as(key.secret), { id: key.id })
  }
  async listen({ api = this.api, events = ['*'], answer } = {}) {
    const sink = await Sink.start(answer)
    this.closeWith(() => sink.stop())
    sink.endpoint = await api.post('/v1/webhook_endpoints', { url: sink.url, events })
    sink.secret = sink.endpoint.secret
    return sink
  }

  intent(fields = {}, api = this.api) { return api.post('/v1/payment_intents', { amount: '25.00', currency: 'USDC', ...fields }) }
  addressOf(intent) { return intent.payment_options[0].deposit_address }
  /** Sends `amount` of `token` to the intent's address; the transaction's hash. */
  pay(intent, amount = intent.amount, token = intent.currency) {
    return this.chain.transfer(token, this.addressOf(intent), toUnits(amount, this.chain.tokens[token].decimals))
  }
  payout(fields = {}, options = {}) {
    return this.api.post('/v1/payouts', { amount: '10.00', currency: 'USDC', chain: CHAIN, destination: randomAddress(), ...fields }, options)
  }

  /** Waits until the object at `path` fits: a status, or a test of it. The object. */
  async becomes(path, wanted, { within = 20_000, api = this.platform } = {}) {
    let last
    const fits = typeof wanted === 'function' ? wanted : object => object.status === wanted
    return until(() => `${path} is ${wanted}; it is ${JSON.stringify(last)?.slice(0, 900)}`, async () => {
      last = await api.get(path)
      return fits(last) && last
    }, { within })
  }
  intentBecomes(id, wanted, options) { return this.becomes(`/v1/payment_intents/${id}`, wanted, options) }
  payoutBecomes(id, wanted, options) { return this.becomes(`/v1/payouts/${id}`, wanted, { within: 40_000, ...options }) }
  transfersOf(hash) { return this.platform.all('/v1/transfers').then(all => all.filter(t => t.tx_hash === hash)) }
  /** The only transfer of a transaction, once it fits. */
  async transferBecomes(hash, wanted, options = {}) {
    let last
    const fits = typeof wanted === 'function' ? wanted : t => t.status === wanted
    return until(() => `the transfer of ${hash} is ${wanted}; it is ${JSON.stringify(last)}`, async () => {
      last = await this.transfersOf(hash)
      return last.find(fits)
    }, { within: options.within ?? 20_000 })
  }

  async balance(currency = 'USDC', api = this.api) {
    const { data } = await api.get('/v1/balances')
    return data.find(b => b.currency === currency) ?? { currency, available: '0.00', pending: '0.00', reserved: '0.00' }
  }
  async balanceBecomes(wanted, { currency = 'USDC', api = this.api, within = 20_000 } = {}) {
    let last
    return until(() => `the balance is ${JSON.stringify(wanted)}; it is ${JSON.stringify(last)}`, async () => {
      last = await this.balance(currency, api)
      return Object.entries(wanted).every(([field, amount]) => toUnits(last[field], 18) === toUnits(amount, 18)) && last
    }, { within })
  }
  /** Earns the merchant an available balance of this much more. */
  async earn(amount, currency = 'USDC') {
    const before = toUnits((await this.balance(currency)).available, 18)
    const intent = await this.intent({ amount, currency })
    await this.pay(intent)
    await until('the money is available', async () =>
      toUnits((await this.balance(currency)).available, 18) === before + toUnits(amount, 18))
  }

  /** Debits equal credits in every currency, over the totals and over the accounts. */
  async trialBalance() {
    const report = await this.platform.get('/v1/ledger/trial_balance')
    assert.equal(report.object, 'trial_balance')
    for (const row of report.currencies) assert.equal(row.debits, row.credits, `the books of ${row.currency} are off`)
    const sums = {}
    for (const { currency, posted } of report.accounts) {
      sums[currency] = (sums[currency] ?? 0n) + toUnits(posted.debits, 18) - toUnits(posted.credits, 18)
    }
    for (const [currency, sum] of Object.entries(sums)) assert.equal(sum, 0n, `the accounts of ${currency} do not sum to zero`)
    return report
  }

  /** Every incoming transfer is booked once, deposits equal the books, debits equal credits. */
  async audit(symbols = ['USDC', 'USDT', 'DAI']) {
    await this.trialBalance()
    const incoming = (await this.platform.all('/v1/transfers')).filter(t => t.direction === 'in' && t.status !== 'reversed')
    const keys = incoming.map(t => `${t.chain} ${t.tx_hash} ${t.log_index}`)
    assert.equal(new Set(keys).size, keys.length, 'a transfer is booked twice')
    const addresses = new Set((await this.platform.all('/v1/payment_intents')).map(i => this.addressOf(i).toLowerCase()))
    for (const symbol of symbols) {
      const token = this.chain.tokens[symbol].address.toLowerCase()
      const booked = incoming.filter(t => t.token_address.toLowerCase() === token && addresses.has(t.to.toLowerCase()))
        .reduce((sum, t) => sum + BigInt(t.base_units), 0n)
      let held = 0n
      for (const address of addresses) held += await this.chain.balance(symbol, address)
      assert.equal(booked, held, `the books have ${booked} of ${symbol}, the deposit addresses hold ${held}`)
    }
  }
  async verifyBooks() {
    await this.daemon.stop()
    const verified = await this.daemon.cli('verify')
    assert.equal(verified.code, 0, `settled verify: ${verified.stdout} ${verified.stderr}`)
  }
}
export { CHAIN, hex }
