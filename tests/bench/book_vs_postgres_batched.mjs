// A hundred postings a transaction, set by set, against a hundred entries a command, four of either at a time: with more
// clients PostgreSQL's wait for each other's accounts and come to less.
import { compare } from './postgres.mjs'

await compare({
  bench: 'book_vs_postgres_batched', clients: 4, entries: 100, script: 'SELECT post_entries(100, 25);\n',
  turns: '--turns-of-batches', ours: '4 commands of 100 in flight',
})
process.exit()
