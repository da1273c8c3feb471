// PEERS.md names a test for each bug that others had: each is there, under that name, in that file.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const here = new URL('.', import.meta.url)
const read = path => readFileSync(new URL(path, here), 'utf8')

/** `text` is PEERS.md: rows of whose, what, file and test. */
const rows = text => text.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| whose'))
  .map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))

/** What is wrong with a row, or nothing. */
function trouble([, , file, name], source = read) {
  let text
  try { text = source(file) } catch { return `no file ${file}` }
  if (name.startsWith('sim: ')) return text.includes(`{Bug::${name.slice(5)}, `) ? undefined : `${file} puts back no bug ${name.slice(5)}`
  const quoted = [`TEST_CASE("${name}"`, `test('${name.replaceAll("'", "\\'")}'`]
  // The formatter breaks long lines of C++ before the name or within it.
  const joined = text.replace(/"\n\s*"/g, '').replace(/\(\n\s*"/g, '("')
  return quoted.some(each => joined.includes(each)) ? undefined : `${file} has no test "${name}"`
}

test('every bug of PEERS.md has its test', () => {
  const table = rows(read('PEERS.md'))
  assert.ok(table.length >= 40, `only ${table.length} rows`)
  assert.deepEqual(table.map(row => trouble(row)).filter(Boolean), [])
})

test('a test that is renamed, and a file that is gone, are noticed', () => {
  const source = () => 'TEST_CASE(\n    "one name that is "\n    "broken") {}\n{Bug::Here, kSums}'
  assert.equal(trouble(['', '', 'a', 'one name that is broken'], source), undefined)
  assert.match(trouble(['', '', 'a', 'one name that is'], source), /has no test/)
  assert.equal(trouble(['', '', 'a', 'sim: Here'], source), undefined)
  assert.match(trouble(['', '', 'a', 'sim: Gone'], source), /no bug Gone/)
  assert.match(trouble(['', '', 'gone.cpp', 'x']), /no file/)
})
