// Makes anvil_types.json and anvil_deposit.json: one block with a receipt of each type, made and told by anvil.
// Run once, from tests/: node data/evidence/make_blocks.mjs. The files are kept; they are not made anew.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { concatHex, encodeFunctionData, parseAbi, parseGwei } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { freePort, killOnExit, until } from '../../support/util.mjs'
import { contracts } from '../../support/contracts.mjs'

const anvil = createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/bin/anvil')
const key = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80' // anvil's first account
const payer = privateKeyToAccount(key)
const payee = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const transfer = (amount, to = payee) => encodeFunctionData({ abi: parseAbi(['function transfer(address,uint256)']), args: [to, amount] })
const mint = amount => encodeFunctionData({ abi: parseAbi(['function mint(address,uint256)']), args: [payer.address, amount] })

async function start(...flags) {
  const port = await freePort()
  killOnExit(spawn(anvil, ['--port', port, '--no-mining', '--quiet', ...flags].map(String), { stdio: 'ignore' }))
  const rpc = async (method, ...params) => {
    const answer = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const { result, error } = await answer.json()
    if (error) throw new Error(`${method}: ${error.message}`)
    return result
  }
  await until('anvil answers', () => rpc('eth_chainId'), { within: 20_000, every: 20 })
  return rpc
}

async function deploy(rpc) {
  const { bytecode } = (await contracts()).SilentToken
  const hash = await rpc('eth_sendTransaction', { from: payer.address, data: bytecode, gas: '0x300000' })
  await rpc('evm_mine')
  const { contractAddress } = await rpc('eth_getTransactionReceipt', hash)
  await rpc('eth_sendTransaction', { from: payer.address, to: contractAddress, data: mint(10n ** 12n), gas: '0x30000' })
  await rpc('evm_mine')
  return contractAddress
}

async function keep(rpc, file, source) {
  const block = await rpc('eth_getBlockByNumber', 'latest', false)
  const receipts = await rpc('eth_getBlockReceipts', block.number)
  console.log(file, receipts.map(r => `${r.type}:${r.status}:${r.logs.length}`).join(' '))
  writeFileSync(new URL(file, import.meta.url), `{"source": ${JSON.stringify(source)},\n"block": ${JSON.stringify(block)},\n"receipts": [\n${receipts.map(r => JSON.stringify(r)).join(',\n')}\n]}\n`)
}

const version = (await (await start())('web3_clientVersion'))

{
  const rpc = await start('--hardfork', 'prague')
  const token = await deploy(rpc)
  let nonce = Number(await rpc('eth_getTransactionCount', payer.address, 'latest'))
  const common = { chainId: 31337, to: token, gas: 200_000n }
  const fees = { maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('2') }
  // The commitment to a blob of zeros, and every proof of it, is the point at infinity.
  const infinity = `0xc0${'00'.repeat(47)}`
  const versioned = `0x01${createHash('sha256').update(Buffer.from(infinity.slice(2), 'hex')).digest('hex').slice(2)}`
  const other = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')
  const plans = [
    { ...common, data: transfer(1_000001n), gasPrice: parseGwei('20') },
    { ...common, data: transfer(2_000002n), gasPrice: parseGwei('20'), type: 'eip2930', accessList: [{ address: token, storageKeys: [] }] },
    { ...common, data: transfer(3_000003n), ...fees },
    {
      ...common, data: transfer(4_000004n), ...fees, type: 'eip4844', maxFeePerBlobGas: parseGwei('30'), blobVersionedHashes: [versioned],
      sidecars: [{ blob: `0x${'00'.repeat(131_072)}`, commitment: infinity, proof: infinity }],
    },
    {
      ...common, data: transfer(5_000005n), ...fees, type: 'eip7702',
      authorizationList: [await other.signAuthorization({ chainId: 31337, address: token, nonce: 0 })],
    },
    { ...common, data: transfer(10n ** 18n), ...fees }, // more than there is: fails
  ]
  for (const plan of plans) await rpc('eth_sendRawTransaction', await payer.signTransaction({ ...plan, nonce: nonce++ }))
  await rpc('evm_mine')
  await keep(rpc, 'anvil_types.json', `${version} --hardfork prague, by make_blocks.mjs`)
}
{
  const rpc = await start('--optimism')
  const token = await deploy(rpc)
  const nonce = Number(await rpc('eth_getTransactionCount', payer.address, 'latest'))
  await rpc('eth_sendTransaction', {
    type: '0x7e', from: payer.address, to: token, data: transfer(6_000006n), gas: '0x30000', mint: '0x0', value: '0x0', nonce: `0x${nonce.toString(16)}`,
    sourceHash: concatHex(['0x', '11'.repeat(32)]), isSystemTx: false,
  })
  await rpc('eth_sendTransaction', { from: payer.address, to: token, data: transfer(7_000007n), gas: '0x30000', nonce: `0x${(nonce + 1).toString(16)}` })
  await rpc('evm_mine')
  await keep(rpc, 'anvil_deposit.json', `${version} --optimism, by make_blocks.mjs`)
}
process.exit(0)
