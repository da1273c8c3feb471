import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The value that this share of the samples does not exceed; 0 of none. */
export function percentile(samples, share) {
  if (samples.length === 0) return 0
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

export const round = value => (Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4)))

/** One result: a line of JSON for programs, `text` for people. `extra` are further numbers by name. */
export function report({ bench, value, unit, reference = null, extra = {}, text }) {
  const numbers = Object.fromEntries(Object.entries(extra).map(([name, number]) => [name, round(number)]))
  const compared = reference !== null && reference > 0
  console.error(`${bench}: ${text}`)
  console.log(JSON.stringify({
    bench, value: round(value), unit, reference: compared ? round(reference) : null,
    ratio: compared ? round(value / reference) : null, ...numbers,
  }))
}

/** The value of a benchmark that ran before in the same run, from the file of its results. */
export function measuredBefore(bench) {
  const lines = readFileSync(process.argv[2], 'utf8').trim().split('\n')
  return lines.map(line => JSON.parse(line)).find(figure => figure.bench === bench)?.value ?? null
}

/** Microseconds that 1 KiB appended and fdatasync take where the daemon keeps its books. */
export function fsyncs(count = 60) {
  const place = join(tmpdir(), `fsync-${process.pid}`)
  const file = openSync(place, 'a')
  const bytes = Buffer.alloc(1024, 'x')
  const took = []
  for (let i = 0; i < count; i++) {
    const began = performance.now()
    writeSync(file, bytes)
    fdatasyncSync(file)
    took.push((performance.now() - began) * 1000)
  }
  closeSync(file)
  rmSync(place)
  return took
}
