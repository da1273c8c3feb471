#include "ledger/access.hpp"

#include "ledger/keys.hpp"

namespace settled::ledger {

Result<pb::Reply> apply(State& state, const pb::CreateMerchant& command) {
  pb::Reply reply;
  pb::Merchant& merchant = *reply.mutable_merchant();
  merchant.set_id(state.new_id().raw());
  merchant.set_name(command.name());
  *merchant.mutable_metadata() = command.metadata();
  merchant.set_created(to_ms(state.now()));
  state.put(keys::merchant(merchant.id()), merchant);
  return reply;
}

Result<pb::Reply> apply(State& state, const pb::CreateApiKey& command) {
  if (!command.merchant().empty()) {
    TRY_OK(state.get<pb::Merchant>(keys::merchant(command.merchant())));
  }
  pb::Reply reply;
  pb::ApiKey& key = *reply.mutable_api_key();
  key.set_id(state.new_id().raw());
  key.set_merchant(command.merchant());
  key.set_name(command.name());
  key.set_scopes(command.scopes());
  key.set_secret_sha256(command.secret_sha256());
  key.set_created(to_ms(state.now()));
  state.put(keys::api_key(key.id()), key);
  state.put_index(keys::api_key_secret(key.secret_sha256()), key.id());
  return reply;
}

Result<pb::Reply> apply(State& state, const pb::RevokeApiKey& command) {
  pb::Reply reply;
  TRY(auto key, state.get<pb::ApiKey>(keys::api_key(command.id())));
  if (key.revoked() == 0) {
    key.set_revoked(to_ms(state.now()));
    state.put(keys::api_key(key.id()), key);
    state.erase(keys::api_key_secret(key.secret_sha256()));
  }
  *reply.mutable_api_key() = std::move(key);
  return reply;
}

}  // namespace settled::ledger
