// The same log makes the same books, whatever they were built with: the sanitizers' build, the one that runs in production, and
// the one that wrote down what it got when the data was committed.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const data = join(root, 'tests/data')
const formats = readdirSync(data).filter(name => name.startsWith('format_')).sort()

function built(folder, ...options) {
  const build = join(root, 'build', folder)
  for (const command of [['cmake', ...options, '-B', build], ['cmake', '--build', build, '--target', 'replay_log', '-j', '2']]) {
    const done = spawnSync(command[0], command.slice(1), { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
    assert.equal(done.status, 0, `${command.join(' ')}:\n${(done.stdout + done.stderr).slice(-4000)}`)
  }
  return join(build, 'tests/ledger/replay_log')
}
const replay = (program, format) => execFileSync(program, [join(data, format, 'book')], { encoding: 'utf8' })

test('the sanitizers\' build and that of production replay every committed log to the same state', () => {
  assert.ok(formats.length > 0)
  const programs = [built('asan', '--preset', 'asan'), built('determinism', '--preset', 'release', '-DSETTLED_TESTS=ON')]
  for (const format of formats) {
    const expected = readFileSync(join(data, format, 'replay.txt'), 'utf8')
    assert.match(expected, /^sequence \d+\nhash [0-9a-f]{64}\nstate [0-9a-f]{64}\nrows \d+ [0-9a-f]{64}\n$/)
    for (const program of programs) assert.equal(replay(program, format), expected, `${program} ${format}`)
  }
})
