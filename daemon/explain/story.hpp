#pragma once

#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/explain/scene.hpp"
#include "ledger/records.pb.h"

namespace settled::daemon::explain {

namespace pb = ledger::pb;
using render::Json;

/// What was found and what comes next, as it is put together: each with a code for programs and a
/// sentence for people. The first finding is the summary.
class Story {
 public:
  explicit Story(const Scene& scene) : scene_(scene) {}

  const Scene& scene() const { return scene_; }

  /// `names`: what the finding is about, as fields of its own.
  void found(std::string_view code, std::string detail, Json names = Json::object());
  void next(std::string_view code, std::string detail, Json names = Json::object());

  /// The object itself, beside what is said of it. False: it is shown already.
  bool show(const pb::Transfer& transfer);
  bool show(const pb::Intent& intent);
  bool show(const pb::Payout& payout);
  /// What a chain's nodes said.
  void show_chain(const ChainNow& chain, std::string_view outcome, std::string_view detail);

  bool empty() const { return findings_.empty(); }
  std::string text(std::string_view kind, std::string_view about) const;

 private:
  bool add(Json& list, std::string_view raw_id, Json object);

  const Scene& scene_;
  Json findings_ = Json::array();
  Json next_ = Json::array();
  Json transfers_ = Json::array();
  Json intents_ = Json::array();
  Json payouts_ = Json::array();
  Json chains_ = Json::array();
  std::set<std::string> shown_;
};

/// What is to be said of one object and of those that belong to it. REQUIRES: the viewer sees it.
/// Errors: Corrupt `corrupt_record`.
Status tell_intent(Story& story, const pb::Intent& intent);
Status tell_transfer(Story& story, const pb::Transfer& transfer);
Status tell_payout(Story& story, const pb::Payout& payout);

/// "25.00 USDC".
std::string amount_of(const pb::Transfer& transfer);
/// An account's address as a sentence has it.
std::string address_word(const chains::evm::Address& address);

}  // namespace settled::daemon::explain
