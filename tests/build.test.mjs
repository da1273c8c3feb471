// What the build promises before anything is compiled: the compiler that miscompiles coroutines is refused, with its reason.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const root = new URL('..', import.meta.url).pathname
const major = compiler => Number(/^(\d+)/.exec(spawnSync(compiler, ['-dumpversion'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 0)

test('GCC below 13 is refused, and the message says why', { skip: major('g++') > 0 && major('g++') < 13 ? false : 'no such GCC here' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'settled-gcc-'))
  try {
    const configured = spawnSync('cmake', ['-S', root, '-B', folder, '-G', 'Ninja', '-DCMAKE_CXX_COMPILER=g++', '-DCMAKE_C_COMPILER=gcc'], { encoding: 'utf8' })
    assert.notEqual(configured.status, 0)
    assert.match(configured.stderr, /miscompiles coroutines/)
  } finally { rmSync(folder, { recursive: true, force: true }) }
})

test('the presets and warnings of the project stand', () => {
  const presets = JSON.parse(readFileSync(join(root, 'CMakePresets.json'), 'utf8')).configurePresets
  assert.deepEqual(presets.filter(p => !p.hidden).map(p => p.name), ['release', 'asan', 'fuzz'])
  const lists = readFileSync(join(root, 'CMakeLists.txt'), 'utf8')
  for (const flag of ['-Wall', '-Wextra', '-Wshadow', '-Wconversion', '-Wold-style-cast', '-Werror']) assert.ok(lists.includes(flag), flag)
})
