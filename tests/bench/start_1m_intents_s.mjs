// A daemon starts on books with 1,000,000 open payment intents: until it is ready, and what it then holds in memory.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { World } from '../support/world.mjs'
import { percentile, report } from './figures.mjs'

const INTENTS = Number(process.env.BENCH_INTENTS ?? 1_000_000)
const STARTS = 5

const memoryMb = (pid, field) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

const world = await World.open(null, { mineEvery: 1000 })
try {
  await world.daemon.stop()
  // The books are the daemon's own; the intents come in by the same commands as over HTTP.
  execFileSync(resolve('build/bench/tests/bench/bench_history'), ['--fill-intents', join(world.daemon.data, 'book'), String(INTENTS)],
    { stdio: ['ignore', 'ignore', 'inherit'] })
  const [seconds, resident, peak] = [[], [], []]
  for (let start = 0; start < STARTS; start++) {
    const began = performance.now()
    await world.daemon.start()
    seconds.push((performance.now() - began) / 1000)
    await world.intent()
    resident.push(memoryMb(world.daemon.process.pid, 'VmRSS'))
    peak.push(memoryMb(world.daemon.process.pid, 'VmHWM'))
    await world.daemon.stop()
  }
  // The first start turns LevelDB's log of what was filled in into tables.
  const [s, mb] = [percentile(seconds, 0.5), Math.max(...resident)]
  report({
    bench: 'start_1m_intents_s', value: s, unit: 's', reference: 3, extra: { first_s: seconds[0], intents: INTENTS },
    text: `ready in ${seconds.map(one => one.toFixed(2)).join(', ')} s with ${INTENTS} open intents`,
  })
  report({
    bench: 'rss_1m_intents_mb', value: mb, unit: 'MB', reference: 400, extra: { peak_mb: Math.max(...peak), intents: INTENTS },
    text: `resident ${resident.map(one => one.toFixed(0)).join(', ')} MB, at most ${Math.max(...peak).toFixed(0)} MB`,
  })
} finally {
  await world.close()
}
process.exit()
