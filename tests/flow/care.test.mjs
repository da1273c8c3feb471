// Backup, restore, repair: what an operator does at two in the morning.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { program, run } from '../support/daemon.mjs'
import { inParallel, killOnExit, random, range, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

/** A settings file like the daemon's for another data directory, as on another machine. */
function elsewhere(daemon, name) {
  const config = join(daemon.dir, `${name}.toml`)
  writeFileSync(config, readFileSync(daemon.config, 'utf8').replace('data_dir = "data"', `data_dir = "${name}"`))
  return config
}
const settled = (command, config, ...args) => run([command, '--config', config, ...args], { within: 120_000 })
async function succeeds(command, config, ...args) {
  const done = await settled(command, config, ...args)
  assert.equal(done.code, 0, `${command} ${args.join(' ')}: ${done.stdout}${done.stderr}`)
  return done.stdout
}
async function fails(reason, command, config, ...args) {
  const done = await settled(command, config, ...args)
  assert.equal(done.code, 1, `${command} ${args.join(' ')}: ${done.stdout}${done.stderr}`)
  assert.match(done.stderr, new RegExp(`settled: ${reason}: `))
  return done.stderr
}
const hashIn = text => /log hash ([0-9a-f]{64})/.exec(text)[1]
const lastIn = text => Number(/commands 1 to (\d+)/.exec(text)[1])
/** All bytes below a folder. */
function fingerprint(folder) {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).sort()) hash.update(`${name}\0`).update(readFileSync(join(folder, name)))
  return hash.digest('hex')
}
const book = daemon => join(daemon.data, 'book')
const largest = (folder, extension) => readdirSync(folder).filter(f => f.endsWith(extension)).map(f => join(folder, f))
  .sort((a, b) => statSync(b).size - statSync(a).size)[0]

test('a backup is made while payments go on; restored elsewhere it verifies as the same books', async t => {
  const world = await World.open(t)
  const { api, daemon } = world
  await world.earn('50.00')
  let paying = true
  const acknowledged = []
  const load = inParallel(range(2_000), 4, async () => {
    if (!paying) return
    acknowledged.push((await api.insist('/v1/payment_intents', { amount: '1.00', currency: 'USDC', description: random(40) })).id)
  })
  await until('under load', () => acknowledged.length > 30)
  const before = [...acknowledged]
  const backup = join(daemon.dir, 'backup')
  const told = await succeeds('backup', daemon.config, '--to', backup)
  const after = acknowledged.length
  await until('serving went on', () => acknowledged.length > after)
  await fails('target_not_empty', 'backup', daemon.config, '--to', backup)
  paying = false
  await load
  await succeeds('verify', daemon.config)
  assert.deepEqual(readdirSync(daemon.data).filter(f => f.endsWith('.tmp')), [], 'the scratch is gone')
  assert.deepEqual((await daemon.stop()).code, 0)

  const config = elsewhere(daemon, 'restored')
  const restored = await succeeds('restore', config, '--from', backup)
  assert.equal(lastIn(restored), lastIn(told))
  assert.equal(hashIn(await succeeds('verify', config)), hashIn(told))
  await fails('target_not_empty', 'restore', config, '--from', backup)

  daemon.config = config
  await daemon.start()
  const kept = new Set((await api.all('/v1/payment_intents')).map(i => i.id))
  for (const id of before) assert.ok(kept.has(id), `${id} was acknowledged before the backup`)
})

test('with the daemon stopped, the books are backed up and verified all the same', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { daemon } = world
  await world.intent()
  await daemon.stop()
  const verified = await succeeds('verify', daemon.config)
  const told = await succeeds('backup', daemon.config, '--to', join(daemon.dir, 'backup'))
  assert.equal(hashIn(told), hashIn(verified))
  await fails('no_books', 'verify', elsewhere(daemon, 'nothing'))
  assert.ok(!existsSync(join(daemon.dir, 'nothing', 'book')), 'looking makes no books')
})

test('a disk that fills up during a backup costs the backup and nothing else', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { daemon, api } = world
  for (const round of range(3)) {
    await inParallel(range(30), 6, () => world.intent({ description: random(120), reference: `${round}` }))
    await daemon.stop()
    await daemon.start()
  }
  await daemon.stop()
  const sizes = readdirSync(book(daemon)).map(f => statSync(join(book(daemon), f)).size)
  const limit = Math.ceil(Math.max(...sizes) / 1024) + 16
  assert.ok(sizes.reduce((a, b) => a + b) > limit * 1024 * 1.1, `a copy in one file is too large: ${sizes}`)
  await daemon.start({ fileLimitKiB: limit })
  const backup = join(daemon.dir, 'backup')
  const failed = await settled('backup', daemon.config, '--to', backup)
  assert.equal(failed.code, 1, failed.stdout)
  assert.match(failed.stderr, /File too large|No space/)
  assert.ok(!existsSync(backup) && !existsSync(`${backup}.part`), 'nothing is left of it')
  assert.equal((await api.request('GET', '/readyz')).status, 200)
  await world.intent()
  await daemon.stop()
  await daemon.start()
  await succeeds('backup', daemon.config, '--to', backup)
})

test('after damage to the log: repaired to what is whole, the loss named, restored, payouts held until they are released', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { daemon } = world
  const descriptions = range(20, () => random(40))
  await Promise.all(descriptions.map(description => world.intent({ description })))
  const last = await until('the end of the log', async () => Number(/settled_book_commands_total (\d+)/.exec(await (await fetch(`${daemon.base}/metrics`)).text())?.[1]))
  await daemon.kill9()
  const log = largest(book(daemon), '.log')
  const bytes = readFileSync(log)
  // Wherever the command is told, its record in the log included: other rows are made again from that,
  // so that damage to them alone is no loss.
  let at = bytes.indexOf(descriptions[13])
  assert.ok(at > 0, 'the log has the intent')
  for (; at > 0; at = bytes.indexOf(descriptions[13], at)) bytes[at] ^= 0x10
  writeFileSync(log, bytes)
  const damaged = fingerprint(book(daemon))

  const repaired = join(daemon.dir, 'repaired')
  const told = await succeeds('repair', daemon.config, '--to', repaired)
  const kept = lastIn(told)
  assert.ok(kept > 0 && kept < last, `${kept} of ${last}`)
  assert.match(told, new RegExp(`cut off: commands ${kept + 1} to \\d+ were written and are lost`))
  assert.equal(fingerprint(book(daemon)), damaged, 'the damaged books are as they were')
  await fails('target_not_empty', 'repair', daemon.config, '--to', repaired)

  const config = elsewhere(daemon, 'restored')
  await fails('wrong_accept_loss', 'restore', config, '--from', repaired, '--accept-loss', `${kept + 1}`)
  assert.ok(!existsSync(join(daemon.dir, 'restored', 'book')), 'nothing of a refused restore is left')
  assert.match(await succeeds('restore', config, '--from', repaired, '--accept-loss', `${kept}`), /payouts are held/)
  await succeeds('verify', config)
  const release = () => run(['payouts', 'release', '--config', config])
  assert.match((await release()).stdout, /sent again/)
  assert.match((await release()).stdout, /were not held/)
  await fails('target_not_empty', 'restore', config, '--from', repaired)
})

/** Runs a command and kills it as soon as `half` is there. Whether it was killed before its end. */
async function killedOver(half, command, config, ...args) {
  const child = killOnExit(spawn(program(), [command, '--config', config, ...args], { stdio: 'ignore' }))
  const ended = new Promise(done => child.once('exit', (code, signal) => done({ code, signal })))
  let how
  ended.then(how_ => { how = how_ })
  await until(`${half} or the end`, () => how || existsSync(half), { every: 1 })
  child.kill('SIGKILL')
  return (await ended).signal === 'SIGKILL'
}

test('kill -9 in the middle of a backup, a restore or a repair leaves what was there, and a second run works', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { daemon } = world
  await Promise.all(range(40, () => world.intent({ description: random(40) })))
  await daemon.stop()
  const hash = hashIn(await succeeds('verify', daemon.config))
  const backup = join(daemon.dir, 'backup')
  assert.ok(await killedOver(`${backup}.part`, 'backup', daemon.config, '--to', backup))
  assert.ok(existsSync(`${backup}.part`) && !existsSync(backup), 'killed in the middle')
  assert.equal(hashIn(await succeeds('verify', daemon.config)), hash)
  assert.equal(hashIn(await succeeds('backup', daemon.config, '--to', backup)), hash)
  assert.ok(!existsSync(`${backup}.part`))

  const config = elsewhere(daemon, 'restored')
  const target = join(daemon.dir, 'restored', 'book')
  assert.ok(await killedOver(`${target}.part`, 'restore', config, '--from', backup))
  assert.ok(existsSync(`${target}.part`) && !existsSync(target), 'killed in the middle')
  await succeeds('restore', config, '--from', backup)
  assert.ok(!existsSync(`${target}.part`))
  assert.equal(hashIn(await succeeds('verify', config)), hash)

  rmSync(join(target, 'CURRENT'))
  const damaged = fingerprint(target)
  const repaired = join(daemon.dir, 'repaired')
  assert.ok(await killedOver(`${repaired}.part`, 'repair', config, '--to', repaired))
  assert.ok(existsSync(`${repaired}.part`) && !existsSync(repaired), 'killed in the middle')
  assert.equal(fingerprint(target), damaged)
  await succeeds('repair', config, '--to', repaired)
  assert.equal(fingerprint(target), damaged)
  renameSync(target, join(daemon.dir, 'damaged'))
  await succeeds('restore', config, '--from', repaired)
  assert.equal(hashIn(await succeeds('verify', config)), hash)
})

test('the daemon killed in the middle of a backup loses nothing but the backup', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { daemon, api } = world
  const made = await Promise.all(range(40, () => world.intent({ description: random(40) })))
  const backup = join(daemon.dir, 'backup')
  const asked = settled('backup', daemon.config, '--to', backup)
  await until('it is under way', () => existsSync(`${backup}.part`) || existsSync(backup), { every: 1 })
  await daemon.kill9()
  const how = await asked
  if (how.code !== 0) assert.match(how.stderr, /control_closed/)
  rmSync(backup, { recursive: true, force: true })
  await daemon.start()
  const kept = new Set((await api.all('/v1/payment_intents')).map(i => i.id))
  for (const { id } of made) assert.ok(kept.has(id))
  await succeeds('backup', daemon.config, '--to', backup)
  await succeeds('verify', daemon.config)
})

test('an older backup is restored over what the checkpoint directory knows only on purpose, and the loss is named', async t => {
  const world = await World.open(t, { mineEvery: 0 })
  const { daemon } = world
  const key = join(daemon.dir, 'checkpoint.key')
  await world.intent()
  const backup = join(daemon.dir, 'backup')
  const kept = lastIn(await succeeds('backup', daemon.config, '--to', backup))
  await Promise.all(range(5, () => world.intent()))
  await daemon.kill9()
  renameSync(book(daemon), join(daemon.dir, 'gone'))
  const refused = await daemon.cli('run')
  assert.match(refused.stderr, /settled: log_suffix_lost: /)
  const last = Number(/but command (\d+)/.exec(refused.stderr)[1])
  assert.ok(last >= kept + 5, `${last} after ${kept}`)
  rmSync(book(daemon), { recursive: true, force: true })

  const told = await fails('restore_would_lose', 'restore', daemon.config, '--from', backup)
  assert.ok(told.includes(`command ${last} was acknowledged: ${last - kept} commands would be lost`), told)
  assert.ok(!existsSync(book(daemon)))
  const restored = await succeeds('restore', daemon.config, '--from', backup, '--accept-loss', `${kept}`)
  assert.ok(restored.includes(`lost: commands ${kept + 1} to ${last}`), restored)
  assert.match(restored, /payouts are held/)
  assert.ok(existsSync(join(daemon.data, 'checkpoints', `set-aside-at-${kept}`, 'tail')), 'what was known is kept')
  await succeeds('verify', daemon.config)
  await daemon.start()
  await world.intent()
  await succeeds('verify', daemon.config)
  assert.equal((await daemon.stop()).code, 0)

  await t.test('with the key lost too, the record of checkpoints begins anew', async () => {
    const again = join(daemon.dir, 'again')
    await succeeds('backup', daemon.config, '--to', again)
    renameSync(book(daemon), join(daemon.dir, 'gone again'))
    renameSync(key, `${key}.lost`)
    await fails('checkpoint_key_unreadable', 'restore', daemon.config, '--from', again)
    assert.ok(!existsSync(book(daemon)))
    await succeeds('restore', daemon.config, '--from', again, '--new-checkpoints')
    await succeeds('verify', daemon.config)
    await daemon.start()
    await world.intent()
    await succeeds('verify', daemon.config)
    assert.equal((await daemon.stop()).code, 0)
    await daemon.start()
    await succeeds('verify', daemon.config)
  })
})
