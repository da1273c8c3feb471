#include "tests/ledger/random_book.hpp"

#include <algorithm>

namespace settled::tests {

std::uint32_t RandomBook::roll(std::uint32_t sides) {
  return at_ < dice_.size() ? dice_[at_++] % sides : 0;
}

std::string RandomBook::any(const std::vector<std::string>& ids) {
  if (ids.empty() || roll(40) == 0) return std::string(16, 'x');
  return ids[roll(static_cast<std::uint32_t>(ids.size()))];
}

std::string RandomBook::amount(std::uint32_t most) {
  return money(std::to_string(roll(most + 1)) + "." + std::to_string(roll(10)));
}

std::string RandomBook::place() {
  switch (roll(6)) {
    case 0:
      return address_of("hot");
    case 1:
      return deposit_address(roll(derived_));
    case 2:
      return address_of("stranger");
    default:
      if (addresses_.empty()) return deposit_address(0);
      return addresses_[roll(static_cast<std::uint32_t>(addresses_.size()))];
  }
}

std::optional<RandomBook::Next> RandomBook::next() {
  if (at_ >= dice_.size()) return std::nullopt;
  Next next;
  next.advance_ms = roll(4) == 0 ? roll(20'000) : roll(3);
  time_ += next.advance_ms;
  if (roll(6) == 0) {
    next.key = idempotency_key(roll(2) == 0 ? "key_1" : "key_2", std::to_string(roll(20)),
                               roll(3) == 0 ? "another body" : "body");
  }
  const std::uint32_t kind = roll(100);
  if (kind < 5) {
    next.command = people();
  } else if (kind < 25) {
    next.command = intents();
  } else if (kind < 53) {
    next.command = blocks();
  } else if (kind < 58) {
    next.command = reorganise();
  } else if (kind < 74) {
    next.command = payouts();
  } else if (kind < 80) {
    next.command = sending();
  } else if (kind < 87) {
    next.command = mined_payout();
  } else if (kind < 92) {
    next.command = settle();
  } else if (kind < 97) {
    next.command = treasury();
  } else {
    next.command = endpoints();
  }
  return next;
}

pb::Command RandomBook::people() {
  if (merchants_.size() < 4) {
    pb::CreateMerchant create;
    create.set_name("merchant " + std::to_string(roll(100)));
    return command(create);
  }
  if (roll(2) == 0 && !keys_.empty()) {
    pb::RevokeApiKey revoke;
    revoke.set_id(any(keys_));
    return command(revoke);
  }
  pb::CreateApiKey create;
  create.set_merchant(any(merchants_));
  create.set_secret_sha256(hash_of("secret " + std::to_string(++made_)));
  return command(create);
}

pb::Command RandomBook::intents() {
  switch (roll(10)) {
    case 0: {
      pb::CancelIntent cancel;
      cancel.set_id(any(intents_));
      return command(cancel);
    }
    case 1:
    case 2: {
      pb::ExpireIntents expire;
      expire.set_limit(roll(4));
      return command(expire);
    }
    case 3:
    case 4: {
      pb::AddDepositAddresses add;
      add.set_xpub_id(seldom() ? "another" : "xpub");
      add.set_first_index(seldom() ? derived_ + 1 : derived_);
      const std::uint32_t count = 1 + roll(5);
      for (std::uint32_t i = 0; i < count; ++i) {
        add.add_addresses(deposit_address(add.first_index() + i));
      }
      return command(add);
    }
    default: {
      pb::CreateIntent create = create_intent(any(merchants_), "1");
      create.set_amount(amount(40));
      create.set_required(roll(4) == 0 ? money("1") : create.amount());
      create.set_expires_in_ms(1'000 + roll(60'000));
      create.set_late_window_ms(roll(60'000));
      if (roll(2) == 0) create.set_fee_bps(roll(400));
      if (roll(3) == 0) create.set_fee_fixed(amount(1));
      return command(create);
    }
  }
}

pb::ObservedTransfer RandomBook::transfer() {
  // A log from before: after a reorganisation it may come back, else it is refused.
  if (!logs_.empty() && roll(8) == 0) {
    return logs_[roll(static_cast<std::uint32_t>(logs_.size()))];
  }
  pb::ObservedTransfer out = paid(place(), "1", "tx" + std::to_string(++made_),
                                  roll(3) == 0 ? place() : address_of("payer"));
  out.set_amount(amount(60));
  if (seldom()) {
    out.set_token("EURC");
    out.set_currency("EURC");
    out.set_token_address(address_of("EURC"));
  }
  return out;
}

pb::ObserveBlocks RandomBook::observe() {
  pb::ObserveBlocks command;
  command.set_chain(std::string(kChain));
  command.set_confirmations(1 + roll(3));
  if (command.confirmations() == 3) {
    pb::ConfirmationTier& tier = *command.add_tiers();
    tier.set_up_to(money("25"));
    tier.set_confirmations(1);
  }
  const std::uint64_t head = chain_.back().number;
  command.set_final_number(head - std::min<std::uint64_t>(head, roll(7)));
  return command;
}

pb::ObservedBlock RandomBook::next_block(const Block& parent) {
  pb::ObservedBlock out;
  out.set_number(parent.number + 1);
  out.set_hash(hash_of("random block " + std::to_string(++made_)));
  out.set_parent(seldom() && seldom() ? hash_of("elsewhere") : parent.hash);
  out.set_time(time_ - roll(5'000));
  return out;
}

pb::Command RandomBook::blocks() {
  pb::ObserveBlocks command = observe();
  Block parent = chain_.back();
  const std::uint32_t count = 1 + roll(3);
  for (std::uint32_t i = 0; i < count; ++i) {
    pb::ObservedBlock next = next_block(parent);
    const std::uint32_t transfers = roll(4);
    for (std::uint32_t t = 0; t < transfers; ++t) *next.add_transfers() = transfer();
    parent = {next.number(), next.hash()};
    *command.add_blocks() = std::move(next);
  }
  if (seldom()) {
    // The catching-up lane: final blocks with gaps.
    for (pb::ObservedBlock& block : *command.mutable_blocks()) {
      block.set_number(block.number() + 5);
    }
    command.set_final_number(parent.number + 5);
  }
  return tests::command(std::move(command));
}

pb::Command RandomBook::reorganise() {
  const std::size_t depth = std::min<std::size_t>(1 + roll(4), chain_.size() - 1);
  const Block& to = chain_[chain_.size() - 1 - depth];
  pb::RewindChain rewind;
  rewind.set_chain(std::string(kChain));
  rewind.set_to_number(to.number);
  rewind.set_to_hash(seldom() ? hash_of("elsewhere") : to.hash);
  return command(rewind);
}

pb::Command RandomBook::refunds() {
  pb::RequestRefund request;
  request.set_intent(any(intents_));
  const auto owner = merchant_of_.find(request.intent());
  *request.mutable_payout() =
      request_payout(owner == merchant_of_.end() ? any(merchants_) : owner->second, "1");
  request.mutable_payout()->set_amount(amount(12));
  request.mutable_payout()->set_approvals_required(roll(2));
  return command(request);
}

pb::Command RandomBook::payouts() {
  if (roll(3) == 0) return refunds();
  const std::uint32_t what = roll(10);
  if (what < 5 || payouts_.empty()) {
    pb::RequestPayout request = request_payout(any(merchants_), "1");
    request.set_amount(amount(25));
    request.set_approvals_required(roll(3));
    if (seldom()) request.set_destination(place());
    return command(request);
  }
  const std::string id = payouts_[roll(static_cast<std::uint32_t>(payouts_.size()))].id;
  if (what < 8) {
    pb::ApprovePayout approve;
    approve.set_id(id);
    approve.set_key(std::string(16, "mabc"[roll(4)]));
    return command(approve);
  }
  if (what == 8) {
    pb::RejectPayout reject;
    reject.set_id(id);
    reject.set_key(std::string(16, 'a'));
    return command(reject);
  }
  pb::CancelPayout cancel;
  cancel.set_id(id);
  return command(cancel);
}

pb::Command RandomBook::sending() {
  if (payouts_.empty()) return people();
  const std::string id = payouts_[roll(static_cast<std::uint32_t>(payouts_.size()))].id;
  if (roll(10) == 0) {
    pb::FailPayout failed;
    failed.set_id(id);
    failed.set_code("policy");
    return command(failed);
  }
  if (roll(10) == 0) {
    pb::MarkPayoutUnknown unknown;
    unknown.set_id(id);
    return command(unknown);
  }
  pb::RecordAttempt attempt;
  attempt.set_payout(id);
  attempt.set_nonce(seldom() ? nonce_ + 1 : nonce_);
  attempt.set_tx_hash(hash_of(id));
  attempt.set_raw("signed " + std::to_string(attempt.nonce()));
  return command(attempt);
}

pb::Command RandomBook::mined_payout() {
  pb::ObserveBlocks command = observe();
  pb::ObservedBlock next = next_block(chain_.back());
  if (!payouts_.empty()) {
    const Payout& payout = payouts_[roll(static_cast<std::uint32_t>(payouts_.size()))];
    pb::ObservedTransfer out =
        paid(address_of("payee"), "1", "x/" + std::to_string(roll(2)), address_of("hot"));
    out.set_tx_hash(hash_of(payout.id));
    out.set_amount(seldom() ? amount(25) : payout.amount);
    *next.add_transfers() = std::move(out);
  }
  *command.add_blocks() = std::move(next);
  return tests::command(std::move(command));
}

pb::Command RandomBook::settle() {
  if (payouts_.empty()) return people();
  const Payout& payout = payouts_[roll(static_cast<std::uint32_t>(payouts_.size()))];
  pb::SettlePayout settle;
  settle.set_id(payout.id);
  settle.set_tx_hash(hash_of(payout.id));
  settle.set_block_number(payout.mined == 0 ? final_ : payout.mined);
  settle.set_outcome(payout.mined == 0 ? pb::OUTCOME_REVERTED : pb::OUTCOME_SUCCEEDED);
  settle.set_network_fee(money("0.00" + std::to_string(roll(9))));
  return command(settle);
}

pb::Command RandomBook::treasury() {
  switch (roll(4)) {
    case 0: {
      pb::ObserveNative native;
      native.set_chain(std::string(kChain));
      native.set_signer("hot");
      native.set_block_number(final_);
      native.set_balance(amount(3));
      return command(native);
    }
    case 1: {
      pb::RaiseNonce raise;
      raise.set_chain(std::string(kChain));
      raise.set_signer("hot");
      raise.set_next_nonce(nonce_ + roll(2));
      return command(raise);
    }
    default: {
      pb::AssignTransfer assign;
      assign.set_transfer(any(transfers_));
      assign.set_intent(any(intents_));
      return command(assign);
    }
  }
}

pb::Command RandomBook::endpoints() {
  const std::string id = any(endpoints_);
  switch (roll(4)) {
    case 0: {
      pb::UpdateEndpoint update;
      update.set_id(id);
      update.set_disabled(roll(2) == 0);
      return command(update);
    }
    case 1: {
      pb::RotateEndpointSecret rotate;
      rotate.set_id(id);
      rotate.set_secret("whsec_2");
      return command(rotate);
    }
    case 2: {
      pb::DeleteEndpoint remove;
      remove.set_id(id);
      return command(remove);
    }
    default: {
      pb::CreateEndpoint create;
      create.set_merchant(any(merchants_));
      create.set_url("https://example.com/hook");
      create.add_events("*");
      return command(create);
    }
  }
}

void RandomBook::learn_blocks(const pb::ObserveBlocks& command) {
  for (const pb::ObservedBlock& block : command.blocks()) {
    chain_.push_back({block.number(), block.hash()});
    for (const pb::ObservedTransfer& transfer : block.transfers()) {
      logs_.push_back(transfer);
      for (Payout& payout : payouts_) {
        if (transfer.tx_hash() == hash_of(payout.id)) payout.mined = block.number();
      }
    }
  }
  final_ = std::max(final_, std::min(command.final_number(), chain_.back().number));
}

void RandomBook::learn(const pb::Command& command, const Result<ledger::Applied>& applied) {
  if (!applied || applied->replayed) return;
  const pb::Reply& reply = applied->reply;
  if (command.has_create_merchant()) merchants_.push_back(reply.merchant().id());
  if (command.has_create_api_key()) keys_.push_back(reply.api_key().id());
  if (command.has_create_endpoint()) endpoints_.push_back(reply.endpoint().id());
  if (command.has_create_intent()) {
    intents_.push_back(reply.intent().id());
    merchant_of_[reply.intent().id()] = reply.intent().merchant();
    addresses_.push_back(reply.intent().deposit_address());
  }
  if (command.has_add_deposit_addresses()) {
    derived_ += static_cast<std::uint32_t>(command.add_deposit_addresses().addresses_size());
  }
  if (command.has_request_payout()) {
    payouts_.push_back({reply.payout().id(), reply.payout().amount()});
  }
  if (command.has_request_refund()) {
    payouts_.push_back({reply.refund().payout(), reply.refund().amount()});
  }
  if (command.has_record_attempt()) {
    nonce_ = static_cast<std::uint32_t>(command.record_attempt().nonce()) + 1;
  }
  if (command.has_raise_nonce()) {
    nonce_ = static_cast<std::uint32_t>(command.raise_nonce().next_nonce());
  }
  if (command.has_observe_blocks()) learn_blocks(command.observe_blocks());
  if (command.has_rewind_chain()) {
    while (chain_.back().number > command.rewind_chain().to_number()) chain_.pop_back();
    for (Payout& payout : payouts_) {
      if (payout.mined > chain_.back().number) payout.mined = 0;
    }
  }
}

}  // namespace settled::tests
