#include "ledger/deposits.hpp"

#include "ledger/keys.hpp"

namespace settled::ledger {

Result<AssignedAddress> assign_deposit_address(State& state, const std::string& intent) {
  TRY(auto pool, state.find<pb::DepositPool>(keys::deposit_pool()));
  while (pool && pool->assigned() < pool->added()) {
    const std::uint32_t index = pool->assigned();
    pool->set_assigned(index + 1);
    TRY(const auto address, state.index(keys::deposit_index(index)));
    if (!address) return fail(Errc::Corrupt, "corrupt_record", "an index has no address");
    TRY(auto entry, state.get<pb::DepositAddress>(keys::deposit_address(*address)));
    if (entry.used()) continue;
    entry.set_intent(intent);
    state.put(keys::deposit_address(*address), entry);
    state.put(keys::deposit_pool(), *pool);
    return AssignedAddress{*address, index};
  }
  return fail(Errc::Unavailable, "deposit_addresses_exhausted",
              "no derived deposit address is left; more are on their way");
}

Result<pb::Reply> apply(State& state, const pb::AddDepositAddresses& command) {
  TRY(auto found, state.find<pb::DepositPool>(keys::deposit_pool()));
  pb::DepositPool pool = found.value_or(pb::DepositPool{});
  if (found && pool.xpub_id() != command.xpub_id()) {
    return fail(Errc::Conflict, "deposit_key_changed",
                "the books hold addresses of another extended public key");
  }
  if (pool.added() != command.first_index()) {
    return fail(Errc::Conflict, "deposit_index_not_next",
                "the next deposit index is " + std::to_string(pool.added()));
  }
  pool.set_xpub_id(command.xpub_id());
  for (const std::string& address : command.addresses()) {
    pb::DepositAddress entry;
    entry.set_index(pool.added());
    state.put(keys::deposit_address(address), entry);
    state.put_index(keys::deposit_index(pool.added()), address);
    pool.set_added(pool.added() + 1);
  }
  state.put(keys::deposit_pool(), pool);
  return pb::Reply{};
}

}  // namespace settled::ledger
