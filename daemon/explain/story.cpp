#include "daemon/explain/story.hpp"

#include <algorithm>
#include <utility>

#include "chains/evm/address.hpp"
#include "daemon/render/value.hpp"

namespace settled::daemon::explain {

const ChainNow* Scene::chain(std::string_view name) const {
  const auto at =
      std::ranges::find(chains, name, [](const ChainNow& each) { return each.settings->name; });
  return at == chains.end() ? nullptr : &*at;
}

void Story::found(std::string_view code, std::string detail, Json names) {
  Json finding = {{"code", code}, {"detail", std::move(detail)}};
  finding.update(names);
  findings_.push_back(std::move(finding));
}

void Story::next(std::string_view code, std::string detail, Json names) {
  Json step = {{"code", code}, {"detail", std::move(detail)}};
  step.update(names);
  next_.push_back(std::move(step));
}

bool Story::add(Json& list, std::string_view raw_id, Json object) {
  if (!shown_.emplace(raw_id).second) return false;
  list.push_back(std::move(object));
  return true;
}

bool Story::show(const pb::Transfer& transfer) {
  return add(transfers_, transfer.id(), render::transfer(transfer, scene_.context));
}

bool Story::show(const pb::Intent& intent) {
  return add(intents_, intent.id(), render::payment_intent(intent, scene_.context));
}

bool Story::show(const pb::Payout& payout) {
  const bool queued = payout.status() == pb::QUEUED;
  return add(payouts_, payout.id(),
             render::payout(payout, scene_.context,
                            queued ? scene_.waiting_for(payout.id()) : std::nullopt));
}

void Story::show_chain(const ChainNow& chain, std::string_view outcome, std::string_view detail) {
  chains_.push_back({{"chain", chain.settings->name},
                     {"chain_id", chain.settings->chain_id},
                     {"outcome", outcome},
                     {"detail", render::optional_text(detail)},
                     {"state", chains::to_string(chain.status.state)},
                     {"reason", render::optional_text(chain.status.reason)}});
}

std::string Story::text(std::string_view kind, std::string_view about) const {
  return render::text(Json{
      {"object", "explanation"},
      {"about", about},
      {"kind", kind},
      {"summary", findings_.empty() ? Json("there is nothing to tell") : findings_[0]["detail"]},
      {"findings", findings_},
      {"next", next_},
      {"transfers", transfers_},
      {"payment_intents", intents_},
      {"payouts", payouts_},
      {"chains", chains_}});
}

std::string amount_of(const pb::Transfer& transfer) {
  return render::money(transfer.amount()) + " " + transfer.currency();
}

std::string address_word(const chains::evm::Address& address) {
  return chains::evm::to_checksum(address);
}

}  // namespace settled::daemon::explain
