// node run_all.mjs FAILED_CHECKS [PATTERN...]: runs the built C++ tests and the node tests, two at a time,
// prints the ends of what failed and one last line "N passed, N failed". Called by tests/run.
import { execFileSync, spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inParallel, killOnExit } from './util.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const logs = join(root, 'build/asan/logs')
const LIMIT_MS = 420_000
const WIDTH = 2
const [checks, ...patterns] = process.argv.slice(2)
const wanted = name => patterns.length === 0 || patterns.some(p => name.includes(p))

/** {passed, failed} of a Catch2 log, or undefined when it ended without its summary. */
function catchCounts(log) {
  const all = /All tests passed \([\d,]+ assertions? in (\d+) test cases?\)/.exec(log)
  if (all) return { passed: Number(all[1]), failed: 0 }
  const some = /^test cases:\s*(\d+) \|(.*)$/m.exec(log)
  if (!some) return undefined
  const failed = Number(/(\d+) failed\b(?! as)/.exec(some[2])?.[1] ?? 0)
  return { passed: Number(some[1]) - failed, failed }
}
/** The same of a TAP log of node:test. Skipped tests count as neither. */
function tapCounts(log) {
  const count = name => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(log)?.[1] ?? NaN)
  const [passed, failed, cancelled] = ['pass', 'fail', 'cancelled'].map(count)
  return Number.isNaN(passed + failed) ? undefined : { passed, failed: failed + cancelled }
}

function cppTests() {
  const build = join(root, 'build/asan')
  if (!existsSync(join(build, 'CTestTestfile.cmake'))) return []
  const listed = JSON.parse(execFileSync('ctest', ['--test-dir', build, '--show-only=json-v1'], { encoding: 'utf8', maxBuffer: 1 << 26 }))
  return listed.tests.filter(t => t.command).map(t => ({ name: t.name, command: t.command, counts: catchCounts }))
}
function nodeTests(folder) {
  const dir = join(root, folder)
  if (!existsSync(dir)) return []
  return readdirSync(dir).filter(f => f.endsWith('.test.mjs')).sort().map(file => ({
    name: `${folder}/${file}`, command: [process.execPath, '--test-reporter=tap', join(dir, file)], counts: tapCounts,
  }))
}

async function runOne(test) {
  const file = join(logs, `${basename(test.name)}.log`)
  const log = createWriteStream(file)
  await new Promise(open => log.once('open', open))
  const began = Date.now()
  const child = killOnExit(spawn(test.command[0], test.command.slice(1), { cwd: root, stdio: ['ignore', log, log] }))
  let late = false
  // SIGTERM first: the test's own exit takes its chain and its daemon with it.
  const timers = [setTimeout(() => { late = true; child.kill('SIGTERM') }, LIMIT_MS), setTimeout(() => child.kill('SIGKILL'), LIMIT_MS + 10_000)]
  const how = await new Promise(done => child.once('error', error => done({ error })).once('exit', (code, signal) => done({ code, signal })))
  timers.forEach(clearTimeout)
  log.close()
  const text = readFileSync(file, 'utf8')
  const counts = test.counts(text) ?? { passed: 0, failed: 0 }
  if (how.code !== 0 && counts.failed === 0) counts.failed = 1
  const told = counts.failed ? `FAILED ${counts.failed} of ${counts.passed + counts.failed}` : `${counts.passed} ok`
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  console.log(`${test.name}: ${told} (${seconds} s)${late ? ', stopped at its limit' : ''}`)
  if (counts.failed) console.log(`${failureOf(text)}\n  all of it: ${file}\n`)
  return counts
}

/** What went wrong, in at most some 60 lines: the failed parts of a TAP log, else the end of the log. */
function failureOf(text) {
  const lines = text.split('\n')
  const at = lines.findIndex(l => /^\s*not ok /.test(l))
  const part = at >= 0 ? lines.slice(at, at + 40) : lines.slice(-60)
  return part.map(l => `  | ${l.slice(0, 600)}`).join('\n')
}

mkdirSync(logs, { recursive: true })
// The longest first, so that none is left alone at the end.
const weight = test => ['crash', 'payouts', 'webhooks'].findIndex(word => test.name.includes(word)) + 100 * !['crash', 'payouts', 'webhooks'].some(word => test.name.includes(word))
const flow = nodeTests('tests/flow').sort((a, b) => weight(a) - weight(b))
const chosen = [...cppTests(), ...nodeTests('tests'), ...flow].filter(t => wanted(t.name))
const results = await inParallel(chosen, WIDTH, runOne)
const sum = field => results.reduce((total, r) => total + r[field], 0)
const [passed, failed] = [sum('passed'), sum('failed') + Number(checks)]
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
