// What following 16 chains with four blocks a second each takes of one core, over half a minute.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Api } from '../support/api.mjs'
import { Daemon } from '../support/daemon.mjs'
import { delay, killOnExit } from '../support/util.mjs'
import { report } from './figures.mjs'

const CHAINS = 16
const SECONDS = Number(process.env.BENCH_SECONDS ?? 30)
const TICKS = 100 // a second, of /proc/PID/stat
const TOKEN = '0x00000000000000000000000000000000000000c0'

const node = killOnExit(spawn('node', [new URL('canned_node.mjs', import.meta.url).pathname], { stdio: ['ignore', 'pipe', 'inherit'] }))
const url = await new Promise(resolve => node.stdout.once('data', text => resolve(String(text).trim())))
const processor = pid => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}
const chains = Array.from({ length: CHAINS }, (_, i) => ({
  name: `canned${i}`, chain_id: 70_000 + i, finality: 'tag', start_block: 'latest', poll_interval_ms: 250, nodes: [`${url}/${i}`],
  tokens: [{ symbol: 'USDC', currency: 'USDC', address: TOKEN, decimals: 6 }],
}))
const daemon = await Daemon.prepare({ chainId: 70_000, url, tokens: {} }, { chains })
try {
  const platform = new Api(daemon.base, await daemon.createKey())
  await daemon.start()
  await delay(3_000)
  const pid = daemon.process.pid
  const heads = async () => (await platform.get('/health')).chains.map(chain => chain.head)
  const sequence = async () => (await platform.get('/health')).book?.sequence ?? null
  const [before, commands, began, used] = [await heads(), await sequence(), performance.now(), processor(pid)]
  await delay(SECONDS * 1000)
  const seconds = (performance.now() - began) / 1000
  const percent = 100 * (processor(pid) - used) / seconds
  const after = await heads()
  const rates = after.map((head, i) => (head - before[i]) / seconds)
  const logged = (await sequence()) - commands
  report({
    bench: 'chains16_cpu_percent', value: percent, unit: '%', reference: 40,
    extra: { blocks_per_s: rates.reduce((a, b) => a + b), slowest_blocks_per_s: Math.min(...rates), commands: logged, rss_mb: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024 },
    text: `${CHAINS} chains, ${rates.reduce((a, b) => a + b).toFixed(1)} blocks a second in all, the slowest ${Math.min(...rates).toFixed(2)}, over ${seconds.toFixed(0)} s; `
      + `${logged} commands in the log`,
  })
} finally {
  await daemon.kill9().catch(() => {})
  daemon.remove()
  node.kill()
}
process.exit()
