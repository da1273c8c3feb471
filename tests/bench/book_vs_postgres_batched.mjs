// A hundred postings a transaction, set by set, against 64 commands in flight of one posting each. Four clients:
// with more they wait for each other's accounts, and PostgreSQL comes to less.
import { compare } from './postgres.mjs'

await compare({ bench: 'book_vs_postgres_batched', clients: 4, entries: 100, script: 'SELECT post_entries(100, 25);\n' })
process.exit()
