// 20,000 blocks with 400,000 transfers of one token, caught up with by the daemon's own follower, deposits and book; against a bare
// loop that only downloads the same answers, and against Ponder 1.0 on the first 2,000 of those blocks.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFunctionData } from 'viem'
import { Anvil } from '../support/anvil.mjs'
import { delay, freePort, killOnExit, until } from '../support/util.mjs'
import { report } from './figures.mjs'

const BLOCKS = Number(process.env.BENCH_BLOCKS ?? 20_000)
const PONDER_BLOCKS = Math.min(BLOCKS, 2_000)
const PER_BLOCK = 20
const OURS_EVERY = 5 // blocks
const TURNS = 8
const here = new URL('.', import.meta.url).pathname

const watched = number => `0x${'aa'.repeat(19)}${(number % 100).toString(16).padStart(2, '0')}`
const stranger = number => `0x${'bb'.repeat(16)}${(number % 5_000).toString(16).padStart(8, '0')}`

/** Block `first + i` holds one transaction with so many transfers; the number of the last block. */
async function fill(chain) {
  const token = chain.tokens.USDC.address
  const [from] = chain.accounts
  for (let block = 0; block < BLOCKS; block++) {
    const payments = Array.from({ length: PER_BLOCK }, (_, i) => ({
      token, value: 1n, to: i === 0 && block % OURS_EVERY === 0 ? watched(block / OURS_EVERY) : stranger(block * PER_BLOCK + i),
    }))
    const data = encodeFunctionData({ abi: chain.batch.abi, functionName: 'pay', args: [payments] })
    await chain.rpc('eth_sendTransaction', [{ from, to: chain.batch.address, gas: '0x4c4b40', data }])
    await chain.mine()
    if (block % 2_000 === 1_999) console.error(`${block + 1} of ${BLOCKS} blocks`)
  }
  await chain.mine(4)
}

/** Turns of both, one after the other, and their sums: one alone is the mood of the machine. Each begins with books of its own. */
function turns(chain, to) {
  const each = Array.from({ length: TURNS }, () => follow(chain, to))
  const sum = name => each.reduce((all, turn) => all + turn[name], 0)
  const most = name => Math.max(...each.map(turn => turn[name]))
  const ratios = each.map(turn => turn.download_seconds / turn.seconds).sort((a, b) => a - b)
  const mean = Object.fromEntries(Object.keys(each[0]).map(name => [name, sum(name) / TURNS]))
  return { ...mean, rss_peak_mb: most('rss_peak_mb'), rss_end_mb: most('rss_end_mb'), ratio_least: ratios[0], ratio_most: ratios.at(-1) }
}

function follow(chain, to) {
  const folder = mkdtempSync(join(tmpdir(), 'backfill-'))
  const binary = process.env.BENCH_CHAINS ?? 'build/bench/tests/bench/bench_chains'
  const out = execFileSync(binary, ['backfill', chain.url, chain.tokens.USDC.address, String(to), join(folder, 'book')], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  return JSON.parse(out)
}

/** Events a second of Ponder, from when it serves until it has indexed; null where it is not installed. */
async function ponder(chain, from, to) {
  const root = join(here, 'ponder')
  const command = join(root, 'node_modules/ponder/dist/esm/bin/ponder.js')
  if (!existsSync(command)) return null
  rmSync(join(root, '.ponder'), { recursive: true, force: true })
  const port = await freePort()
  const env = { ...process.env, BENCH_NODE: chain.url, BENCH_TOKEN: chain.tokens.USDC.address, BENCH_FROM: from, BENCH_TO: to, PONDER_TELEMETRY_DISABLED: '1' }
  const child = killOnExit(spawn('node', [command, 'start', '--root', root, '--port', port, '--schema', 'bench', '--log-level', 'error'], { env, cwd: root, stdio: ['ignore', 2, 2] }))
  const answers = path => fetch(`http://127.0.0.1:${port}${path}`).then(r => r.status === 200, () => false)
  const options = { within: 600_000, every: 50 }
  const ended = new Promise((_, reject) => child.once('exit', code => reject(new Error(`ponder ended with ${code}`))))
  await Promise.race([until('ponder serves', () => answers('/health'), options), ended])
  const began = performance.now()
  await Promise.race([until('ponder has indexed', () => answers('/ready'), options), ended])
  const seconds = (performance.now() - began) / 1000
  ended.catch(() => {})
  child.kill('SIGKILL')
  await delay(100)
  rmSync(join(root, '.ponder'), { recursive: true, force: true })
  return (to - from + 1) * PER_BLOCK / seconds
}

const chain = await Anvil.start({ more: ['--prune-history', 10] })
try {
  const first = await chain.head() + 1
  await fill(chain)
  const last = first + BLOCKS - 1
  const ours = turns(chain, last)
  const events = BLOCKS * PER_BLOCK
  const rate = events / ours.seconds
  const extra = {
    seconds: ours.seconds, cpu_seconds: ours.cpu_seconds, answer_mb: ours.answer_mb, requests: ours.requests, commands: ours.commands,
    rss_quarter_mb: ours.rss_quarter_mb, rss_end_mb: ours.rss_end_mb, rss_peak_mb: ours.rss_peak_mb,
    ratio_least: ours.ratio_least, ratio_most: ours.ratio_most,
  }
  report({
    bench: 'backfill_vs_download', value: ours.answer_mb / ours.seconds, unit: 'MB/s', reference: ours.download_mb / ours.download_seconds,
    extra: { ...extra, download_cpu_seconds: ours.download_cpu_seconds },
    text: `${BLOCKS} blocks, ${events} transfers, ${ours.answer_mb.toFixed(0)} MB in ${ours.seconds.toFixed(2)} s (${ours.cpu_seconds.toFixed(2)} s of processor), `
      + `${ours.commands.toFixed(0)} commands; the bare download ${ours.download_seconds.toFixed(2)} s; `
      + `turns ${ours.ratio_least.toFixed(2)} to ${ours.ratio_most.toFixed(2)}; resident ${ours.rss_quarter_mb.toFixed(0)} MB after a quarter, `
      + `${ours.rss_end_mb.toFixed(0)} MB at the end, ${ours.rss_peak_mb.toFixed(0)} MB at most`,
  })
  const theirs = await ponder(chain, first, first + PONDER_BLOCKS - 1)
  report({
    bench: 'backfill_vs_ponder', value: rate, unit: 'events/s', reference: theirs, extra,
    text: theirs ? `${rate.toFixed(0)} transfers a second, Ponder ${theirs.toFixed(0)} on the first ${PONDER_BLOCKS} blocks` : `${rate.toFixed(0)} transfers a second; Ponder is not installed`,
  })
} finally {
  await chain.stop()
}
process.exit()
