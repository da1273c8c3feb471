import assert from 'node:assert/strict'
import test from 'node:test'
import { random, until } from '../support/util.mjs'
import { World } from '../support/world.mjs'

const debit = (account, amount, more) => ({ account, side: 'debit', amount, ...more })
const credit = (account, amount, more) => ({ account, side: 'credit', amount, ...more })

test('the journal: entries by hand, holds, accounts of one\'s own, and what must return to zero', async t => {
  const world = await World.open(t)
  const { api, platform } = world
  const entries = '/v1/ledger/entries', accounts = '/v1/ledger/accounts'
  const open = (code, fields = {}) => platform.post(accounts, { code, currency: 'USDC', ...fields })
  const account = (code, query = '') => platform.get(`${accounts}/${code}${query}`)
  const entry = (reference, lines, fields = {}) => ({ reference, kind: 'test', lines, ...fields })
  const post = (...args) => platform.post(entries, entry(...args))
  const refused = (status, code, ...args) => platform.refused(status, code, 'POST', entries, entry(...args))
  const counts = async (code, posted, pending = ['0.00', '0.00'], query = '') => {
    const found = await account(code, query)
    assert.deepEqual([found.posted, found.pending], [{ debits: posted[0], credits: posted[1] }, { debits: pending[0], credits: pending[1] }], code)
    return found
  }
  await open('asset:bank', { limits: 'credits_must_not_exceed_debits' })
  await open('liability:loans', { limits: 'debits_must_not_exceed_credits' })
  await open('expense:rent')

  await t.test('accounts are opened once, with what they are', async () => {
    const key = random()
    const fields = { code: 'equity:owners', currency: 'USDC', description: 'of the house' }
    const first = await platform.post(accounts, fields, { key })
    assert.equal((await platform.post(accounts, fields, { key })).created, first.created)
    assert.equal((await platform.post(accounts, fields)).created, first.created)
    await platform.refused(409, 'exists_with_different_currency', 'POST', accounts, { ...fields, currency: 'EUR' })
    await platform.refused(409, 'exists_with_different_limits', 'POST', accounts, { ...fields, limits: 'debits_must_not_exceed_credits' })
    await platform.refused(409, 'exists_with_different_description', 'POST', accounts, { ...fields, description: 'of others' })
    await platform.refused(422, 'account_reserved', 'POST', accounts, { code: 'income:fees:EUR', currency: 'EUR' })
    await platform.refused(400, 'invalid_code', 'POST', accounts, { code: 'assets:x', currency: 'EUR' })
  })

  await t.test('who may not, cannot', async () => {
    const lines = [debit('asset:bank', '1.00'), credit('liability:loans', '1.00')]
    await api.refused(403, 'forbidden', 'POST', entries, entry('stranger', lines))
    await api.refused(403, 'forbidden', 'POST', accounts, { code: 'asset:mine', currency: 'USDC' })
    await api.as(undefined).refused(401, 'unauthenticated', 'POST', entries, entry('stranger', lines))
    await (await world.addKey(undefined, ['ledger.read'])).refused(403, 'forbidden', 'POST', entries, entry('stranger', lines))
  })

  await t.test('an entry of many lines is booked as a whole or not at all', async () => {
    const made = await post('lent', [debit('asset:bank', '7.50'), debit('expense:rent', '2.50'), credit('liability:loans', '10.00')], { description: 'November' })
    assert.match(made.id, /^en_[0-9a-z]{26}$/)
    assert.deepEqual([made.kind, made.phase, made.reference, made.lines.length], ['journal.test', 'posted', 'lent', 3])
    await refused(422, 'exceeds_debits', 'too_much', [credit('asset:bank', '7.51'), debit('expense:rent', '7.51')])
    await refused(400, 'unbalanced_entry', 'unbalanced', [debit('asset:bank', '1.00'), credit('liability:loans', '0.99')])
    await refused(404, 'account_not_found', 'nowhere', [debit('asset:bank', '1.00'), credit('liability:nobody', '1.00')])
    await refused(422, 'account_follows_chain', 'chain', [debit('asset:bank', '1.00'), credit('asset:wallets:hot:local:USDC', '1.00')])
    await counts('asset:bank', ['7.50', '0.00'])
    await counts('expense:rent', ['2.50', '0.00'])
    await counts('liability:loans', ['0.00', '10.00'])
  })

  await t.test('a reference that is used again must be used for the same, field by field', async () => {
    const lines = [debit('asset:bank', '20.00'), credit('liability:loans', '20.00')]
    const made = await post('again', lines, { description: 'as it was' })
    const fields = { description: 'as it was' }
    assert.equal((await post('again', lines, fields)).id, made.id)
    const differs = (field, lines, fields) => refused(409, `exists_with_different_${field}`, 'again', lines, fields)
    await differs('pending', lines, { ...fields, pending: true })
    await differs('lines', [...lines, debit('expense:rent', '1.00')], fields)
    await differs('account', [debit('expense:rent', '20.00'), lines[1]], fields)
    await differs('side', [credit('asset:bank', '20.00'), lines[1]], fields)
    await differs('amount', [debit('asset:bank', '21.00'), lines[1]], fields)
    await differs('kind', lines, { ...fields, kind: 'other' })
    await differs('description', lines, {})
    const held = await post('again/held', lines, { pending: true, timeout_s: 600 })
    await refused(409, 'exists_with_different_timeout', 'again/held', lines, { pending: true, timeout_s: 601 })
    await platform.post(`${entries}/${held.id}/void`, { reference: 'again/void' })
    await refused(409, 'exists_with_different_operation', 'again/void', lines)
    await counts('asset:bank', ['27.50', '0.00'])
  })

  await t.test('limits count what is held', async () => {
    await post('limit/held', [credit('asset:bank', '25.00'), debit('expense:rent', '25.00')], { pending: true })
    await counts('asset:bank', ['27.50', '0.00'], ['0.00', '25.00'])
    const lines = amount => [credit('asset:bank', amount), debit('expense:rent', amount)]
    await refused(422, 'exceeds_debits', 'limit/more', lines('2.500001'))
    await refused(422, 'exceeds_debits', 'limit/more', lines('2.500001'), { pending: true })
    await post('limit/rest', lines('2.50'))
    await counts('asset:bank', ['27.50', '2.50'], ['0.00', '25.00'])
    const [held] = (await platform.all(`${entries}?account=asset:bank`)).filter(e => e.reference === 'limit/held')
    await platform.post(`${entries}/${held.id}/void`, { reference: 'limit/void' })
    await counts('asset:bank', ['27.50', '2.50'])
  })

  await t.test('a hold is posted in part once, or voided, or expires', async () => {
    const lines = [debit('asset:bank', '6.00'), credit('liability:loans', '6.00')]
    const hold = async (reference, fields) => (await post(reference, lines, { pending: true, ...fields })).id
    const status = async id => (await platform.all(`${entries}?account=asset:bank`)).find(e => e.id === id).hold_status
    const part = await hold('hold/part')
    assert.equal(await status(part), 'pending')
    await platform.refused(422, 'exceeds_hold', 'POST', `${entries}/${part}/post`, { reference: 'part', amounts: ['6.01', '6.01'] })
    await platform.refused(400, 'amounts_mismatch', 'POST', `${entries}/${part}/post`, { reference: 'part', amounts: ['6.00'] })
    const posted = await platform.post(`${entries}/${part}/post`, { reference: 'part', amounts: ['4.00', '4.00'] })
    assert.deepEqual([posted.hold, posted.phase, posted.lines.map(l => l.amount)], [part, 'posted', ['4.00', '4.00']])
    assert.equal((await platform.post(`${entries}/${part}/post`, { reference: 'part', amounts: ['4.00', '4.00'] })).id, posted.id)
    await platform.refused(409, 'exists_with_different_amount', 'POST', `${entries}/${part}/post`, { reference: 'part' })
    await platform.refused(409, 'hold_posted', 'POST', `${entries}/${part}/void`, { reference: 'part/void' })
    assert.equal(await status(part), 'posted')

    const voided = await hold('hold/void')
    await platform.post(`${entries}/${voided}/void`, { reference: 'void' })
    await platform.refused(409, 'hold_voided', 'POST', `${entries}/${voided}/post`, { reference: 'void/post' })
    assert.equal(await status(voided), 'voided')

    const expired = await hold('hold/expire', { timeout_s: 1 })
    await until('the hold expires by itself', async () => await status(expired) === 'expired')
    await platform.refused(409, 'hold_expired', 'POST', `${entries}/${expired}/post`, { reference: 'expire/post' })
    await counts('asset:bank', ['31.50', '2.50'])
  })

  await t.test('an account is closed for ever when nothing is on it', async () => {
    await platform.refused(409, 'account_not_zero', 'POST', `${accounts}/asset:bank/close`, {})
    await platform.refused(409, 'account_of_system', 'POST', `${accounts}/asset:wallets:hot:local:USDC/close`, {})
    await platform.refused(404, 'account_not_found', 'POST', `${accounts}/asset:nowhere/close`, {})
    await open('asset:till')
    await post('till/in', [debit('asset:till', '3.00'), credit('equity:owners', '3.00')])
    await post('till/out', [credit('asset:till', '3.00'), debit('equity:owners', '3.00')])
    assert.equal((await account('asset:till')).closed, null)
    const { closed } = await platform.post(`${accounts}/asset:till/close`)
    assert.ok(closed)
    assert.equal((await platform.post(`${accounts}/asset:till/close`)).closed, closed)
    await refused(409, 'account_closed', 'till/late', [debit('asset:till', '1.00'), credit('equity:owners', '1.00')])
    const then = await account('asset:till', `?at=${new Date(Date.parse(closed) - 1).toISOString()}`)
    assert.equal(then.closed, null)
    assert.equal((await account('asset:till', `?at=${closed}`)).closed, closed)
  })

  await t.test('what has not passed through a clearing account shows in its report and in health', async () => {
    const clearing = async () => (await platform.get('/v1/ledger/clearing')).data
    const health = async () => (await platform.get('/health')).clearing
    await platform.refused(400, 'invalid_clearing', 'POST', accounts, { code: 'asset:clearing:card', currency: 'USDC' })
    await open('asset:clearing:card', { must_return_to_zero: true })
    assert.deepEqual(await clearing(), [])
    assert.deepEqual(await health(), { uncleared_accounts: 0, oldest_uncleared_seconds: 0 })
    await post('card/in', [debit('asset:clearing:card', '12.00'), credit('equity:owners', '12.00')])
    await post('card/out', [credit('asset:clearing:card', '11.99'), debit('equity:owners', '11.99')])
    const [left, ...others] = await clearing()
    assert.deepEqual([left.account, left.currency, left.side, left.amount, others], ['asset:clearing:card', 'USDC', 'debit', '0.01', []])
    await until('health tells of it', async () => (await health()).uncleared_accounts === 1)
    await until('and for how long', async () => (await health()).oldest_uncleared_seconds >= 1)
    await post('card/rest', [credit('asset:clearing:card', '0.01'), debit('equity:owners', '0.01')])
    assert.deepEqual(await clearing(), [])
    assert.equal((await platform.get(`/v1/ledger/clearing?at=${left.since}`)).data.length, 1)
    await until('health is calm', async () => (await health()).uncleared_accounts === 0)
  })

  await t.test('all of it survives a kill, and balances', async () => {
    const before = (await platform.all(accounts)).filter(a => !a.code.startsWith('asset:wallets') && !a.code.startsWith('expense:network'))
    await world.daemon.kill9()
    await world.daemon.start()
    for (const each of before) assert.deepEqual(await account(each.code), each)
    await world.trialBalance()
    assert.equal((await post('lent', [debit('asset:bank', '7.50'), debit('expense:rent', '2.50'), credit('liability:loans', '10.00')], { description: 'November' })).reference, 'lent')
  })
})
