import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const LAYERS = ['ledger/types', 'ledger/proof', 'ledger/store', 'ledger', 'chains/evm', 'chains/http', 'chains/rpc', 'chains/proof', 'chains', 'wallet', 'config', 'daemon', 'tests']
/** A folder of the key may include those of the value, and itself. Folders below count as the longest name listed. */
const MAY_INCLUDE = {
  'ledger/types': [],
  'ledger/proof': ['ledger/types'],
  'ledger/store': ['ledger/types'],
  ledger: ['ledger/types', 'ledger/proof', 'ledger/store'],
  'chains/evm': ['ledger/types'],
  'chains/http': ['ledger/types'],
  'chains/rpc': ['ledger/types', 'chains/evm', 'chains/http'],
  'chains/proof': ['ledger/types', 'chains/evm', 'chains/rpc'],
  chains: ['ledger/types', 'chains/evm', 'chains/http', 'chains/rpc', 'chains/proof'],
  wallet: ['ledger/types', 'chains/evm'],
  config: ['ledger/types', 'ledger/proof', 'ledger/store', 'ledger', 'chains/evm', 'chains/http', 'chains/rpc', 'chains/proof', 'chains', 'wallet'],
  daemon: LAYERS.filter(l => l !== 'tests'),
  tests: LAYERS,
}
/** Library headers that only these folders may include, by the word that stands in the header's path. */
const RESERVED = [
  [/^boost\/(asio|beast)\b/, /^(chains\/|daemon\/|tests\/)/, 'a socket'],
  [/^leveldb\//, /^(ledger\/store\/|tests\/)/, 'the store engine'],
  [/^(secp256k1|cryptopp\/)/, /^(chains\/evm\/|wallet\/|ledger\/types\/|tests\/)/, 'a curve or a hash'],
  [/^simdjson/, /^(chains\/rpc\/|tests\/)/, 'the text of large answers'],
  [/^nlohmann\//, /^(chains\/|wallet\/|config\/|daemon\/|tests\/)/, 'JSON'],
]
const FLOAT_ALLOWED = /metrics|^tests\/bench\//
const BANNED_TYPE = /\b(?:class|struct|enum(?:\s+class)?)\s+(?:\[\[\w+\]\]\s*)?(\w*(?:Manager|Handler|Helper|Util|Utils|Processor|Impl|Base|I[A-Z][a-z]+er))\b(?=\s*(?:final\s*)?[:{;])/g
const layerOf = path => LAYERS.filter(l => path.startsWith(`${l}/`)).sort((a, b) => b.length - a.length)[0]

/** C++ with comments and the text of literals taken out, line by line, so that words in them do not count. */
function bare(source) {
  const blank = text => text.replace(/[^\n]/g, '')
  return source.replace(/R"([^(\s]{0,16})\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    token => (token.startsWith('/') ? blank(token) : `"${blank(token)}"`))
}

/** What is wrong with one file, as `path:line: what` lines. */
export function faultsOf(path, source) {
  const faults = []
  const lines = source.split('\n')
  const layer = layerOf(path)
  if (!layer) return [`${path}:1: stands in no layer`]
  if (lines.length - (lines.at(-1) === '' ? 1 : 0) > 400) faults.push(`${path}:401: longer than 400 lines`)
  lines.forEach((line, at) => {
    const say = what => faults.push(`${path}:${at + 1}: ${what}`)
    const project = /^\s*#\s*include\s*"([^"]+)"/.exec(line)?.[1]
    if (project) {
      const target = project.endsWith('.pb.h') && !layerOf(project) ? layer : layerOf(project)
      if (!target) say(`"${project}" is not a path from the root`)
      else if (target !== layer && !MAY_INCLUDE[layer].includes(target)) say(`${layer} may not include ${target} ("${project}")`)
    }
    const library = /^\s*#\s*include\s*<([^>]+)>/.exec(line)?.[1]
    for (const [header, where, what] of RESERVED) {
      if (library && header.test(library) && !where.test(path)) say(`<${library}>: ${dirname(path)} has no business with ${what}`)
    }
  })
  const code = bare(source)
  code.split('\n').forEach((line, at) => {
    if (!FLOAT_ALLOWED.test(path) && /\b(float|double|stod|stof|strtod)\b/.test(line)) faults.push(`${path}:${at + 1}: floating point`)
    for (const [, name] of line.matchAll(BANNED_TYPE)) faults.push(`${path}:${at + 1}: ${name} says nothing`)
  })
  return faults
}

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.cpp', '*.hpp', '*.h', '*.proto'], { cwd: root, encoding: 'utf8' })
  .split('\n').filter(path => /\.(cpp|hpp|h)$/.test(path))

test('every file keeps its layer, its length and the words of the project', () => {
  const faults = sources.flatMap(path => {
    let source
    try { source = readFileSync(`${root}/${path}`, 'utf8') } catch { return [] }
    return faultsOf(path, source)
  })
  assert.ok(sources.length > 10, 'the sources were found')
  assert.deepEqual(faults, [])
})

test('no include runs in a circle between folders', () => {
  const reach = (from, seen = new Set()) => {
    for (const next of MAY_INCLUDE[from]) if (!seen.has(next)) reach(next, seen.add(next))
    return seen
  }
  for (const layer of LAYERS.filter(l => l !== 'tests')) assert.ok(!MAY_INCLUDE[layer].includes('tests'))
  for (const layer of ['ledger', 'chains', 'wallet']) assert.ok(!reach(layer).has(layer), layer)
  assert.ok(!reach('wallet').has('chains/http') && !reach('chains').has('ledger') && !reach('chains').has('wallet'))
})

for (const [path, line, complaint] of [
  ['wallet/signer.cpp', '#include "chains/http/client.hpp"', /wallet may not include chains\/http/],
  ['wallet/signer.cpp', '#include <boost/asio/ip/tcp.hpp>', /a socket/],
  ['chains/follower.cpp', '#include "ledger/book.hpp"', /chains may not include ledger/],
  ['chains/follower.cpp', '#include "wallet/signer.hpp"', /chains may not include wallet/],
  ['ledger/book.cpp', '#include "chains/evm/address.hpp"', /ledger may not include chains\/evm/],
  ['ledger/book.cpp', '#include "daemon/api.hpp"', /ledger may not include daemon/],
  ['ledger/book.cpp', '#include <leveldb/db.h>', /the store engine/],
  ['ledger/types/id.hpp', '#include "ledger/book.hpp"', /ledger\/types may not include ledger/],
  ['config/settings.hpp', '#include "daemon/server.hpp"', /config may not include daemon/],
  ['ledger/book.cpp', '#include "book.hpp"', /not a path from the root/],
  ['ledger/book.cpp', 'double rate = 0;', /floating point/],
  ['daemon/pay.hpp', 'class PayoutManager {', /PayoutManager says nothing/],
  ['daemon/pay.hpp', '\n'.repeat(401), /400 lines/],
  ['helpers/pay.hpp', '', /no layer/],
]) {
  test(`the check bites: ${path} with ${line.trim().slice(0, 50) || 'too many lines'}`, () => {
    const faults = faultsOf(path, `${line}\n`)
    assert.equal(faults.length, 1, faults.join('\n'))
    assert.match(faults[0], complaint)
  })
}

test('words in comments and literals do not count', () => {
  assert.deepEqual(faultsOf('daemon/pay.cpp', '// double entry\nauto s = "float";\nauto t = R"(class AManager {)";\n'), [])
})
