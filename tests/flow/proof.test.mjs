import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { program, run } from '../support/daemon.mjs'
import { World } from '../support/world.mjs'

const tamperer = join(dirname(program()), '../tests/ledger/tamper_log')
const tamper = (data, what, ...record) => Number(execFileSync(tamperer, [join(data, 'book'), what, ...record.map(String)], { encoding: 'utf8' }))

/** A folder far from any daemon. */
function elsewhere(t) {
  const dir = mkdtempSync(join(tmpdir(), 'settled-receipts-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('receipts prove payments offline, and a changed one proves nothing', async t => {
  const world = await World.open(t)
  await world.earn('25.00')
  const other = await world.addMerchant('another shop')
  const dir = elsewhere(t)
  const [checkpointKey] = /\S+\+[0-9a-f]{8}\+\S+/.exec(world.daemon.tail(1 << 20))
  const verify = (file, ...args) => run(['verify-receipt', file, ...args], { cwd: dir })

  const entries = await world.api.all('/v1/ledger/entries')
  assert.ok(entries.length >= 2)
  for (const entry of entries) {
    const answer = await world.api.request('GET', `/v1/ledger/entries/${entry.id}/proof`)
    assert.equal(answer.status, 200, answer.text)
    writeFileSync(join(dir, `${entry.id}.json`), answer.text)
    const { code, stdout, stderr } = await verify(`${entry.id}.json`, '--key', checkpointKey)
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /^PROVEN/)
    for (const word of [entry.id, entry.kind, ...entry.lines.flatMap(l => [l.account, `${l.side} `, l.currency])]) assert.ok(stdout.includes(word), `${word} in ${stdout}`)
    assert.match(stdout, /command \d+ of \d+/)
    assert.doesNotMatch(stdout, /ITSELF NAMES/)
  }
  const [{ id }] = entries
  assert.equal((await other.api.request('GET', `/v1/ledger/entries/${id}/proof`)).status, 404)

  const claimed = await verify(`${id}.json`)
  assert.equal(claimed.code, 0)
  assert.match(claimed.stdout, /ITSELF NAMES THIS KEY/)
  assert.ok(claimed.stdout.includes(checkpointKey))
  const stranger = await verify(`${id}.json`, '--key', 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop')
  assert.equal(stranger.code, 1)
  assert.match(stranger.stdout, /^NOT PROVEN/)
  assert.equal((await verify(`${id}.json`, '--key', 'nonsense')).code, 2)
  assert.equal((await verify('missing.json')).code, 2)

  const good = readFileSync(join(dir, `${id}.json`))
  for (let at = 7; at < good.length; at += Math.floor(good.length / 12)) {
    const wrong = Buffer.from(good)
    wrong[at] ^= 1
    writeFileSync(join(dir, 'wrong.json'), wrong)
    assert.equal((await verify('wrong.json', '--key', checkpointKey)).code, 1, `byte ${at}`)
  }

  const health = await world.platform.get('/health')
  assert.ok(health.book.checkpoint.sequence > 0 && health.book.checkpoint.age_seconds >= 0)
  const { data: [newest] } = await world.platform.get('/v1/ledger/checkpoints')
  assert.ok(newest.note.includes(newest.time) && newest.sequence >= health.book.checkpoint.sequence)
  assert.match((await world.platform.request('GET', '/metrics')).text, /settled_checkpoint_sequence \d+/)
})

test('books that are not the ones that were signed are refused by name, and so is a directory that lost something', async t => {
  const world = await World.open(t, { settings: { ledger: { checkpoint_interval_s: 1 } } })
  await world.earn('25.00')
  assert.equal((await world.daemon.stop()).code, 0)
  const { data, dir } = world.daemon
  const key = join(dir, 'checkpoint.key')
  const notes = () => readFileSync(join(data, 'checkpoints', 'checkpoints'), 'utf8').split(/(?<=\n)(?=[^\n]+\n\d+\n)/)
  const signed = notes().map(n => Number(n.split('\n')[1]))
  assert.equal(statSync(key).mode & 0o077, 0)
  const [good] = [join(world.daemon.dir, 'good')]
  cpSync(data, good, { recursive: true })
  const again = () => { rmSync(data, { recursive: true }); cpSync(good, data, { recursive: true }) }
  const refused = async (reason, ...words) => {
    const { code, stderr } = await world.daemon.cli('run')
    assert.equal(code, 1, stderr)
    assert.match(stderr, new RegExp(`settled: ${reason}: `))
    for (const word of words) assert.ok(stderr.includes(word), `${word} in ${stderr}`)
    again()
  }

  await t.test('a hole', async () => refused('log_record_missing', `log record ${tamper(data, 'hole')} is missing`))
  await t.test('an edit', async () => refused('log_record_edited', `log record ${tamper(data, 'edit')} `))
  await t.test('a reorder', async () => { tamper(data, 'reorder'); await refused('log_records_reordered') })
  await t.test('a lost suffix', async () => { tamper(data, 'lose'); await refused('log_suffix_lost', 'the newest 1 command') })
  await t.test('a rewritten log', async () => {
    tamper(data, 'rewrite', signed[0] + 1)
    await refused('log_rewritten', `between checkpoint ${signed[0]} and checkpoint ${signed[1]}`)
  })
  await t.test('books that are gone', async () => { rmSync(join(data, 'book'), { recursive: true }); await refused('log_suffix_lost') })
  await t.test('another key', async () => { renameSync(key, `${key}.kept`); await refused('checkpoint_forged'); renameSync(`${key}.kept`, key) })
  await t.test('a directory that is gone', async () => { rmSync(join(data, 'checkpoints'), { recursive: true }); await refused('checkpoint_missing', 'start-anew') })
  await t.test('a directory that was damaged', async () => {
    const file = join(data, 'checkpoints', 'checkpoints')
    writeFileSync(file, readFileSync(file, 'utf8').replace('hash ', 'hush '))
    await refused('checkpoint_forged')
  })

  await t.test('an operator may begin anew on purpose, and untouched books start', async () => {
    renameSync(join(data, 'checkpoints'), join(world.daemon.dir, 'evidence'))
    cpSync(join(good, 'checkpoints'), join(data, 'checkpoints'), { recursive: true })
    for (const name of ['checkpoints', 'tail']) rmSync(join(data, 'checkpoints', name))
    writeFileSync(join(data, 'checkpoints', 'start-anew'), '')
    await world.daemon.start()
    assert.equal((await world.daemon.stop()).code, 0)
    assert.ok(!existsSync(join(data, 'checkpoints', 'start-anew')))
    assert.ok(notes().length >= 1)
    again()
    await world.daemon.start()
    await world.trialBalance()
  })
})

test('after kill -9 the tail knows what was committed last, and the books start', async t => {
  const world = await World.open(t)
  await world.earn('5.00')
  await world.daemon.kill9()
  await world.daemon.start()
  await world.daemon.kill9()
  const lost = tamper(world.daemon.data, 'lose')
  const { code, stderr } = await world.daemon.cli('run')
  assert.equal(code, 1, stderr)
  assert.match(stderr, new RegExp(`log_suffix_lost: the log ends with command ${lost}, but command ${lost + 1} was committed`))
})
