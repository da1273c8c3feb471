// One posting a transaction: 64 clients of PostgreSQL against 64 commands in flight.
import { compare } from './postgres.mjs'

await compare({
  bench: 'book_vs_postgres', clients: 64, entries: 1,
  script: String.raw`\set debit random(0, 4999)
\set credit random(5000, 9999)
SELECT post_entry(k, k, :debit, :credit, 25) FROM (SELECT gen_random_uuid() AS k) AS made;
`,
})
process.exit()
