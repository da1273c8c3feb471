// A node of made-up chains, at /NUMBER each, that have a block every 250 ms with 20 transfers of strangers. A process of its own, so
// that what it costs is not the daemon's. Prints its URL.
import http from 'node:http'

const BLOCK_MS = 250
const PER_BLOCK = 20
const began = Date.now() - 100 * BLOCK_MS
export const TOKEN = '0x00000000000000000000000000000000000000c0'
const hex = number => `0x${number.toString(16)}`
const word = number => number.toString(16).padStart(64, '0')
const hashOf = (chain, number) => `0x${'c4'.repeat(8)}${word(chain * 2 ** 32 + number).slice(16)}`
const bloom = `0x${'ff'.repeat(256)}`
const text = symbol => `0x${word(32)}${word(symbol.length)}${Buffer.from(symbol).toString('hex').padEnd(64, '0')}`
const latest = () => Math.floor((Date.now() - began) / BLOCK_MS)

function block(chain, number) {
  if (number > latest()) return null
  const zero = `0x${word(0)}`
  return {
    number: hex(number), hash: hashOf(chain, number), parentHash: hashOf(chain, number - 1), logsBloom: bloom, sha3Uncles: zero, stateRoot: zero,
    transactionsRoot: zero, receiptsRoot: zero, miner: `0x${'00'.repeat(20)}`, difficulty: '0x0', gasLimit: '0x1c9c380', gasUsed: '0xf4240', extraData: '0x',
    mixHash: zero, nonce: '0x0000000000000000', size: '0x800', uncles: [], baseFeePerGas: '0x7', timestamp: hex(Math.floor((began + number * BLOCK_MS) / 1000)),
    transactions: Array.from({ length: PER_BLOCK }, (_, i) => `0x${word(number * 1000 + i)}`),
  }
}
function logs(chain, from, to) {
  const out = []
  for (let number = from; number <= Math.min(to, latest()); number++) {
    for (let i = 0; i < PER_BLOCK; i++) {
      out.push({
        address: TOKEN, blockHash: hashOf(chain, number), blockNumber: hex(number), data: `0x${word(1000 + i)}`, logIndex: hex(i), removed: false,
        topics: ['0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef', `0x${word(77)}`, `0x${word(1_000_000 + number + i)}`],
        transactionHash: `0x${word(number * 1000 + i)}`, transactionIndex: hex(i),
      })
    }
  }
  return out
}
function result(chain, method, params) {
  const numberOf = tag => (tag === 'latest' ? latest() : tag === 'finalized' ? latest() - 10 : Number(tag))
  const call = params[0]?.data?.slice(0, 10)
  switch (method) {
    case 'eth_chainId': return hex(70_000 + chain)
    case 'eth_getBlockByNumber': return block(chain, numberOf(params[0]))
    case 'eth_getLogs': return logs(chain, Number(params[0].fromBlock), Number(params[0].toBlock))
    case 'eth_getCode': return '0x60'
    case 'eth_call': return call === '0x313ce567' ? `0x${word(6)}` : call === '0x95d89b41' ? text('USDC') : `0x${word(0)}`
    case 'eth_getBalance': case 'eth_getTransactionCount': return '0x0'
    case 'eth_syncing': return false
    default: return undefined
  }
}
const answer = (chain, { id, method, params = [] }) => {
  const told = result(chain, method, params)
  return told === undefined ? { jsonrpc: '2.0', id, error: { code: -32601, message: 'method not found' } } : { jsonrpc: '2.0', id, result: told }
}

const server = http.createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const chain = Number(request.url.slice(1))
  const asked = JSON.parse(Buffer.concat(chunks).toString())
  const body = JSON.stringify(Array.isArray(asked) ? asked.map(one => answer(chain, one)) : answer(chain, asked))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
