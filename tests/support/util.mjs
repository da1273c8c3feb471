import { randomBytes } from 'node:crypto'
import net from 'node:net'

export const delay = ms => new Promise(resolve => setTimeout(resolve, ms))
export const hex = n => `0x${BigInt(n).toString(16)}`
export const random = (bytes = 8) => randomBytes(bytes).toString('hex')
export const randomAddress = () => `0x${random(20)}`
export const range = (n, make = i => i) => Array.from({ length: n }, (_, i) => make(i))

/**
 * Asks `probe` again and again until it answers something truthy, and returns that. Throws after
 * `within` ms with `what` (a text or a function that makes one) and the last error of the probe.
 */
export async function until(what, probe, { within = 20_000, every = 50 } = {}) {
  const end = Date.now() + within
  let error
  for (;;) {
    try {
      const value = await probe()
      if (value) return value
      error = undefined
    } catch (caught) {
      if (caught.fatal) throw caught
      error = caught
    }
    if (Date.now() >= end) break
    await delay(every)
  }
  const text = typeof what === 'function' ? await what() : what
  throw new Error(`not within ${within} ms: ${text}${error ? ` (${error.message})` : ''}`)
}

/** An error that `until` does not wait out. */
export const fatal = message => Object.assign(new Error(message), { fatal: true })

/** Runs `make(item)` over the items, at most `width` at a time; the results in order. */
export async function inParallel(items, width, make) {
  const results = []
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const at = next++
      results[at] = await make(items[at], at)
    }
  }
  await Promise.all(range(Math.min(width, items.length), lane))
  return results
}

export const freePort = () => new Promise((resolve, reject) => {
  const probe = net.createServer().once('error', reject)
  probe.listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})

/** '25.00' -> 25000000n at 6 decimals. Exact, or it throws. */
export function toUnits(text, decimals = 6) {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) throw new Error(`not an amount: ${text}`)
  const [, sign, whole, fraction = ''] = match
  if (/[1-9]/.test(fraction.slice(decimals))) throw new Error(`${text} is finer than ${decimals} decimals`)
  const value = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
  return sign ? -value : value
}

/** 25000000n -> '25.00': at least two decimals, no more than needed. */
export function toAmount(units, decimals = 6) {
  const digits = BigInt(units).toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '').padEnd(2, '0')
  return `${digits.slice(0, digits.length - decimals)}.${fraction}`
}

const undo = new Set()
/** Kills these child processes by pid however this process ends. */
export function killOnExit(child) {
  const kill = () => { try { process.kill(child.pid, 'SIGKILL') } catch { /* it has ended */ } }
  undo.add(kill)
  child.once('exit', () => undo.delete(kill))
  return child
}
process.once('exit', () => { for (const kill of undo) kill() })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130))

/** Collects what has to be closed after a test; `close` runs the newest first and lets all run. */
export class Cleanup {
  #steps = []
  add(step) { this.#steps.push(step) }
  async close() {
    const errors = []
    for (const step of this.#steps.splice(0).reverse()) await Promise.resolve().then(step).catch(e => errors.push(e))
    if (errors.length) throw errors[0]
  }
}
