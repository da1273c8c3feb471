import http from 'node:http'
import { delay, hex } from './util.mjs'

/**
 * A node between the daemon and anvil that misbehaves as `faults` says; change it at any time:
 *   down         connections are cut             hang       requests are never answered
 *   slowMs       every answer waits so long      chainId    eth_chainId says this number
 *   html         HTML with status 200            nullBlock  blocks are `null` (true, or block number => bool)
 *   foreignLogs  logs claim to be of another block
 *   dropLog      log => bool, those are withheld
 *   maxRange     eth_getLogs over more blocks is refused, as hosted nodes do
 *   swallowRaw   eth_sendRawTransaction answers the hash and forwards nothing
 *   forge        (method, result) => what is answered instead, after the faults above
 *   only         methods that down, hang, slowMs and html apply to (default: all)
 * `calls[method]` counts requests; `raws` keeps the transactions that were sent.
 */
export class NodeProxy {
  faults = {}
  calls = {}
  raws = []
  ranges = []

  static async start(upstream, faults = {}) {
    const proxy = new NodeProxy()
    proxy.upstream = upstream
    proxy.faults = faults
    proxy.server = http.createServer((request, response) => proxy.#serve(request, response).catch(() => response.destroy()))
    await new Promise(resolve => proxy.server.listen(0, '127.0.0.1', resolve))
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`
    return proxy
  }
  stop() {
    this.server.closeAllConnections?.()
    return new Promise(resolve => this.server.close(resolve))
  }

  async #serve(request, response) {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString())
    const asked = [body].flat()
    for (const { method } of asked) this.calls[method] = (this.calls[method] ?? 0) + 1
    const faults = this.faults
    const hit = asked.some(({ method }) => !faults.only || faults.only.includes(method))
    if (hit && faults.down) return request.socket.destroy()
    if (hit && faults.hang) return undefined
    if (hit && faults.slowMs) await delay(faults.slowMs)
    if (hit && faults.html) return response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>It works!</body></html>')
    const answers = await Promise.all(asked.map(one => this.#answer(one)))
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(Array.isArray(body) ? answers : answers[0]))
  }

  async #answer({ id, method, params = [] }) {
    const refuse = (code, message) => ({ jsonrpc: '2.0', id, error: { code, message } })
    const { faults } = this
    if (method === 'eth_chainId' && faults.chainId) return { jsonrpc: '2.0', id, result: hex(faults.chainId) }
    if (method === 'eth_sendRawTransaction') {
      this.raws.push(params[0])
      if (faults.swallowRaw) return refuse(-32000, 'the node is going away')
    }
    if (method === 'eth_getLogs' && params[0].fromBlock) {
      const blocks = Number(params[0].toBlock) - Number(params[0].fromBlock) + 1
      this.ranges.push(blocks)
      if (faults.maxRange && !(blocks <= faults.maxRange)) return refuse(-32005, `query exceeds max block range ${faults.maxRange}`)
    }
    const answer = await this.#forward(id, method, params)
    if ('result' in answer) answer.result = this.#lie(method, answer.result)
    if ('result' in answer && faults.forge) answer.result = faults.forge(method, answer.result)
    return answer
  }

  async #forward(id, method, params) {
    const answer = await fetch(this.upstream, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    })
    return answer.json()
  }

  #lie(method, result) {
    const { nullBlock, foreignLogs, dropLog } = this.faults
    const isBlock = method.startsWith('eth_getBlockBy')
    if (isBlock && nullBlock && result && (nullBlock === true || nullBlock(Number(result.number)))) return null
    const bend = logs => {
      const kept = dropLog ? logs.filter(log => !dropLog(log)) : logs
      return foreignLogs ? kept.map(log => ({ ...log, blockHash: `0x${'ab'.repeat(32)}` })) : kept
    }
    if (method === 'eth_getLogs' && Array.isArray(result)) return bend(result)
    if (method === 'eth_getBlockReceipts' && Array.isArray(result)) return result.map(r => ({ ...r, logs: bend(r.logs) }))
    return result
  }
}
