import { ponder } from 'ponder:registry'
import schema from 'ponder:schema'

ponder.on('Token:Transfer', async ({ event, context }) => {
  const { from, to, value } = event.args
  await context.db.insert(schema.transfer).values({ id: event.id ?? event.log.id, from, to, value, block: event.block.number })
})
