#include <algorithm>

#include "daemon/explain/explain.hpp"
#include "daemon/explain/story.hpp"
#include "daemon/explain/whose.hpp"
#include "daemon/render/value.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::explain {
namespace {

constexpr std::size_t kTransfers = 100;

/// Which tokens on which chains would be seen there.
void tell_watched(Story& story) {
  std::string tokens;
  for (const ChainNow& chain : story.scene().chains) {
    for (const chains::TokenSettings& token : chain.settings->tokens) {
      tokens += (tokens.empty() ? "" : ", ") + token.symbol + " on " + chain.settings->name;
    }
  }
  story.next("watched", "what is seen at addresses of ours: " + tokens +
                            "; other tokens, other chains and the chains' own coins are not");
}

/// A contract of a registered token: the address that people send to by mistake.
bool tell_token(Story& story, const chains::evm::Address& address) {
  bool any = false;
  for (const ChainNow& chain : story.scene().chains) {
    for (const chains::TokenSettings& token : chain.settings->tokens) {
      if (token.address != address) continue;
      any = true;
      story.found("token_contract",
                  address_word(address) + " is the contract of " + token.symbol + " on " +
                      chain.settings->name + ": nobody can be paid there",
                  {{"chain", chain.settings->name}, {"token", token.symbol}});
    }
  }
  return any;
}

/// The platform's view of an address that no intent has: what came there is in suspense.
Status tell_transfers_at(Story& story, const chains::evm::Address& address) {
  const auto here = [raw = address.raw()](const pb::Transfer& transfer) {
    return transfer.to() == raw || transfer.from() == raw;
  };
  ledger::reports::PageRequest newest;
  newest.limit = kTransfers;
  const auto page = ledger::reports::transfers(story.scene().books, "", newest, here);
  if (!page && page.error().reason != "search_too_wide") return std::unexpected(page.error());
  if (!page || page->has_more) {
    story.found("more_transfers", "there are more transfers than were looked through");
  }
  if (!page) return {};
  for (const pb::Transfer& transfer : page->data) TRY_OK(tell_transfer(story, transfer));
  return {};
}

}  // namespace

Result<Whose> whose(const Scene& scene, const chains::evm::Address& address) {
  Whose out;
  if (std::ranges::find(scene.signers, address) != scene.signers.end()) {
    out.kind = scene.viewer.is_platform() ? Whose::Kind::Signer : Whose::Kind::Nobodys;
    return out;
  }
  TRY(const auto deposit, ledger::read_record<pb::DepositAddress>(
                              scene.books, ledger::keys::deposit_address(address.raw())));
  if (!deposit) return out;
  if (deposit->intent().empty()) {
    if (scene.viewer.is_platform()) out.kind = Whose::Kind::NotHandedOut;
    return out;
  }
  TRY(out.intent,
      ledger::read_record<pb::Intent>(scene.books, ledger::keys::intent(deposit->intent())));
  if (!out.intent) return fail(Errc::Corrupt, "corrupt_record", "an address's intent is not there");
  if (scene.viewer.sees(out.intent->merchant())) {
    out.kind = Whose::Kind::Intents;
  } else {
    out.intent.reset();
  }
  return out;
}

Result<std::string> address(const Scene& scene, const chains::evm::Address& address) {
  Story story(scene);
  const std::string about = address_word(address);
  TRY(const Whose of, whose(scene, address));
  switch (of.kind) {
    case Whose::Kind::Intents:
      TRY_OK(tell_intent(story, *of.intent));
      break;
    case Whose::Kind::Signer:
      story.found("signer", about + " is a signer's: payouts leave from it");
      TRY_OK(tell_transfers_at(story, address));
      break;
    case Whose::Kind::NotHandedOut:
      story.found("not_handed_out",
                  about +
                      " is a deposit address of ours that no payment intent has: what comes "
                      "there goes to suspense");
      TRY_OK(tell_transfers_at(story, address));
      break;
    case Whose::Kind::Nobodys:
      if (tell_token(story, address)) break;
      story.found("not_your_address",
                  about + " is no address of yours here: what is sent there is not seen");
      break;
  }
  tell_watched(story);
  return story.text("address", about);
}

}  // namespace settled::daemon::explain
