import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { decodeFunctionResult, encodeDeployData, encodeFunctionData, pad, toEventSelector } from 'viem'
import { contracts } from './contracts.mjs'
import { delay, freePort, hex, killOnExit, until } from './util.mjs'

const require = createRequire(import.meta.url)
const binary = () => require.resolve('@foundry-rs/anvil-linux-amd64/bin/anvil')
export const TRANSFER_TOPIC = toEventSelector('Transfer(address,address,uint256)')
const topicOf = address => (address ? pad(address.toLowerCase(), { size: 32 }) : null)

/**
 * A real EVM node with our contracts: `chain.tokens.{USDC,USDT,DAI,ROGUE}` (ROGUE calls itself USDC
 * and is not in any settings) and `chain.batch`. Blocks come only from `mine`, `mineEvery` or `blockTime`.
 * The first account owns the tokens and is the payer; it and the batch hold a million of each.
 */
export class Anvil {
  #queue = Promise.resolve()

  static async start({ chainId = 31337, port, blockTime, more = [] } = {}) {
    const chain = new Anvil()
    chain.chainId = chainId
    chain.port = port ?? await freePort()
    chain.url = `http://127.0.0.1:${chain.port}`
    const pace = blockTime ? ['--block-time', blockTime] : ['--no-mining']
    const args = ['--port', chain.port, '--chain-id', chainId, '--slots-in-an-epoch', 1, '--quiet', ...pace, ...more]
    chain.process = killOnExit(spawn(binary(), args.map(String), { stdio: 'ignore' }))
    await until('anvil answers', () => chain.rpc('eth_chainId'), { within: 20_000, every: 20 })
    chain.accounts = await chain.rpc('eth_accounts')
    await chain.#deployAll()
    return chain
  }

  async #deployAll() {
    const plan = [
      ['USDC', 'DollarToken', ['USD Coin', 'USDC'], 6],
      ['USDT', 'SilentToken', [], 6],
      ['DAI', 'PlainToken', ['Plain Dollar', 'DAI', 18], 18],
      ['ROGUE', 'PlainToken', ['USD Coin', 'USDC', 6], 6],
    ]
    const deployed = await Promise.all([...plan, ['batch', 'Batch', []]].map(([, contract, args]) => this.deploy(contract, args)))
    const [payer] = this.accounts
    await this.mine()
    const places = await Promise.all(deployed.map(d => d.placed()))
    this.batch = places.pop()
    this.tokens = Object.fromEntries(plan.map(([symbol, , , decimals], i) => [symbol, { symbol, decimals, ...places[i] }]))
    const minted = Object.values(this.tokens).flatMap(token => [payer, this.batch.address].map(to =>
      this.write(token, 'mint', [to, 1_000_000n * 10n ** BigInt(token.decimals)])))
    const hashes = await Promise.all(minted)
    await this.mine()
    for (const hash of hashes) await this.mined(hash)
  }

  /** One JSON-RPC request. Throws with the node's message. */
  async rpc(method, params = []) {
    const answer = await fetch(this.url, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const { result, error } = await answer.json()
    if (error) throw new Error(`${method}: ${error.message}`)
    return result
  }

  /** Sends from an unlocked account; the hash. One by one, since the node picks the nonces. */
  send(transaction) {
    const sent = this.#queue.then(() => this.rpc('eth_sendTransaction', [{ from: this.accounts[0], gas: hex(3_000_000), ...transaction }]))
    this.#queue = sent.catch(() => {})
    return sent
  }
  async deploy(name, args = []) {
    const { abi, bytecode } = contracts()[name]
    const hash = await this.send({ data: encodeDeployData({ abi, bytecode, args }) })
    return { hash, placed: async () => ({ abi, address: (await this.mined(hash)).contractAddress }) }
  }
  write({ abi, address }, functionName, args = [], from = this.accounts[0], fields = {}) {
    return this.send({ from, to: address, data: encodeFunctionData({ abi, functionName, args }), ...fields })
  }
  async read({ abi, address }, functionName, args = [], block = 'latest') {
    const data = await this.rpc('eth_call', [{ to: address, data: encodeFunctionData({ abi, functionName, args }) }, block])
    return decodeFunctionResult({ abi, functionName, data })
  }

  transfer(symbol, to, units, from) { return this.write(this.tokens[symbol], 'transfer', [to, BigInt(units)], from) }
  mint(symbol, to, units) { return this.write(this.tokens[symbol], 'mint', [to, BigInt(units)]) }
  /** Several transfers in one transaction: [[symbol, to, units], ...]. */
  transferMany(list) {
    return this.write(this.batch, 'pay', [list.map(([symbol, to, value]) => ({ token: this.tokens[symbol].address, to, value: BigInt(value) }))])
  }
  balance(symbol, who, block) { return this.read(this.tokens[symbol], 'balanceOf', [who], block) }
  setGas(who, wei) { return this.rpc('anvil_setBalance', [who, hex(wei)]) }
  /** From now on `send` may use this address as `from`. */
  async impersonate(who) {
    await this.rpc('anvil_impersonateAccount', [who])
    await this.setGas(who, 10n ** 18n)
  }

  mine(blocks = 1) { return this.rpc('anvil_mine', [hex(blocks)]) }
  async head() { return Number(await this.rpc('eth_blockNumber')) }
  /** Mines a block every `ms` until `stopMining`. */
  mineEvery(ms) {
    const clock = { on: true }
    clock.ended = (async () => {
      while (clock.on) {
        await this.mine().catch(() => {})
        await delay(ms)
      }
    })()
    this.clock = clock
  }
  async stopMining() {
    if (!this.clock) return
    this.clock.on = false
    await this.clock.ended
    this.clock = undefined
  }
  snapshot() { return this.rpc('evm_snapshot') }
  revert(id) { return this.rpc('evm_revert', [id]) }
  /** Replaces the last `depth` blocks by others; `again` = [[raw transaction, block of the new branch], ...]. */
  reorg(depth, again = []) { return this.rpc('anvil_reorg', [depth, again]) }
  raw(hash) { return this.rpc('eth_getRawTransactionByHash', [hash]) }
  receipt(hash) { return this.rpc('eth_getTransactionReceipt', [hash]) }
  async mined(hash) {
    const receipt = await until(`${hash} is mined`, () => this.receipt(hash))
    if (receipt.status !== '0x1') throw new Error(`${hash} reverted`)
    return receipt
  }
  /** The canonical Transfer logs of a token. */
  transfers(symbol, { from, to } = {}) {
    return this.rpc('eth_getLogs', [{
      address: this.tokens[symbol].address, fromBlock: '0x0', toBlock: 'latest', topics: [TRANSFER_TOPIC, topicOf(from), topicOf(to)],
    }])
  }
  async pending() { return (await this.rpc('txpool_content')).pending ?? {} }

  async stop() {
    await this.stopMining()
    const ended = new Promise(resolve => this.process.once('exit', resolve))
    if (this.process.exitCode !== null || !this.process.kill('SIGKILL')) return
    await ended
  }
}
