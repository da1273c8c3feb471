#include <algorithm>
#include <utility>

#include "chains/evm/abi.hpp"
#include "daemon/explain/explain.hpp"
#include "daemon/explain/story.hpp"
#include "daemon/explain/whose.hpp"
#include "daemon/render/value.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"
#include "ledger/types/hex.hpp"

namespace settled::daemon::explain {
namespace {

using chains::rpc::Receipt;
using chains::rpc::SeenTransaction;

/// Transfers of one transaction on one chain that are told of one by one.
constexpr std::size_t kMostTold = 50;

/// One transaction on one chain, in the books and as its nodes tell it.
class OnChain {
 public:
  OnChain(Story& story, const ChainNow& chain, std::string tx_hash)
      : story_(story), chain_(chain), tx_hash_(std::move(tx_hash)) {}

  /// What the books hold of it. True: something that the viewer sees.
  Result<bool> tell_books();
  Status tell_seen(const SeenTransaction& seen);

 private:
  const Scene& scene() const { return story_.scene(); }
  const std::string& name() const { return chain_.settings->name; }
  Json names() const { return {{"chain", name()}, {"tx_hash", render::hash_text(tx_hash_)}}; }
  Json names(const chains::rpc::Log& log) const;
  Status tell_log(const chains::rpc::Log& log);
  Status tell_unseen(const chains::rpc::Log& log, const chains::evm::TransferEvent& event,
                     const Whose& of);
  Status tell_coin(const chains::rpc::Transaction& transaction);

  Story& story_;
  const ChainNow& chain_;
  const std::string tx_hash_;  // raw
  std::size_t told_ = 0;
  std::size_t of_others_ = 0;
};

Json OnChain::names(const chains::rpc::Log& log) const {
  Json out = names();
  out["log_index"] = log.log_index;
  out["token_address"] = address_word(log.address);
  return out;
}

Result<bool> OnChain::tell_books() {
  const std::string first = ledger::keys::transfer_log(name(), tx_hash_, 0);
  const std::string prefix = first.substr(0, first.size() - sizeof(std::uint32_t));
  std::vector<std::string> ids;
  TRY_OK(scene().books.scan(prefix, ledger::store::prefix_end(prefix),
                            [&](std::string_view, std::string_view id) {
                              ids.emplace_back(id);
                              return ids.size() < kMostTold;
                            }));
  bool any = false;
  for (const std::string& id : ids) {
    TRY(const auto transfer,
        ledger::read_record<pb::Transfer>(scene().books, ledger::keys::transfer(id)));
    if (!transfer || !scene().viewer.sees(transfer->merchant())) continue;
    any = true;
    TRY_OK(tell_transfer(story_, *transfer));
  }
  TRY(const auto payout_id, scene().books.get(ledger::keys::attempt_hash(name(), tx_hash_)));
  if (!payout_id) return any;
  TRY(const auto payout,
      ledger::read_record<pb::Payout>(scene().books, ledger::keys::payout(*payout_id)));
  if (!payout || !scene().viewer.sees(payout->merchant())) return any;
  TRY_OK(tell_payout(story_, *payout));
  return true;
}

Status OnChain::tell_seen(const SeenTransaction& seen) {
  const std::string on = " on " + name();
  if (!seen.receipt) {
    story_.found("not_mined", "the transaction is known" + on + " and in no block yet", names());
    story_.next("mining", "nothing counts before a block has it; its sender may still replace it",
                names());
    return tell_coin(seen.transaction);
  }
  const Receipt& receipt = *seen.receipt;
  const std::string block = "block " + std::to_string(receipt.block_number);
  if (!receipt.succeeded) {
    story_.found("transaction_failed",
                 "the transaction failed in " + block + on + ": it moved nothing", names());
    return {};
  }
  story_.found("mined", "the transaction is in " + block + on, names());
  for (const chains::rpc::Log& log : receipt.logs) TRY_OK(tell_log(log));
  TRY_OK(tell_coin(seen.transaction));
  if (of_others_ > 0) {
    story_.found("not_your_address",
                 std::to_string(of_others_) +
                     (of_others_ == 1 ? " transfer of it goes" : " transfers of it go") +
                     " to no address of yours here",
                 names());
  }
  if (told_ == 0 && of_others_ == 0) {
    story_.found("no_transfer", "it holds no transfer of a token", names());
  }
  return {};
}

Status OnChain::tell_log(const chains::rpc::Log& log) {
  const auto event = chains::evm::decode_transfer_event(log.topics, log.data);
  if (!event) return {};
  TRY(Whose of, whose(scene(), event->to));
  if (of.kind == Whose::Kind::Nobodys) {
    TRY(of, whose(scene(), event->from));
    if (of.kind == Whose::Kind::Nobodys) {
      ++of_others_;
      return {};
    }
  }
  if (++told_ > kMostTold) return {};
  const std::string key = ledger::keys::transfer_log(name(), tx_hash_, log.log_index);
  TRY(const auto known, scene().books.get(key));
  if (known) return {};  // told by the books
  return tell_unseen(log, *event, of);
}

/// A transfer of ours that the books do not have.
Status OnChain::tell_unseen(const chains::rpc::Log& log, const chains::evm::TransferEvent& event,
                            const Whose& of) {
  const auto& tokens = chain_.settings->tokens;
  const auto token = std::ranges::find(tokens, log.address, &chains::TokenSettings::address);
  const std::string what = event.value.str() + " base units of the token " +
                           address_word(log.address) + " moved to " + address_word(event.to);
  if (token == tokens.end()) {
    story_.found("token_not_registered",
                 what + ", an address of ours, but that token is not registered on " + name() +
                     " and does not count as money: anybody can make a token of any name",
                 names(log));
  } else if (event.value == 0 || event.from == event.to) {
    story_.found("moves_nothing", what + ", which changes nothing", names(log));
  } else {
    TRY(const auto chain,
        ledger::read_record<pb::Chain>(scene().books, ledger::keys::chain(name())));
    const std::string in = " of " + token->symbol + " in block " + std::to_string(log.block_number);
    // What is read and holds nothing of ours is not in the books at once.
    const std::uint64_t read = std::max<std::uint64_t>(
        chain ? chain->head().number() : 0, chain_.status.head ? chain_.status.head->number : 0);
    if (!chain || log.block_number > read) {
      story_.found(
          "not_read_yet",
          what + in + "; blocks up to " + std::to_string(read) + " of " + name() + " are read",
          names(log));
      story_.next("reading", "it is booked when that block is read", names(log));
    } else if (log.block_number < chain->start_number()) {
      story_.found("before_start",
                   what + in + ", before block " + std::to_string(chain->start_number()) +
                       ", from which " + name() + " is followed",
                   names(log));
    } else {
      story_.found("missed",
                   what + in +
                       ", which was read without it: a node may have withheld it, or tells "
                       "it of another block now",
                   names(log));
      story_.next("operator", "tell whoever runs this server", names(log));
    }
  }
  if (of.intent) story_.show(*of.intent);
  return {};
}

/// The chain's own coin, sent where a token was asked for.
Status OnChain::tell_coin(const chains::rpc::Transaction& transaction) {
  if (transaction.value == 0 || !transaction.to) return {};
  TRY(const Whose of, whose(scene(), *transaction.to));
  if (of.kind != Whose::Kind::Intents && of.kind != Whose::Kind::NotHandedOut) return {};
  ++told_;
  story_.found("coin_not_accepted",
               transaction.value.str() + " wei of " + chain_.settings->native_currency +
                   " were sent to " + address_word(*transaction.to) +
                   ", an address of ours: only tokens are credited there",
               names());
  if (of.intent) story_.show(*of.intent);
  return {};
}

std::string_view outcome_of(const Result<SeenTransaction>& seen) {
  if (seen) return "found";
  return seen.error().code == Errc::NotFound ? "not_found" : "unavailable";
}

}  // namespace

Result<std::string> transaction(const Scene& scene, const chains::evm::TxHash& hash) {
  Story story(scene);
  const std::string about = to_0x(hash.view());
  bool found = false;
  std::string asked;
  std::vector<std::pair<std::string, std::string>> unavailable;
  for (const ChainNow& chain : scene.chains) {
    OnChain there(story, chain, hash.raw());
    TRY(const bool in_books, there.tell_books());
    found = found || in_books;
    asked += (asked.empty() ? "" : ", ") + chain.settings->name;
    if (!chain.seen) continue;
    const Result<SeenTransaction>& seen = *chain.seen;
    story.show_chain(chain, outcome_of(seen), seen ? "" : seen.error().detail);
    if (seen) {
      found = true;
      TRY_OK(there.tell_seen(*seen));
    } else if (seen.error().code != Errc::NotFound) {
      unavailable.emplace_back(chain.settings->name, seen.error().detail);
    }
  }
  if (!found) {
    story.found(
        "transaction_not_found",
        "none of the chains that answered has transaction " + about + "; asked were " + asked,
        {{"tx_hash", about}});
    story.next("check",
               "compare hash and network with the payer's wallet: it may be on a network that is "
               "not followed here, or not sent at all");
  }
  for (const auto& [name, detail] : unavailable) {
    story.found("chain_unavailable", "no node of " + name + " could tell: " + detail,
                {{"chain", name}});
  }
  if (!unavailable.empty()) story.next("ask_again", "ask again when all chains answer");
  return story.text("transaction", about);
}

}  // namespace settled::daemon::explain
