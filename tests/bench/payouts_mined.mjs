// 200 payouts from the first request until the last is mined, against the same transfers sent by viem one after the other.
import { createWalletClient, defineChain, http, nonceManager } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { inParallel, randomAddress, range, toUnits, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'
import { fsyncs, percentile, report } from './figures.mjs'

const PAYOUTS = 200
const CLIENTS = 16
const BLOCK_MS = 250

const world = await World.open(null, { mineEvery: 100 })
const mined = from => until(`${PAYOUTS} transfers are mined`, async () => (await world.chain.transfers('USDC', { from })).length >= PAYOUTS,
  { within: 180_000, every: 20 })

async function byDaemon() {
  const began = Date.now()
  const taken = await inParallel(range(PAYOUTS), CLIENTS, async () => {
    const sent = performance.now()
    await world.payout({ amount: '1.00' })
    return performance.now() - sent
  })
  const accepted = Date.now() - began
  await mined(world.daemon.hot)
  return { total: Date.now() - began, accepted, taken }
}

async function byViem() {
  const account = privateKeyToAccount(generatePrivateKey(), { nonceManager })
  const rpcUrls = { default: { http: [world.chain.url] } }
  const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 }
  const chain = defineChain({ id: world.chain.chainId, name: 'anvil', nativeCurrency, rpcUrls })
  await world.chain.setGas(account.address, 10n ** 20n)
  await world.chain.mined(await world.chain.mint('USDC', account.address, toUnits(String(PAYOUTS))))
  const wallet = createWalletClient({ account, chain, transport: http() })
  const { address, abi } = world.chain.tokens.USDC
  const began = Date.now()
  for (let i = 0; i < PAYOUTS; i++) {
    await wallet.writeContract({ address, abi, functionName: 'transfer', args: [randomAddress(), toUnits('1')] })
  }
  const sent = Date.now() - began
  await mined(account.address)
  return { total: Date.now() - began, sent }
}

try {
  await world.earn(`${PAYOUTS * 2}.00`)
  await world.chain.stopMining()
  world.chain.mineEvery(BLOCK_MS)
  const synced = fsyncs()
  const daemon = await byDaemon()
  synced.push(...fsyncs())
  const viem = await byViem()
  report({
    bench: 'payouts_mined', value: daemon.total, unit: 'ms', reference: viem.total,
    extra: { accepted_ms: daemon.accepted, request_p50_ms: percentile(daemon.taken, 0.5), request_p99_ms: percentile(daemon.taken, 0.99), viem_sent_ms: viem.sent, fsync_us: percentile(synced, 0.5) },
    text: `${PAYOUTS} payouts asked for in ${daemon.accepted} ms and mined after ${daemon.total} ms; viem sent them in ${viem.sent} ms, mined after `
      + `${viem.total} ms; a block every ${BLOCK_MS} ms; fsync p50 ${percentile(synced, 0.5).toFixed(0)} us`,
  })
} finally {
  await world.close()
}
process.exit()
