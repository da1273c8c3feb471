import assert from 'node:assert/strict'
import test from 'node:test'
import standardwebhooks from 'standardwebhooks'
import { privateKeyToAccount } from 'viem/accounts'
import { Anvil } from './support/anvil.mjs'
import { depositAddress, keystoreOf } from './support/daemon.mjs'
import { NodeProxy } from './support/node_proxy.mjs'
import { Sink } from './support/sink.mjs'
import { range, randomAddress, toAmount, toUnits, until } from './support/util.mjs'

const rpc = async (url, method, params = []) => {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }) })
  return answer.json()
}

test('amounts go to units and back exactly', () => {
  assert.equal(toUnits('25.00'), 25_000_000n)
  assert.equal(toUnits('0.000001'), 1n)
  assert.equal(toAmount(25_000_000n), '25.00')
  assert.equal(toAmount(1n), '0.000001')
  assert.throws(() => toUnits('0.0000001'))
  assert.throws(() => toUnits('1e3'))
})

test('until gives up after its deadline and says what it waited for', async () => {
  await assert.rejects(until('the moon', () => false, { within: 20, every: 5 }), /the moon/)
})

test('deposit addresses are those of a public mnemonic, and all different', () => {
  assert.equal(depositAddress(0), '0xfc2077CA7F403cBECA41B1B0F62D91B5EA631B5E')
  assert.equal(new Set(range(20, depositAddress)).size, 20)
  assert.match(keystoreOf(`0x${'11'.repeat(32)}`, 'x'), /"kdf":"scrypt"/)
})

test('the chain transfers, batches, reorganises and finalises', async t => {
  const chain = await Anvil.start()
  t.after(() => chain.stop())
  const [to, other] = [randomAddress(), randomAddress()]
  const hash = await chain.transferMany([['USDC', to, 5n], ['USDT', to, 6n], ['DAI', to, 7n]])
  await chain.mine()
  assert.equal((await chain.mined(hash)).logs.length, 3)
  const raw = await chain.raw(hash)
  await chain.mine(2)
  await chain.reorg(3)
  assert.equal(await chain.receipt(hash), null, 'gone with its block')
  await chain.reorg(2, [[raw, 1]])
  assert.equal(await chain.balance('USDC', to), 5n, 'back in another block')
  const block = await chain.rpc('eth_getBlockByNumber', ['finalized', false])
  assert.equal(Number(block.number), await chain.head() - 2)

  await t.test('the dollar token can be paused and blacklists', async () => {
    const { USDC } = chain.tokens
    await chain.write(USDC, 'blacklist', [to])
    await chain.write(USDC, 'transfer', [to, 1n])
    const paid = await chain.write(USDC, 'transfer', [other, 1n])
    await chain.write(USDC, 'pause')
    const refused = await chain.write(USDC, 'transfer', [other, 1n])
    await chain.mine()
    await chain.mined(paid)
    await assert.rejects(chain.mined(refused), /reverted/)
    await chain.write(USDC, 'unpause')
    await chain.mine()
    assert.equal(await chain.balance('USDC', to), 5n)
    assert.equal(await chain.balance('USDC', other), 1n)
  })

  await t.test('a signed authorisation of EIP-3009 pays once', async () => {
    const { USDC } = chain.tokens
    const holder = privateKeyToAccount(`0x${'42'.repeat(32)}`)
    await chain.mint('USDC', holder.address, 100n)
    await chain.mine()
    const message = { from: holder.address, to: other, value: 60n, validAfter: 0n, validBefore: 2n ** 40n, nonce: `0x${'07'.repeat(32)}` }
    const fields = { from: 'address', to: 'address', value: 'uint256', validAfter: 'uint256', validBefore: 'uint256', nonce: 'bytes32' }
    const signature = await holder.signTypedData({
      domain: { name: 'USD Coin', version: '2', chainId: chain.chainId, verifyingContract: USDC.address },
      types: { TransferWithAuthorization: Object.entries(fields).map(([name, type]) => ({ name, type })) },
      primaryType: 'TransferWithAuthorization', message,
    })
    const parts = [Number(`0x${signature.slice(130)}`), signature.slice(0, 66), `0x${signature.slice(66, 130)}`]
    const submit = () => chain.write(USDC, 'transferWithAuthorization', [...Object.values(message), ...parts])
    const [first, second] = [await submit(), await submit()]
    await chain.mine()
    await chain.mined(first)
    await assert.rejects(chain.mined(second), /reverted/)
    assert.equal(await chain.balance('USDC', holder.address), 40n)
  })

  await t.test('the lying node lies as told', async () => {
    const proxy = await NodeProxy.start(chain.url)
    t.after(() => proxy.stop())
    const ask = (method, params) => rpc(proxy.url, method, params)
    assert.equal((await ask('eth_chainId')).result, '0x7a69')
    proxy.faults = { chainId: 1 }
    assert.equal((await ask('eth_chainId')).result, '0x1')
    proxy.faults = { nullBlock: true }
    assert.equal((await ask('eth_getBlockByNumber', ['0x1', false])).result, null)
    proxy.faults = { html: true }
    await assert.rejects(ask('eth_chainId'))
    proxy.faults = { down: true }
    await assert.rejects(ask('eth_chainId'))
    const range = [{ fromBlock: '0x0', toBlock: 'latest' }]
    const wide = [{ fromBlock: '0x0', toBlock: '0x9' }]
    proxy.faults = { foreignLogs: true }
    const { result } = await ask('eth_getLogs', range)
    assert.ok(result.length > 3 && result.every(l => l.blockHash.startsWith('0xabab')))
    proxy.faults = { dropLog: () => true }
    assert.deepEqual((await ask('eth_getLogs', range)).result, [])
    proxy.faults = { maxRange: 5 }
    assert.match((await ask('eth_getLogs', wide)).error.message, /max block range/)
    proxy.faults = { swallowRaw: true }
    assert.ok((await ask('eth_sendRawTransaction', ['0x00'])).error)
    assert.deepEqual(proxy.raws, ['0x00'])
  })
})

test('the receiver accepts what is signed with its secret and nothing else', async t => {
  const sink = await Sink.start()
  t.after(() => sink.stop())
  sink.secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`
  const event = { id: 'evt_1', object: 'event', type: 'ping', data: { object: { id: 'pi_1' } } }
  const body = JSON.stringify(event)
  const at = new Date()
  const signature = new standardwebhooks.Webhook(sink.secret).sign('evt_1', at, body)
  const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(Math.floor(at / 1000)), 'webhook-signature': signature }
  await fetch(sink.url, { method: 'POST', headers, body })
  const delivery = await sink.delivered('ping', { about: 'pi_1' })
  assert.deepEqual(sink.verified(delivery), event)
  assert.throws(() => sink.verified({ ...delivery, body: body.replace('pi_1', 'pi_2') }))
})
