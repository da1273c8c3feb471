import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const source = readFileSync(new URL('./Tokens.sol', import.meta.url), 'utf8')
const { version } = require('solc/package.json')
const cache = new URL('../.cache/', import.meta.url)

/** {name: {abi, bytecode}} of Tokens.sol, compiled once for each version of source and compiler. */
export function contracts() {
  const file = new URL(`${createHash('sha256').update(version + source).digest('hex').slice(0, 16)}.json`, cache)
  try { return JSON.parse(readFileSync(file, 'utf8')) } catch { /* not compiled yet */ }
  const compiled = compile()
  mkdirSync(cache, { recursive: true })
  const mine = new URL(`${process.pid}.tmp`, cache)
  writeFileSync(mine, JSON.stringify(compiled))
  renameSync(mine, file)
  return compiled
}

function compile() {
  const { errors = [], contracts: built } = JSON.parse(require('solc').compile(JSON.stringify({
    language: 'Solidity',
    sources: { 'Tokens.sol': { content: source } },
    settings: {
      evmVersion: 'paris', optimizer: { enabled: true, runs: 200 }, viaIR: true,
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  })))
  if (errors.length) throw new Error(errors.map(e => e.formattedMessage).join('\n'))
  return Object.fromEntries(Object.entries(built['Tokens.sol']).map(([name, { abi, evm }]) =>
    [name, { abi, bytecode: `0x${evm.bytecode.object}` }]))
}
