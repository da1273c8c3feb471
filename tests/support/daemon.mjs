import { spawn } from 'node:child_process'
import { createCipheriv, randomBytes, randomUUID, scryptSync } from 'node:crypto'
import { appendFileSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { keccak256, toHex } from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'
import { Api } from './api.mjs'
import { fatal, freePort, killOnExit, until } from './util.mjs'

export const CHAIN = 'local'
export const SCOPES = ['intents', 'payouts', 'payouts.approve', 'ledger.read', 'webhooks', 'admin']
const PASSPHRASE = 'a passphrase for tests'
const account = mnemonicToAccount(`${'zoo '.repeat(11)}wrong`, { path: "m/44'/60'/0'" }).getHdKey()

/** The deposit address of an index: child 0/index of the account key, computed by another library. */
export function depositAddress(index) {
  return privateKeyToAccount(toHex(account.deriveChild(0).deriveChild(index).privateKey)).address
}

/** A Web3 Secret Storage V3 file with a cheap scrypt, since a test unlocks it often. */
export function keystoreOf(privateKey, passphrase) {
  const [salt, iv] = [randomBytes(32), randomBytes(16)]
  const derived = scryptSync(passphrase, salt, 32, { N: 1024, r: 8, p: 1 })
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const sealed = Buffer.concat([cipher.update(Buffer.from(privateKey.slice(2), 'hex')), cipher.final()])
  return JSON.stringify({
    version: 3, id: randomUUID(), address: privateKeyToAccount(privateKey).address.slice(2).toLowerCase(),
    crypto: {
      cipher: 'aes-128-ctr', cipherparams: { iv: iv.toString('hex') }, ciphertext: sealed.toString('hex'),
      kdf: 'scrypt', kdfparams: { n: 1024, r: 8, p: 1, dklen: 32, salt: salt.toString('hex') },
      mac: keccak256(Buffer.concat([derived.subarray(16), sealed])).slice(2),
    },
  })
}

/** The program under test: `SETTLED_BIN`, else the build of the preset that tests use. */
export const program = () => resolve(process.env.SETTLED_BIN ?? new URL('../../build/asan/daemon/settled', import.meta.url).pathname)

const toml = table => Object.entries(table).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`).join('')

/** Runs the program with these arguments to its end: {code, signal, stdout, stderr}. */
export async function run(args, { cwd, within = 60_000, input } = {}) {
  const child = killOnExit(spawn(program(), args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] }))
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', text => { output[name] += text })
  child.stdin.on('error', () => {}).end(input)
  const timer = setTimeout(() => child.kill('SIGKILL'), within)
  const ended = await new Promise((done, failed) => child.once('error', failed).once('close', (code, signal) => done({ code, signal })))
  clearTimeout(timer)
  return { ...ended, ...output }
}

/**
 * One daemon with its folder. `settings` are tables that are laid over the defaults for tests:
 * {daemon, ledger, intents, payouts, webhooks, fees}, `chains: [{chain fields, nodes: [url or {node fields}], tokens: [token]}]`,
 * `text` added at the end.
 */
export class Daemon {
  static async prepare(chain, settings = {}) {
    const daemon = new Daemon()
    daemon.dir = mkdtempSync(join(tmpdir(), 'settled-'))
    daemon.config = join(daemon.dir, 'settled.toml')
    daemon.data = join(daemon.dir, 'data')
    daemon.log = join(daemon.dir, 'daemon.log')
    daemon.base = `http://127.0.0.1:${await freePort()}`
    const key = generatePrivateKey()
    daemon.hot = privateKeyToAccount(key).address
    writeFileSync(join(daemon.dir, 'deposit.xpub'), `${account.publicExtendedKey}\n`)
    writeFileSync(join(daemon.dir, 'hot.json'), keystoreOf(key, PASSPHRASE), { mode: 0o600 })
    writeFileSync(join(daemon.dir, 'hot.pass'), `${PASSPHRASE}\n`, { mode: 0o600 })
    daemon.write(chain, settings)
    return daemon
  }

  write(chain, settings = {}) {
    const { chains = [{}], text = '' } = settings
    const defaults = { family: 'evm', chain_id: chain.chainId, required: true, finality: 4, confirmations: 2, poll_interval_ms: 50, start_block: 0, min_agreeing_nodes: 1 }
    const names = chains.map(c => c.name ?? CHAIN)
    const listed = chains.map(({ nodes = [chain.url], tokens, ...fields }) => [
      `\n[[chain]]\n${toml({ name: CHAIN, ...defaults, ...fields })}`,
      ...nodes.map(node => `  [[chain.node]]\n${toml(typeof node === 'string' ? { url: node } : node)}`),
      ...(tokens ?? ['USDC', 'USDT', 'DAI'].map(symbol => chain.tokens[symbol])).map(({ symbol, currency = symbol, address, decimals, contract_symbol }) =>
        `  [[chain.token]]\n${toml({ symbol, currency, address, decimals, ...(contract_symbol && { contract_symbol }), ...(symbol === 'USDC' && { eip3009: true }) })}`),
    ].join(''))
    const signer = { name: 'hot', kind: 'keystore', path: 'hot.json', passphrase_file: 'hot.pass', chains: names, roles: ['payouts'] }
    writeFileSync(this.config, [
      `[daemon]\n${toml({ data_dir: 'data', listen: this.base.slice('http://'.length), public_url: this.base, ...settings.daemon })}`,
      `\n[ledger]\n${toml({ checkpoint_key_file: 'checkpoint.key', ...settings.ledger })}`,
      ...listed,
      `\n[wallet]\n${toml({ deposit_xpub_file: 'deposit.xpub' })}  [[wallet.signer]]\n${toml(signer)}`,
      `\n[intents]\n${toml({ expires_in_s: 1800, late_window_s: 604_800, ...settings.intents })}`,
      `\n[payouts]\n${toml({ approvals_required: 0, max_amount: '10000.00', ...settings.payouts })}`,
      `\n[webhooks]\n${toml({ allow_private_networks: true, timeout_s: 2, retry_schedule_s: [1, 1, 2, 2], ...settings.webhooks })}`,
      `\n[fees]\n${toml({ bps: 0, fixed: '0.00', ...settings.fees })}`,
      text,
    ].join(''))
  }

  tail(bytes = 4000) { return existsSync(this.log) ? readFileSync(this.log, 'utf8').slice(-bytes) : '' }
  cli(command, ...args) { return run([command, '--config', this.config, ...args], { cwd: this.dir }) }
  async createKey({ name = 'platform', merchant, scopes = SCOPES } = {}) {
    const made = await this.cli('keys', 'create', '--name', name, ...(merchant ? ['--merchant', merchant] : []), '--scopes', scopes.join(','))
    if (made.code !== 0 || !/^sk_\S+\n$/.test(made.stdout)) throw new Error(`keys create: ${made.code} ${made.stdout} ${made.stderr}`)
    return made.stdout.trim()
  }

  /** Starts `settled run` without waiting. No file that it writes may grow over `fileLimitKiB`, and it may open `openFiles` at a time, if given. */
  launch({ fileLimitKiB, openFiles } = {}) {
    const args = ['run', '--config', this.config]
    // SIGXFSZ is ignored, so that the write fails with EFBIG as it would on a full disk.
    const limited = 'ulimit -f "$0"; trap "" XFSZ; exec "$@"'
    const command = fileLimitKiB ? ['bash', ['-c', limited, String(fileLimitKiB), program(), ...args]]
      : openFiles ? ['bash', ['-c', 'ulimit -n "$0"; exec "$@"', String(openFiles), program(), ...args]] : [program(), args]
    const out = fileLimitKiB ? 'pipe' : openSync(this.log, 'a')
    const child = killOnExit(spawn(...command, { cwd: this.dir, stdio: ['ignore', out, out] }))
    if (fileLimitKiB) for (const stream of [child.stdout, child.stderr]) stream.on('data', text => appendFileSync(this.log, text))
    else closeSync(out)
    child.ended = new Promise(done => child.once('exit', (code, signal) => { child.how = { code, signal }; done(child.how) })
      .once('error', error => { child.how = { error }; done(child.how) }))
    this.process = child
    return child
  }

  /** Starts it and waits for `/readyz`, or only for `/livez`. */
  async start({ probe = '/readyz', within = 30_000, ...limits } = {}) {
    const child = this.launch(limits)
    const api = new Api(this.base)
    await until(() => `${probe} of the daemon; its log ends:\n${this.tail()}`, async () => {
      if (child.how) throw fatal(`settled run ended with ${JSON.stringify(child.how)}:\n${this.tail()}`)
      const answer = await api.request('GET', probe, undefined, { timeoutMs: 3_000 })
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text.slice(0, 300)}`)
      return true
    }, { within })
  }
  async kill9() {
    this.process.kill('SIGKILL')
    return this.process.ended
  }
  /** SIGTERM, and how it ended and after how long. By force after `within`. */
  async stop({ within = 20_000 } = {}) {
    const began = Date.now()
    this.process.kill('SIGTERM')
    const timer = setTimeout(() => this.process.kill('SIGKILL'), within)
    const how = await this.process.ended
    clearTimeout(timer)
    return { ...how, ms: Date.now() - began }
  }
  remove() { if (!process.env.KEEP) rmSync(this.dir, { recursive: true, force: true }) }
}
