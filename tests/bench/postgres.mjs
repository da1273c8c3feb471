// The book and PostgreSQL 15 post the same entries on the same disk, in turns of a few seconds.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { killOnExit, until } from '../support/util.mjs'
import { fsyncs, percentile, report } from './figures.mjs'

const BIN = '/usr/lib/postgresql/15/bin'
const ROUNDS = 6
const TURN_S = 3

// As for a server that has the machine to itself; everything that durability rests on stays on.
const SETTINGS = `
listen_addresses = ''
max_connections = 100
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 2GB
wal_buffers = 64MB
max_wal_size = 16GB
min_wal_size = 2GB
checkpoint_timeout = 30min
wal_level = minimal
max_wal_senders = 0
autovacuum_vacuum_cost_delay = 0
jit = off
log_min_messages = error
`

/** A cluster in a folder of its own that ends with this process. PostgreSQL refuses to be root. */
export class Postgres {
  static async start() {
    const self = new Postgres()
    const root = process.getuid() === 0
    const [uid, gid] = root ? ['-u', '-g'].map(flag => Number(execFileSync('id', [flag, 'nobody']))) : [process.getuid(), process.getgid()]
    self.as = root ? { uid, gid } : {}
    self.sockets = mkdtempSync('/tmp/settled-pg-')
    chownSync(self.sockets, uid, gid)
    self.dir = join(tmpdir(), 'postgres')
    mkdirSync(self.dir)
    chownSync(self.dir, uid, gid)
    chmodSync(tmpdir(), 0o711)
    self.run('initdb', ['-D', self.dir, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-sync'])
    writeFileSync(join(self.dir, 'postgresql.auto.conf'), `${SETTINGS}unix_socket_directories = '${self.sockets}'\n`)
    const log = openSync(join(self.sockets, 'log'), 'a')
    self.process = killOnExit(spawn(join(BIN, 'postgres'), ['-D', self.dir], { ...self.as, cwd: self.dir, stdio: ['ignore', log, log] }))
    closeSync(log)
    await until(() => `PostgreSQL answers; its log: ${readFileSync(join(self.sockets, 'log'), 'utf8')}`, () => {
      try { return self.run('pg_isready', ['-h', self.sockets]) } catch { return false }
    }, { within: 60_000 })
    self.run('psql', ['-h', self.sockets, '-U', 'bench', '-q', '-v', 'ON_ERROR_STOP=1', 'postgres', '-f', '-'],
      readFileSync(new URL('postgres.sql', import.meta.url)))
    return self
  }
  run(program, args, input) {
    return execFileSync(join(BIN, program), args, { ...this.as, cwd: this.dir, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
  }
  /** Transactions a second, connecting not counted; a failed one ends the benchmark. */
  pgbench(script, clients, seconds) {
    const file = join(this.sockets, 'script.sql')
    writeFileSync(file, script)
    const output = this.run('pgbench', ['-h', this.sockets, '-U', 'bench', '-n', '-M', 'prepared', '-c', String(clients), '-j', '2',
      '-T', String(seconds), '-f', file, 'postgres'])
    const failed = /number of failed transactions: (\d+)/.exec(output)?.[1]
    if (failed !== '0') throw new Error(output)
    return Number(/tps = ([\d.]+)/.exec(output)[1])
  }
  async stop() {
    this.process.kill('SIGINT')
    await new Promise(done => this.process.exitCode !== null ? done() : this.process.once('exit', done))
    rmSync(this.sockets, { recursive: true })
    rmSync(this.dir, { recursive: true })
  }
}

/** The book, busy when it is told to be. */
class Book {
  static async start(turns) {
    const self = new Book()
    self.process = killOnExit(spawn(resolve('build/bench/tests/bench/bench_book'), [turns], { stdio: ['pipe', 'pipe', 'inherit'] }))
    self.lines = createInterface({ input: self.process.stdout })[Symbol.asyncIterator]()
    await self.lines.next()
    return self
  }
  async turn(seconds) {
    this.process.stdin.write(`${seconds}\n`)
    const { value, done } = await this.lines.next()
    if (done) throw new Error('the book has ended')
    return JSON.parse(value)
  }
  async stop() {
    this.process.stdin.end()
    await new Promise(done => this.process.exitCode !== null ? done() : this.process.once('exit', done))
  }
}

const mean = numbers => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** Runs `script` of `entries` postings a transaction by so many clients in turn with the book. */
export async function compare({ bench, script, clients, entries, turns = '--turns', ours: how = '64 in flight' }) {
  if (!existsSync(join(BIN, 'pgbench'))) throw new Error(`${BIN} has no pgbench: tests/install --bench installs it`)
  const postgres = await Postgres.start()
  const book = await Book.start(turns)
  try {
    const [ours, theirs, synced] = [[], [], []]
    // The first turn of each warms caches up.
    for (let round = 0; round <= ROUNDS; round++) {
      synced.push(...fsyncs(30))
      const turn = await book.turn(TURN_S)
      const rate = postgres.pgbench(script, clients, TURN_S) * entries
      if (round > 0) { ours.push(turn.value); theirs.push(rate) }
    }
    const [value, reference, fsync] = [mean(ours), mean(theirs), percentile(synced, 0.5)]
    const ratios = ours.map((rate, i) => rate / theirs[i])
    report({
      bench, value, unit: 'entries/s', reference,
      extra: { lowest_ratio: Math.min(...ratios), highest_ratio: Math.max(...ratios), fsync_us: fsync },
      text: `${value.toFixed(0)} entries a second by the book with ${how}, ${reference.toFixed(0)} by PostgreSQL with ${clients} clients and `
        + `${entries} a transaction; turn by turn ${ratios.map(ratio => ratio.toFixed(2)).join(', ')}; fsync p50 ${fsync.toFixed(0)} us`,
    })
  } finally {
    await book.stop()
    await postgres.stop()
  }
}
